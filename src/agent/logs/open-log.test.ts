import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryDirectory } from '../../../test/support/executable.ts'
import { realClock } from '../../../test/support/real-clock.ts'
import type { ContainerState, Pod } from '../../apis/core/index.ts'
import { instant, silentLog } from '../../base/index.ts'
import { createLogSpace } from './log-space.ts'
import { type LogSource, openFile, openLog } from './open-log.ts'

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

test('each line has a time of its own, the same however much is asked for', async (t) => {
  const { path: dir, dispose } = temporaryDirectory()
  t.after(dispose)
  const path = `${dir}/main.0.log`
  writeFileSync(path, 'one\n\nthree\nfour\nopen')
  writeFileSync(`${dir}/main.0.times`, '5 1000\n')
  const read = async (tailLines?: number) => {
    const chunks: Uint8Array[] = []
    const file = { path, finishedAt: instant(3000) }
    for await (const chunk of await openFile(source, file, { timestamps: true, tailLines })) chunks.push(chunk)
    return Buffer.concat(chunks).toString().split('\n')
  }
  const all = await read()
  assert.deepEqual(
    all.map((line) => line.slice(17)),
    ['01.000000000Z one', '01.000000004Z ', '03.000000000Z three', '03.000000006Z four', '03.000000011Z open'],
  )
  for (const count of [1, 2, 3]) assert.deepEqual(await read(count), all.slice(-count))
})
