import assert from 'node:assert/strict'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, test } from 'node:test'
import type { Pod, Volume } from '../apis/core/index.ts'
import type { Millis, Timers } from '../base/index.ts'
import { usageOf, watchEmptyDirs } from './empty-dir-limits.ts'

/** Timers that a test lets go off. */
function handTimers() {
  const waiting: { delay: Millis; callback: () => void }[] = []
  const after: Timers['after'] = (delay, callback) => {
    const one = { delay, callback }
    waiting.push(one)
    return () => void (waiting.includes(one) && waiting.splice(waiting.indexOf(one), 1))
  }
  return { timers: { after } as Timers, waiting }
}

const podOf = (...volumes: readonly Volume[]): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [], volumes },
  status: {},
})

describe('a limit of an emptyDir', () => {
  const dir = mkdtempSync(`${tmpdir()}/jobd-limit-`)
  const volumes = new Map([['work', dir]])

  test('counts what takes room on the disk: each file once, and no more than it has to', async (t) => {
    t.after(() => rmSync(dir, { recursive: true }))
    mkdirSync(`${dir}/deep/er`, { recursive: true })
    writeFileSync(`${dir}/deep/er/file`, Buffer.alloc(100_000, 1))
    linkSync(`${dir}/deep/er/file`, `${dir}/again`)
    symlinkSync('/usr', `${dir}/elsewhere`)
    const used = await usageOf(dir, Number.POSITIVE_INFINITY)
    assert.ok(used >= 100_000 && used < 200_000, String(used))
    assert.equal(await usageOf(`${dir}/none`, 1), 0)
  })

  test('is of no concern to pods without one', () => {
    const { timers, waiting } = handTimers()
    assert.equal(
      watchEmptyDirs(timers, { pod: podOf({ name: 'work', emptyDir: {} }), volumes }, () => {}),
      undefined,
    )
    assert.deepEqual(waiting, [])
  })

  test('is looked at every ten seconds until too much is there', async (t) => {
    const place = mkdtempSync(`${tmpdir()}/jobd-limit-`)
    t.after(() => rmSync(place, { recursive: true }))
    const { timers, waiting } = handTimers()
    const pod = podOf({ name: 'work', emptyDir: { sizeLimit: '1Mi' } })
    let said: string | undefined
    const stop = watchEmptyDirs(timers, { pod, volumes: new Map([['work', place]]) }, (message) => {
      said = message
    })
    const round = async () => {
      const [one] = waiting.splice(0)
      assert.equal(one?.delay, 10_000)
      one.callback()
      while (waiting.length === 0 && said === undefined) await new Promise((resolve) => setImmediate(resolve))
    }
    writeFileSync(`${place}/file`, Buffer.alloc(500_000, 1))
    await round()
    assert.equal(said, undefined)
    writeFileSync(`${place}/more`, Buffer.alloc(700_000, 1))
    await round()
    assert.equal(said, 'Usage of EmptyDir volume "work" exceeds the limit "1Mi". ')
    stop?.()
    assert.deepEqual(waiting, [])
  })
})
