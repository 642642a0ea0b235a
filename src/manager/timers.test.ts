import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from '../../test/support/virtual-clock.ts'
import { instant } from '../base/index.ts'
import { createTimers } from './timers.ts'

test('any number of timers take one wake-up of the clock, and fire in order', () => {
  const clock = virtualClock(instant(0))
  const timers = createTimers(clock)
  const fired: number[] = []
  for (const at of [30, 10, 20, 10]) timers.at(instant(at), () => fired.push(at))
  assert.equal(clock.waiting(), 1)
  clock.advance(15)
  assert.deepEqual(fired, [10, 10])
  clock.advance(100)
  assert.deepEqual(fired, [10, 10, 20, 30])
  assert.equal(clock.waiting(), 0, 'nothing sleeps when nobody waits')
})

test('a cancelled timer does not fire', () => {
  const clock = virtualClock(instant(0))
  const timers = createTimers(clock)
  let fired = false
  timers.at(instant(10), () => {
    fired = true
  })()
  clock.advance(100)
  assert.equal(fired, false)
})

test('a timer that is set while another fires is kept', () => {
  const clock = virtualClock(instant(0))
  const timers = createTimers(clock)
  const fired: string[] = []
  timers.at(instant(10), () => {
    fired.push('first')
    timers.at(instant(20), () => fired.push('second'))
  })
  clock.advance(100)
  assert.deepEqual(fired, ['first', 'second'])
})

test('after stop nothing fires and nothing sleeps', () => {
  const clock = virtualClock(instant(0))
  const timers = createTimers(clock)
  timers.at(instant(10), () => assert.fail('fired'))
  timers.stop()
  assert.equal(clock.waiting(), 0)
  clock.advance(100)
})
