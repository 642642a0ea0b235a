import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject, Status } from '../../apimachinery/index.ts'
import { plainError } from '../../apimachinery/index.ts'
import { type Clock, type Instant, type Millis, type Monotonic, millis } from '../../base/index.ts'
import type { ApiWatchEvent } from '../registry/index.ts'
import { type Framer, newFeed } from './watch-stream.ts'

const event = (name: string): ApiWatchEvent => ({ type: 'ADDED', object: { metadata: { name } } as KubeObject })
const events = (from: number, to: number): ApiWatchEvent[] =>
  Array.from({ length: to - from }, (_, i) => event(String(from + i)))

const framer: Framer = {
  contentType: 'test',
  frame: ({ object }) => `${object.metadata.name} `,
  errorFrame: (status: Status) => `error ${status.message}`,
}

/** A reader that takes nothing while it is `slow`, and time that is moved by hand. */
function newWorld() {
  let now = 0
  const timers = new Map<object, { at: number; callback: () => void }>()
  const clock: Clock = {
    now: () => now as Instant,
    monotonic: () => now as Monotonic,
    wake(delay: Millis, callback) {
      const key = {}
      timers.set(key, { at: now + delay, callback })
      return () => timers.delete(key)
    },
  }
  const world = { slow: false, text: '', ended: false, cut: false, closed: false }
  const sink = {
    write: (frames: readonly (string | Uint8Array)[]) => {
      world.text += frames.join('')
      return !world.slow
    },
    end: () => {
      world.ended = true
    },
    destroy: () => {
      world.cut = true
    },
  }
  const feed = newFeed(framer, sink, clock, () => {
    world.closed = true
  })
  const pass = (span: Millis): void => {
    now += span
    for (const [key, { at, callback }] of timers) {
      if (at > now) continue
      timers.delete(key)
      callback()
    }
  }
  return { world, feed, pass, timers }
}

describe('a watch for one reader', () => {
  it('writes events in order', () => {
    const { world, feed } = newWorld()
    feed.push(events(0, 2))
    feed.push(events(2, 3))
    assert.equal(world.text, '0 1 2 ')
  })
  it('waits for a slow reader and goes on in order', () => {
    const { world, feed, timers } = newWorld()
    world.slow = true
    feed.push([event('a')])
    feed.push([event('b')])
    feed.push([event('c')])
    assert.equal(world.text, 'a ')
    world.slow = false
    feed.drained()
    assert.equal(world.text, 'a b c ')
    assert.equal(timers.size, 0)
  })
  it('cuts off a reader that takes nothing for long', () => {
    const { world, feed, pass } = newWorld()
    world.slow = true
    feed.push([event('a')])
    pass(millis(29_000))
    assert.ok(!world.cut)
    pass(millis(2000))
    assert.deepEqual([world.cut, world.closed], [true, true])
    feed.push([event('b')])
    assert.equal(world.text, 'a ')
  })
  it('cuts off a reader that is too far behind', () => {
    const { world, feed } = newWorld()
    world.slow = true
    feed.push([event('a')])
    for (let i = 0; i < 21 && !world.cut; i++) feed.push(events(0, 1000))
    assert.ok(world.cut)
  })
  it('takes a first batch of any size', () => {
    const { world, feed } = newWorld()
    world.slow = true
    feed.push(events(0, 100_000))
    feed.push([event('x')])
    assert.ok(!world.cut)
    world.slow = false
    feed.drained()
    assert.ok(world.text.endsWith('99999 x '))
  })
  it('does not change the batch it was given', () => {
    const { world, feed } = newWorld()
    const batch = events(0, 3)
    world.slow = true
    feed.push(batch)
    feed.push([event('x')])
    assert.equal(batch.length, 3)
    assert.equal(world.closed, false)
  })
  it('tells the reason before it ends, after everything else', () => {
    const { world, feed } = newWorld()
    world.slow = true
    feed.push([event('a')])
    feed.push([event('b')])
    feed.finish(plainError('why'))
    assert.ok(!world.ended)
    world.slow = false
    feed.drained()
    assert.equal(world.text, 'a b error why')
    assert.deepEqual([world.ended, world.closed], [true, true])
  })
  it('says nothing after the reader has gone', () => {
    const { world, feed } = newWorld()
    feed.close()
    feed.push([event('a')])
    feed.finish()
    assert.deepEqual([world.text, world.ended, world.closed], ['', false, true])
  })
})
