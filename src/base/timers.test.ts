import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from '../../test/support/virtual-clock.ts'
import { pause } from './clock.ts'
import { createTimers } from './timers.ts'
import { after, type Instant, millis } from './units.ts'

/** Timers on a clock whose wall time can be set. */
function world() {
  const clock = virtualClock()
  let offset = 0
  const settable = { ...clock, now: () => (clock.now() + offset) as Instant }
  const fired: string[] = []
  return {
    clock,
    timers: createTimers(settable),
    fired,
    tell: (what: string) => () => void fired.push(what),
    inWall: (span: number) => after(settable.now(), millis(span)),
    setWall: (span: number) => {
      offset += span
    },
  }
}

test('any number of timers take one wake-up of the clock, and fire in order', () => {
  const { clock, timers, fired, tell, inWall } = world()
  for (const at of [30, 10, 20]) timers.after(millis(at), tell(`${at}`))
  timers.at(inWall(15), tell('15'))
  assert.equal(clock.waiting(), 1)
  clock.advance(16)
  assert.deepEqual(fired, ['10', '15'])
  clock.advance(100)
  assert.deepEqual(fired, ['10', '15', '20', '30'])
  assert.equal(clock.waiting(), 0, 'nothing sleeps when nobody waits')
})

test('while only a delay is waited for, the clock wakes once', () => {
  const { clock, timers, fired, tell } = world()
  timers.after(millis(3_600_000), tell('late'))
  clock.advance(3_599_999)
  assert.deepEqual(fired, [])
  clock.advance(1)
  assert.deepEqual(fired, ['late'])
})

test('a wall clock that is set back holds up no delay', () => {
  const { clock, timers, fired, tell, setWall } = world()
  timers.after(millis(1000), tell('due'))
  setWall(-3_600_000)
  clock.advance(1000)
  assert.deepEqual(fired, ['due'])
})

test('a wall clock that is set forward is noticed within a second by who waits for an instant', () => {
  const { clock, timers, fired, tell, inWall, setWall } = world()
  timers.at(inWall(3_600_000), tell('due'))
  timers.after(millis(5000), tell('delay'))
  setWall(3_600_000)
  clock.advance(1000)
  assert.deepEqual(fired, ['due'])
  clock.advance(4000)
  assert.deepEqual(fired, ['due', 'delay'])
})

test('a wall clock that is set back is told to all who wait for instants, once', () => {
  const { clock, timers, fired, tell, inWall, setWall } = world()
  for (const name of ['a', 'b']) timers.at(inWall(60_000), tell(name))
  setWall(-3_600_000)
  clock.advance(1000)
  assert.deepEqual(fired, ['a', 'b'])
  assert.equal(clock.waiting(), 0)
})

test('a wall clock that drifts as NTP lets it is not taken as set', () => {
  const { clock, timers, fired, tell, inWall, setWall } = world()
  timers.at(inWall(600_000), tell('due'))
  for (let second = 0; second < 300; second++) {
    clock.advance(1000)
    setWall(1)
  }
  assert.deepEqual(fired, [])
  clock.advance(300_000)
  assert.deepEqual(fired, ['due'])
})

test('a cancelled timer does not fire, and the last one to be cancelled ends the sleep', () => {
  const { clock, timers, fired, tell, inWall } = world()
  const cancelOne = timers.after(millis(10), tell('one'))
  const cancelOther = timers.at(inWall(20), tell('other'))
  cancelOne()
  cancelOther()
  cancelOther()
  assert.equal(clock.waiting(), 0)
  clock.advance(100)
  assert.deepEqual(fired, [])
})

test('timers that are set and cancelled again and again are not kept', () => {
  const { clock, timers, fired, tell } = world()
  const cancelKept = timers.after(millis(50), tell('kept'))
  for (let i = 0; i < 10_000; i++) timers.after(millis(1000 + i), tell('cancelled'))()
  clock.advance(100_000)
  assert.deepEqual(fired, ['kept'])
  cancelKept()
})

test('a timer that is set while another fires is kept, and one that is cancelled then does not fire', () => {
  const { clock, timers, fired, tell } = world()
  let cancelThird = (): void => undefined
  timers.after(millis(10), () => {
    fired.push('first')
    timers.after(millis(10), tell('second'))
    cancelThird()
  })
  cancelThird = timers.after(millis(10), tell('third'))
  clock.advance(100)
  assert.deepEqual(fired, ['first', 'second'])
})

test('after stop nothing fires and nothing sleeps', () => {
  const { clock, timers, fired, tell, inWall } = world()
  timers.after(millis(10), tell('delay'))
  timers.at(inWall(10), tell('instant'))
  timers.stop()
  assert.equal(clock.waiting(), 0)
  clock.advance(100)
  assert.deepEqual(fired, [])
})

test('a pause is over with its delay, or with what it waits for, and leaves nothing waiting', async () => {
  const clock = virtualClock()
  const over: string[] = []
  const { promise: event, resolve: happen } = Promise.withResolvers<void>()
  const pauses = [
    pause(clock, millis(100)).then(() => over.push('delay')),
    pause(clock, millis(200), event).then(() => over.push('event')),
    pause(clock, millis(50), new Promise(() => {})).then(() => over.push('no event')),
  ]
  clock.advance(100)
  await Promise.all([pauses[0], pauses[2]])
  assert.deepEqual(over, ['no event', 'delay'])
  assert.equal(clock.waiting(), 1)
  happen()
  await pauses[1]
  assert.deepEqual(over, ['no event', 'delay', 'event'])
  assert.equal(clock.waiting(), 0)
})
