import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Node, Pod, PodSpec } from '../../apis/core/index.ts'
import { fitMessage, fitOf, requestsOf, takesOf } from './fit.ts'

const node = (more: Partial<Node['spec']> = {}): Node => ({
  metadata: { name: 'n', labels: { zone: 'a', cores: '8' } },
  spec: more,
  status: { allocatable: { cpu: '2', memory: '1Gi', pods: '10' } } as unknown as Node['status'],
})
const container = (cpu?: string, more: Partial<Container> = {}): Container => ({
  name: 'c',
  resources: cpu === undefined ? {} : { requests: { cpu } },
  ...more,
})
const pod = (spec: Partial<PodSpec>): Pod => ({
  metadata: { name: 'p' },
  spec: { containers: [container()], ...spec },
  status: {},
})
const affinity = (key: string, operator: string, values?: readonly string[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }],
    },
  },
})
const ofField = (name: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
    },
  },
})
const taints = [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }]

const cases: readonly (readonly [string, Partial<PodSpec>, Node, string | undefined])[] = [
  ['a pod that asks for nothing fits', {}, node(), undefined],
  ['a pod fits into what is left', { containers: [container('1')] }, node(), undefined],
  ['two containers ask together', { containers: [container('1'), container('600m')] }, node(), 'Insufficient cpu'],
  [
    'limits ask where requests do not',
    { containers: [{ name: 'c', resources: { limits: { memory: '2Gi' } } }] },
    node(),
    'Insufficient memory',
  ],
  [
    'a label that the node has not',
    { nodeSelector: { zone: 'b' } },
    node(),
    "node(s) didn't match Pod's node affinity/selector",
  ],
  ['an affinity that it meets', { affinity: affinity('zone', 'In', ['a', 'b']) }, node(), undefined],
  [
    'a number that is too small',
    { affinity: affinity('cores', 'Gt', ['8']) },
    node(),
    "node(s) didn't match Pod's node affinity/selector",
  ],
  ['a cordoned node', {}, node({ unschedulable: true }), 'node(s) were unschedulable'],
  [
    'a cordoned node that is tolerated',
    { tolerations: [{ operator: 'Exists' }] },
    node({ unschedulable: true }),
    undefined,
  ],
  ['a taint', {}, node({ taints }), 'node(s) had untolerated taint(s)'],
  ['a taint that is tolerated', { tolerations: [{ key: 'gpu', value: 'yes' }] }, node({ taints }), undefined],
  [
    'a taint that is tolerated for another effect',
    { tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }] },
    node({ taints }),
    'node(s) had untolerated taint(s)',
  ],
  ['a field that it has', { affinity: ofField('n') }, node(), undefined],
  [
    'a field that it has not',
    { affinity: ofField('other') },
    node(),
    "node(s) didn't match Pod's node affinity/selector",
  ],
  ['what a pod takes besides its containers', { overhead: { cpu: '1800m' } }, node(), 'Insufficient cpu'],
  [
    'what a pod asks for all of its containers',
    { containers: [container('1')], resources: { requests: { cpu: '1800m' } } },
    node(),
    'Insufficient cpu',
  ],
]
for (const [name, spec, onto, reason] of cases) {
  test(name, () => {
    const fit = fitOf(pod(spec), onto, { amounts: { cpu: 500n }, pods: 1 })
    assert.deepEqual(fit.fits ? undefined : fit.reasons, reason === undefined ? undefined : [reason])
  })
}

const ported = (...ports: readonly (readonly [number, string?])[]): Pod =>
  pod({
    containers: [
      container(undefined, { ports: ports.map(([hostPort, protocol]) => ({ containerPort: 80, hostPort, protocol })) }),
    ],
  })
for (const [name, other, fits] of [
  ['a port of the host that a pod here has', ported([8080]), false],
  ['the same number of another protocol', ported([8080, 'UDP']), true],
  ['another port', ported([8081], [8082]), true],
] as const)
  test(`${name}: ${fits ? 'fits' : 'has to wait'}`, () => {
    const fit = fitOf(other, node(), { amounts: takesOf(ported([8080])), pods: 1 })
    const reasons = ["node(s) didn't have free ports for the requested pod ports"]
    assert.deepEqual(fit, fits ? { fits: true } : { fits: false, reasons, helpless: false })
  })

test('ports count for sidecars, not for init containers', () => {
  const { containers } = ported([8080]).spec
  const [first] = containers
  assert.ok(first)
  const inits = (restartPolicy?: string) => pod({ initContainers: [{ ...first, name: 'i', restartPolicy }] })
  assert.deepEqual(takesOf(inits()), {})
  assert.deepEqual(takesOf(inits('Always')), { 'hostPort/TCP/8080': 1n })
})

test('a message tells the reason and whether waiting helps', () => {
  const fit = fitOf(pod({ containers: [container('1600m')] }), node(), { amounts: { cpu: 500n }, pods: 1 })
  assert.ok(!fit.fits)
  assert.equal(
    fitMessage(fit),
    '0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
  )
})

test('init containers count at their hungriest, sidecars all along', () => {
  const spec = {
    initContainers: [
      container('3', { name: 'i' }),
      container('1', { name: 's', restartPolicy: 'Always' }),
      container('2', { name: 'j' }),
    ],
    containers: [container('1500m')],
  }
  assert.deepEqual(requestsOf(pod(spec)), { cpu: 3000n })
  assert.deepEqual(requestsOf(pod({ ...spec, containers: [container('2500m')] })), { cpu: 3500n })
})
