import assert from 'node:assert/strict'
import { test } from 'node:test'
import { realClock } from '../../../test/support/real-clock.ts'
import type { ContainerState, Pod } from '../../apis/core/index.ts'
import { silentLog } from '../../base/index.ts'
import { createLogSpace } from './log-space.ts'
import { type LogSource, openLog } from './open-log.ts'

const source: LogSource = {
  clock: realClock,
  logPath: () => '/nonexistent/main.0.log',
  runEnd: () => assert.fail('nobody follows'),
  space: createLogSpace({ maxBytes: 1, log: silentLog }),
}

const podWith = (state: ContainerState, lastState: ContainerState = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid: 'u' },
  spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i', resources: {} }] },
  status: {
    containerStatuses: [{ name: 'c', image: 'i', imageID: '', ready: false, restartCount: 0, state, lastState }],
  },
})

test('a container without a log is told of in the words of a kubelet', async () => {
  const waiting = (reason?: string): ContainerState => ({ waiting: { reason } })
  const cases: readonly (readonly [ContainerState, string])[] = [
    [waiting('PodInitializing'), 'is waiting to start: PodInitializing'],
    [waiting('ErrImagePull'), "is waiting to start: image can't be pulled"],
    [waiting('ImagePullBackOff'), 'is waiting to start: trying and failing to pull image'],
    [waiting(), 'is waiting to start: ContainerCreating'],
    [{ terminated: { exitCode: 137 } }, 'is terminated'],
  ]
  for (const [state, text] of cases) {
    const opened = await openLog(source, podWith(state), { namespace: 'default', pod: 'p' })
    assert.equal(opened.ok ? 'opened' : opened.error.message, `container "c" in pod "p" ${text}`)
  }
})

test('a container that could not be started again has the log of its last run', async () => {
  const last: ContainerState = { terminated: { exitCode: 1, containerID: 'process://1' } }
  const opened = await openLog(source, podWith({ terminated: { exitCode: 128 } }, last), { namespace: 'd', pod: 'p' })
  assert.ok(opened.ok)
})
