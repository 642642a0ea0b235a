import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Clock, type Instant, instant } from '../base/index.ts'
import { createAlarms } from './alarms.ts'

/** A clock that is moved by hand, and counts the timers that it was asked for. */
function handClock() {
  const state = { now: 0, timers: new Map<number, { at: number; ring: () => void }>(), serial: 0, most: 0 }
  const clock: Clock = {
    now: () => instant(state.now),
    monotonic: () => state.now as ReturnType<Clock['monotonic']>,
    wake: (delay, ring) => {
      state.serial += 1
      const id = state.serial
      state.timers.set(id, { at: state.now + delay, ring })
      state.most = Math.max(state.most, state.timers.size)
      return () => state.timers.delete(id)
    },
  }
  const moveTo = (now: number) => {
    for (;;) {
      const [first] = [...state.timers].sort(([, one], [, other]) => one.at - other.at)
      if (first === undefined || first[1].at > now) break
      state.timers.delete(first[0])
      state.now = Math.max(state.now, first[1].at)
      first[1].ring()
    }
    state.now = now
  }
  return { clock, moveTo, state }
}

test('all alarms ring in order, none early, with one timer at a time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000), { maxLength: 60 }), (times) => {
      const { clock, moveTo, state } = handClock()
      const alarms = createAlarms(clock)
      const rung: number[] = []
      for (const at of times) {
        alarms.set(at as Instant, () => {
          assert.ok(state.now >= at)
          rung.push(at)
        })
      }
      moveTo(2000)
      assert.deepEqual(
        rung,
        [...times].sort((one, other) => one - other),
      )
      assert.ok(state.most <= 1)
    }),
  )
})

test('a cancelled alarm stays silent, and may be set anew while ringing', () => {
  const { clock, moveTo } = handClock()
  const alarms = createAlarms(clock)
  const rung: string[] = []
  const cancel = alarms.set(5 as Instant, () => rung.push('cancelled'))
  alarms.set(6 as Instant, () => {
    rung.push('first')
    alarms.set(7 as Instant, () => rung.push('second'))
  })
  cancel()
  moveTo(10)
  assert.deepEqual(rung, ['first', 'second'])
})
