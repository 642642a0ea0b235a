import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { type Clock, instant, millis, silentLog } from '../../base/index.ts'
import { createLogSpace } from './log-space.ts'
import { createTimeKeeper, readNotes } from './log-times.ts'

test('notes are taken while a log grows, a second apart, and none while it does not', async (t) => {
  const dir = mkdtempSync(`${tmpdir()}/jobd-times-`)
  const path = `${dir}/main.0.log`
  const state = { now: 1000, alarms: [] as (() => void)[], onAlarm: () => {} }
  const clock = { now: () => instant(state.now) } as unknown as Clock
  const keeper = createTimeKeeper({
    clock,
    space: createLogSpace({ maxBytes: 1e6, log: silentLog }),
    log: silentLog,
    maxAge: millis(1e9),
    timers: {
      after: (_delay, ring) => {
        state.alarms.push(ring)
        state.onAlarm()
        return () => undefined
      },
      at: () => assert.fail('notes follow no wall clock'),
      stop: () => undefined,
    },
  })
  t.after(() => {
    keeper.stop()
    rmSync(dir, { recursive: true })
  })
  const ring = () => state.alarms.shift()?.()
  const nextAlarm = () =>
    new Promise<void>((resolve) => {
      state.onAlarm = resolve
    })

  writeFileSync(path, 'one\n')
  keeper.track(path)
  assert.equal(existsSync(`${dir}/main.0.times`), false, 'nothing in the first second')
  state.now = 2000
  ring()
  assert.deepEqual(readNotes(path), [{ size: 4, at: 2000 }])
  ring()
  assert.equal(state.alarms.length, 0, 'nothing is due while the log is quiet')
  state.now = 60_000
  const noted = nextAlarm()
  appendFileSync(path, 'two\n')
  await noted
  assert.deepEqual(readNotes(path), [
    { size: 4, at: 2000 },
    { size: 8, at: 60_000 },
  ])
})
