import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure, jsonBody, type TestApi, testApi, value } from '../../../test/support/api.ts'
import type { KubeObject } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'

const pods = { resource: 'pods', namespace: 'default' }
const p = { ...pods, name: 'p' }

async function withPod(spec: object = {}, labels: object = {}): Promise<TestApi> {
  const api = await testApi({ disabledAdmission: ['ServiceAccount'] })
  const body = { metadata: { name: 'p', labels }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } }
  value(await api.create(pods, jsonBody(body), api.context))
  return api
}
const read = async (api: TestApi): Promise<Pod> => value(await api.get(p, {}, api.context)) as Pod
const bind = (api: TestApi, node: string, metadata: object = { name: 'p' }) =>
  api.create(
    { ...p, subresource: 'binding' },
    jsonBody({ metadata, target: { kind: 'Node', name: node } }),
    api.context,
  )
const evict = (api: TestApi, more: object = {}) =>
  api.create({ ...p, subresource: 'eviction' }, jsonBody({ metadata: { name: 'p' }, ...more }), api.context)

test('a Binding assigns the Pod, once', async () => {
  const api = await withPod()
  const done = value(await bind(api, 'n1', { name: 'p', annotations: { a: '1' } }))
  assert.deepEqual(done.object, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
  const pod = await read(api)
  assert.equal(pod.spec.nodeName, 'n1')
  assert.deepEqual(pod.metadata.annotations, { a: '1' })
  assert.deepEqual(pod.status?.conditions, [
    { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' },
  ])
  assert.equal(
    failure(await bind(api, 'n2')).message,
    'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
  )
})

test('Bindings that are refused', async () => {
  const api = await withPod({ schedulingGates: [{ name: 'example.com/g' }] })
  assert.match(failure(await bind(api, 'n1')).message ?? '', /pod p has non-empty .spec.schedulingGates$/)
  assert.equal(failure(await bind(api, '')).message, 'target.name: Required value')
  assert.equal(
    failure(await bind(api, 'n1', { name: 'q' })).message,
    'name in URL does not match name in Binding object',
  )
  assert.match(failure(await bind(api, 'n1', { name: 'p', uid: 'u-2' })).message ?? '', /UID in precondition: u-2/)
})

test('an eviction marks the Pod and deletes it', async () => {
  const api = await withPod({ nodeName: 'n' })
  value(await evict(api, { deleteOptions: { gracePeriodSeconds: 6 } }))
  const { metadata, status } = await read(api)
  assert.equal(metadata.deletionGracePeriodSeconds, 6)
  assert.equal(status?.conditions?.[0]?.reason, 'EvictionByEvictionAPI')
})

test('a budget has its say about running Pods', async () => {
  const api = await withPod({ nodeName: 'n' }, { app: 'x' })
  const budgets = { resource: 'poddisruptionbudgets.policy', namespace: 'default' }
  const budget = { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } }
  value(await api.create(budgets, jsonBody(budget), api.context))
  const setStatus = async (target: object, status: object) => {
    const patch = { type: 'merge', body: { kind: 'Value', value: { status } } } as const
    value(await api.patch({ ...(target as typeof p), subresource: 'status' }, patch, api.context))
  }
  await setStatus(p, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] })
  const early = failure(await evict(api))
  assert.equal(early.details?.causes?.[0]?.message, 'The disruption budget b is still being processed by the server.')
  const b = { ...budgets, name: 'b' }
  await setStatus(b, {
    observedGeneration: 1,
    currentHealthy: 1,
    desiredHealthy: 1,
    disruptionsAllowed: 0,
    expectedPods: 1,
  })
  const late = failure(await evict(api))
  assert.deepEqual(
    [late.code, late.details],
    [
      429,
      {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 1 currently' },
        ],
      },
    ],
  )
  await setStatus(b, { currentHealthy: 2, disruptionsAllowed: 1 })
  value(await evict(api))
  const left = value(await api.get(b, {}, api.context)) as KubeObject & { status?: object }
  assert.deepEqual(left.status, {
    observedGeneration: 1,
    currentHealthy: 2,
    desiredHealthy: 1,
    expectedPods: 1,
    disruptionsAllowed: 0,
    disruptedPods: { p: '2026-01-01T00:00:00Z' },
  })
})
