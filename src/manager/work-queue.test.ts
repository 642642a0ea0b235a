import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Monotonic } from '../base/index.ts'
import { createWorkQueue } from './work-queue.ts'

const at = (n: number) => n as Monotonic

test('of several times for one key the earliest wins, and it comes once', () => {
  const queue = createWorkQueue()
  queue.add('a', at(50))
  queue.add('a', at(20))
  queue.add('a', at(90))
  assert.equal(queue.nextAt(), 20)
  assert.equal(queue.take(at(19)), undefined)
  assert.equal(queue.take(at(20)), 'a')
  queue.done('a')
  assert.equal(queue.take(at(1000)), undefined)
  assert.equal(queue.nextAt(), undefined)
})

test('keys that are due come in the order of their times, then of their coming', () => {
  const queue = createWorkQueue()
  for (const [key, time] of [
    ['c', 5],
    ['a', 3],
    ['b', 3],
  ] as const)
    queue.add(key, at(time))
  assert.deepEqual([queue.take(at(9)), queue.take(at(9)), queue.take(at(9))], ['a', 'b', 'c'])
})

test('a key that is out is not given out again, but comes back when it was wanted meanwhile', () => {
  const queue = createWorkQueue()
  queue.add('a', at(0))
  assert.equal(queue.take(at(0)), 'a')
  queue.add('a', at(1))
  assert.equal(queue.take(at(9)), undefined)
  queue.done('a')
  assert.equal(queue.take(at(9)), 'a')
})

test('failures double the delay up to a minute, and success forgets them', () => {
  const queue = createWorkQueue()
  const delays = Array.from({ length: 8 }, () => queue.retry('a', at(0)))
  assert.deepEqual(
    delays.map(({ delay }) => delay / 1000),
    [1, 2, 4, 8, 16, 32, 60, 60],
  )
  assert.deepEqual(
    delays.map(({ failures }) => failures),
    [1, 2, 3, 4, 5, 6, 7, 8],
  )
  queue.forget('a')
  assert.deepEqual(queue.retry('a', at(0)), { delay: 1000, failures: 1 })
})

test('whatever is done, no key is lost and none is out twice', () => {
  const steps = fc.array(fc.record({ what: fc.constantFrom('add', 'take', 'done'), key: fc.nat(4), time: fc.nat(50) }))
  fc.assert(
    fc.property(steps, (list) => {
      const queue = createWorkQueue()
      const out = new Set<string>()
      const wanted = new Set<string>()
      let now = 0
      for (const { what, key, time } of list) {
        const name = String(key)
        now = Math.max(now, time)
        if (what === 'add') {
          queue.add(name, at(time))
          wanted.add(name)
        } else if (what === 'take') {
          const taken = queue.take(at(now))
          if (taken === undefined) continue
          assert.ok(!out.has(taken), 'out once')
          out.add(taken)
          wanted.delete(taken)
        } else if (out.delete(name)) queue.done(name)
      }
      for (const key of out) queue.done(key)
      const rest = new Set<string>()
      for (let key = queue.take(at(1000)); key !== undefined; key = queue.take(at(1000))) rest.add(key)
      assert.deepEqual([...rest].sort(), [...wanted].sort())
    }),
  )
})
