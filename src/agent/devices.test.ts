import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { Container, Pod } from '../apis/core/index.ts'
import { GPU, openDevices } from './devices.ts'

const container = (name: string, count: number, restartPolicy?: string): Container => ({
  name,
  image: 'i',
  resources: { limits: { [GPU]: String(count) }, requests: { [GPU]: String(count) } },
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
})
const pod = (uid: string, containers: readonly Container[], initContainers: readonly Container[] = []): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: uid, uid },
  spec: { containers, initContainers },
  status: {},
})

function file(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'jobd-devices-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'below', 'gpus.json')
}

describe('GPUs', () => {
  test('each goes to one pod at a time, and back when the pod is gone', async (t) => {
    const devices = openDevices(file(t), 3)
    const [one, two] = [container('a', 1), container('a', 2)]
    assert.deepEqual(await devices.of(pod('first', [one]), one), [0])
    assert.deepEqual(await devices.of(pod('second', [two]), two), [1, 2])
    assert.deepEqual(await devices.of(pod('first', [one]), one), [0], 'a restarted container has the same')
    devices.release('first')
    assert.deepEqual(await devices.of(pod('third', [one]), one), [0])
  })
  test('a pod waits for those of one that is on its way out', async (t) => {
    const devices = openDevices(file(t), 1)
    const one = container('a', 1)
    await devices.of(pod('going', [one]), one)
    const next = devices.of(pod('next', [one]), one)
    const deleted = devices.of(pod('deleted', [one]), one)
    devices.release('deleted')
    assert.deepEqual(await deleted, [])
    devices.release('going')
    assert.deepEqual(await next, [0])
  })
  test('containers of a pod share none, what runs before them uses theirs', async (t) => {
    const devices = openDevices(file(t), 4)
    const [init, sidecar] = [container('init', 2), container('sidecar', 1, 'Always')]
    const [a, b, c] = [container('a', 1), container('b', 2), container('c', 0)]
    const whole = pod('p', [a, b, c], [init, sidecar])
    const given = await Promise.all([init, sidecar, a, b, c].map((one) => devices.of(whole, one)))
    assert.deepEqual(given, [[0, 1], [0], [1], [2, 3], []])
  })
  test('an agent that starts again knows who has what, and what nobody has any more', async (t) => {
    const path = file(t)
    const one = container('a', 1)
    const before = openDevices(path, 2)
    for (const uid of ['gone', 'there']) await before.of(pod(uid, [one]), one)
    const after = openDevices(path, 2)
    assert.deepEqual(await after.of(pod('there', [one]), one), [1])
    after.keep(new Set(['there']))
    assert.deepEqual(await after.of(pod('new', [one]), one), [0])
  })
})
