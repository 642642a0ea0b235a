import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { instant } from '../../../base/index.ts'
import type { Container, ContainerState, ContainerStatus, Pod, PodStatus } from '../types.gen.ts'
import { podStatusText, podTable } from './table.ts'

const box = (name: string, more: Partial<Container> = {}): Container => ({ name, resources: {}, ...more })
const spec: Pod['spec'] = { containers: [box('a'), box('b')] }
const status = (name: string, state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name,
  state,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
  lastState: {},
  ...more,
})
const podWith = (own: PodStatus, more: Partial<Pod> = {}): Pod => ({
  metadata: { name: 'p' },
  spec,
  status: own,
  ...more,
})
const ended = (exitCode: number, reason?: string) => ({
  terminated: { exitCode, ...(reason === undefined ? {} : { reason }) },
})
const running = { running: { startedAt: '2026-01-01T00:00:00Z' } }
const ready = { type: 'Ready', status: 'True' }
const gate = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }
const init = (pod: Pod, ...containers: NonNullable<Pod['spec']['initContainers']>): Pod => ({
  ...pod,
  spec: { ...spec, initContainers: containers },
})

const cases: readonly [string, Pod, string][] = [
  ['is new', podWith({ phase: 'Pending' }), 'Pending'],
  ['waits behind a gate', podWith({ phase: 'Pending', conditions: [gate] }), 'SchedulingGated'],
  ['was evicted', podWith({ phase: 'Failed', reason: 'Evicted' }), 'Evicted'],
  [
    'makes its containers',
    podWith({ phase: 'Pending', containerStatuses: [status('a', { waiting: { reason: 'ContainerCreating' } })] }),
    'ContainerCreating',
  ],
  ['runs', podWith({ phase: 'Running', containerStatuses: [status('a', running, { ready: true })] }), 'Running'],
  ['succeeded', podWith({ phase: 'Succeeded', containerStatuses: [status('a', ended(0, 'Completed'))] }), 'Completed'],
  ['failed', podWith({ phase: 'Failed', containerStatuses: [status('a', ended(1, 'Error'))] }), 'Error'],
  ['failed without a reason', podWith({ phase: 'Failed', containerStatuses: [status('a', ended(3))] }), 'ExitCode:3'],
  [
    'was ended by a signal',
    podWith({ phase: 'Failed', containerStatuses: [status('a', { terminated: { exitCode: 137, signal: 9 } })] }),
    'Signal:9',
  ],
  [
    'runs beside a container that completed',
    podWith({
      phase: 'Running',
      conditions: [ready],
      containerStatuses: [status('a', ended(0, 'Completed')), status('b', running, { ready: true })],
    }),
    'Running',
  ],
  [
    'runs but is not ready beside a container that completed',
    podWith({
      phase: 'Running',
      containerStatuses: [status('a', ended(0, 'Completed')), status('b', running, { ready: true })],
    }),
    'NotReady',
  ],
  [
    'has one of two init containers done',
    init(
      podWith({
        phase: 'Pending',
        initContainerStatuses: [status('i', ended(0)), status('j', { waiting: { reason: 'PodInitializing' } })],
      }),
      box('i'),
      box('j'),
    ),
    'Init:1/2',
  ],
  [
    'failed in an init container',
    init(podWith({ phase: 'Pending', initContainerStatuses: [status('i', ended(1, 'Error'))] }), box('i')),
    'Init:Error',
  ],
  [
    'goes while it runs',
    podWith(
      { phase: 'Running', containerStatuses: [status('a', running, { ready: true })] },
      { metadata: { name: 'p', deletionTimestamp: '2026-01-01T00:00:00Z' } },
    ),
    'Terminating',
  ],
  [
    'goes after it ended',
    podWith(
      { phase: 'Succeeded', containerStatuses: [status('a', ended(0, 'Completed'))] },
      { metadata: { name: 'p', deletionTimestamp: '2026-01-01T00:00:00Z' } },
    ),
    'Completed',
  ],
]
describe('the status text of a pod that', () => {
  for (const [name, pod, text] of cases) test(`${name} is ${text}`, () => assert.equal(podStatusText(pod), text))
})

test('a row counts containers, sidecars and restarts', () => {
  const finishedAt = '2026-01-01T00:00:00Z'
  const pod: Pod = {
    metadata: { name: 'p', creationTimestamp: '2025-12-31T23:00:00Z' },
    spec: { containers: [box('a')], initContainers: [box('s', { restartPolicy: 'Always' })], nodeName: 'n' },
    status: {
      phase: 'Running',
      podIPs: [{ ip: '10.0.0.1' }],
      initContainerStatuses: [status('s', running, { ready: true, started: true, restartCount: 1 })],
      containerStatuses: [
        status('a', running, { ready: true, restartCount: 2, lastState: { terminated: { exitCode: 1, finishedAt } } }),
      ],
    },
  }
  const now = instant(Date.parse('2026-01-01T00:05:00Z'))
  const { cells } = podTable.row(pod, now, { exact: true, isTimeZone: () => true })
  assert.deepEqual(cells, ['p', '2/2', 'Running', '3 (5m ago)', '65m', '10.0.0.1', 'n', '<none>', '<none>'])
})
