import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fieldErrorText } from '../../../apimachinery/index.ts'
import { instant } from '../../../base/index.ts'
import type { UpdateStrategy, WriteContext } from '../../strategy.ts'
import type { Container, Pod } from '../types.gen.ts'
import { podStrategy } from './strategy.ts'

const now = instant(Date.parse('2026-01-01T00:00:00Z'))
const context: WriteContext = { now, options: { exact: true, isTimeZone: () => true } }
const main: Container = { name: 'a', image: 'busybox:1', command: ['true'], resources: {} }
const plain: Pod = {
  metadata: { name: 'p', namespace: 'default', resourceVersion: '1' },
  spec: { containers: [main] },
  status: {},
}
const filled = podStrategy.defaults(plain)
const stored = podStrategy.prepareForCreate(filled, context)

test('a new pod is pending, whatever its status said', () => {
  const pod = podStrategy.prepareForCreate({ ...filled, status: { phase: 'Failed', podIP: '10.0.0.1' } }, context)
  assert.deepEqual(pod.status, { phase: 'Pending', qosClass: 'BestEffort' })
  assert.equal(pod.metadata.generation, 1)
})

test('a new pod behind a gate says so', () => {
  const pod = podStrategy.prepareForCreate(
    { ...filled, spec: { ...filled.spec, schedulingGates: [{ name: 'example.com/wait' }] } },
    context,
  )
  assert.equal(pod.status?.conditions?.[0]?.reason, 'SchedulingGated')
  assert.equal(pod.status?.conditions?.[0]?.lastTransitionTime, '2026-01-01T00:00:00Z')
})

describe('an update of a pod', () => {
  const changeable =
    'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'
  const withSpec = (spec: Partial<Pod['spec']>): Pod => ({ ...stored, spec: { ...stored.spec, ...spec } })
  const [container = main] = stored.spec.containers
  const cases: readonly [string, Pod, Pod, readonly string[]][] = [
    ['may change labels', { ...stored, metadata: { ...stored.metadata, labels: { a: 'b' } } }, stored, []],
    ['may change the image', withSpec({ containers: [{ ...container, image: 'busybox:2' }] }), stored, []],
    ['may set a deadline', withSpec({ activeDeadlineSeconds: 5 }), stored, []],
    ['may shorten a deadline', withSpec({ activeDeadlineSeconds: 5 }), withSpec({ activeDeadlineSeconds: 6 }), []],
    [
      'may not lengthen a deadline',
      withSpec({ activeDeadlineSeconds: 7 }),
      withSpec({ activeDeadlineSeconds: 6 }),
      ['spec.activeDeadlineSeconds: Invalid value: 7: must be less than or equal to previous value'],
    ],
    ['may add tolerations', withSpec({ tolerations: [{ key: 'a', operator: 'Exists' }] }), stored, []],
    [
      'may not change the command',
      withSpec({ containers: [{ ...container, command: ['false'] }] }),
      stored,
      [
        `${changeable}\n@@ -6,7 +6,7 @@\n    "Name": "a",\n    "Image": "busybox:1",\n    "Command": [\n-    "true"\n+    "false"\n    ],\n    "Args": null,\n    "WorkingDir": "",\n`,
      ],
    ],
    [
      'may not add containers',
      withSpec({ containers: [...stored.spec.containers, { ...container, name: 'b' }] }),
      stored,
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
    [
      'may lift a gate but not add one',
      withSpec({ schedulingGates: [{ name: 'b' }] }),
      withSpec({ schedulingGates: [{ name: 'a' }] }),
      ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'"],
    ],
  ]
  for (const [name, pod, old, expected] of cases) {
    test(name, () => {
      assert.deepEqual(podStrategy.validateUpdate(pod, old, context).map(fieldErrorText), expected)
    })
  }

  test('keeps the status and counts the generation', () => {
    const status = { phase: 'Running' }
    const old: Pod = { ...stored, status }
    const next = podStrategy.prepareForUpdate({ ...withSpec({ activeDeadlineSeconds: 5 }), status: {} }, old, context)
    assert.equal(next.status, status)
    assert.equal(next.metadata.generation, 2)
  })
})

describe('an update of the status', () => {
  const endpoint = podStrategy.subresources['status']
  const check = (status: Pod['status'], before: Pod['status']): readonly string[] => {
    const old: Pod = { ...stored, status: before }
    const pod = endpoint?.prepareForUpdate({ ...stored, status }, old, context) as Pod
    return (endpoint?.validateUpdate(pod, old, context) ?? []).map(fieldErrorText)
  }
  const state = (exitCode: number) => ({
    name: 'a',
    ready: false,
    restartCount: 0,
    image: '',
    imageID: '',
    lastState: {},
    state: { terminated: { exitCode } },
  })
  const again = { ...state(0), state: { running: {} } }

  test('keeps the spec', () => {
    const pod = endpoint?.prepareForUpdate({ ...stored, spec: { containers: [] } }, stored, context)
    assert.equal(pod?.spec, stored.spec)
  })
  test('keeps the class when it is left out', () => assert.deepEqual(check({ phase: 'Running' }, stored.status), []))
  test('may not change the class', () => {
    assert.deepEqual(check({ qosClass: 'Guaranteed' }, stored.status), [
      'status.qosClass: Invalid value: "Guaranteed": field is immutable',
    ])
  })
  test('may start a container again that is to be started again', () => {
    const before = { ...stored.status, containerStatuses: [state(1)] }
    assert.deepEqual(check({ ...stored.status, containerStatuses: [again] }, before), [])
  })
  test('has one address of a family', () => {
    const podIPs = [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }]
    assert.deepEqual(check({ podIP: '10.0.0.1', podIPs }, stored.status), [
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.1"}]: may specify no more than one IP for each IP family',
    ])
  })
})

describe('a pod that is deleted', () => {
  const grace = podStrategy.deletion.gracePeriod as (pod: Pod, requested: number | undefined) => number
  const bound: Pod = { ...stored, spec: { ...stored.spec, nodeName: 'n' } }
  test('goes at once while it is bound to no node', () => assert.equal(grace(stored, 60), 0))
  test('goes at once after it ended', () => assert.equal(grace({ ...bound, status: { phase: 'Failed' } }, 60), 0))
  test('has the seconds that were asked for', () => assert.equal(grace(bound, 60), 60))
  test('has its own seconds otherwise', () => assert.equal(grace(bound, undefined), 30))
  test('has a second when the seconds are negative', () => assert.equal(grace(bound, -1), 1))
})

describe('what the node does not do', () => {
  const nodeWarnings = (spec: Pod['spec'], path: string) => [`${path} has ${spec.containers.length} containers`]
  const warn = (exact: boolean): readonly string[] | undefined =>
    podStrategy.warningsOnCreate?.(stored, { now, options: { exact, nodeWarnings, isTimeZone: () => true } })
  test('is told', () => assert.deepEqual(warn(false), ['spec has 1 containers']))
  test('is never told by an exact server', () => assert.deepEqual(warn(true), []))
})

describe('containers for a running pod', () => {
  const subresource = podStrategy.subresources['ephemeralcontainers'] as UpdateStrategy<Pod>
  const shell = { name: 'shell', image: 'busybox', resources: {} }
  const added = podStrategy.defaults({ ...stored, spec: { ...stored.spec, ephemeralContainers: [shell] } })
  const check = (pod: Pod, old: Pod, noEphemeralContainers?: string): readonly string[] => {
    const options = { exact: false, noEphemeralContainers, isTimeZone: () => true }
    return subresource.validateUpdate(pod, old, { now, options }).map(fieldErrorText)
  }
  test('are taken where nothing speaks against it', () => assert.deepEqual(check(added, stored), []))
  test('are refused with the reason that the nodes have', () =>
    assert.deepEqual(check(added, stored, 'not here'), ['spec.ephemeralContainers: Forbidden: not here']))
  test('do not stand in the way of a write that adds none', () => assert.deepEqual(check(added, added, 'not here'), []))

  const dropped = (exact: boolean): readonly string[] | undefined => {
    const [first] = stored.spec.containers
    assert.ok(first)
    const container = { ...first, lifecycle: { stopSignal: 'SIGUSR1' } }
    const requested = { ...stored, spec: { ...stored.spec, containers: [container] } }
    return podStrategy.warningsOnCreate?.(stored, { now, requested, options: { exact, isTimeZone: () => true } })
  }
  test('of features that are off is told', () => {
    const [told = '', ...more] = dropped(false) ?? []
    assert.match(told, /^spec[.]containers\[0\][.]lifecycle[.]stopSignal: is left out: its feature is off/)
    assert.deepEqual(more, [])
  })
  test('of features that are off is dropped in silence by an exact server', () => assert.deepEqual(dropped(true), []))
})
