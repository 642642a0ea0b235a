import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import { fail, ok } from '../../base/index.ts'
import type { Call, Engine } from './engine.ts'
import { removeNetwork } from './network.ts'

/** An engine with a network in which it counts these, of whom it has some. */
function engineWith(members: Readonly<Record<string, 'There' | 'Gone'>>) {
  const left = new Map(Object.entries(members))
  const refused = (status: number) => fail({ kind: 'Refused', status, message: 'no' } as const)
  const state = { isThere: true }
  const answer = ({ method, path, body }: Call): unknown => {
    if (method === 'DELETE') {
      if (left.size > 0) return refused(403)
      state.isThere = false
      return ok(undefined)
    }
    if (method === 'POST') {
      const { Container, Force } = body as { Container: string; Force: boolean }
      if (Force) left.delete(Container.slice('name-of-'.length))
      return ok(undefined)
    }
    const id = /^\/containers\/(.*)\/json$/.exec(path)?.[1]
    if (id !== undefined) return left.get(id) === 'There' ? ok({}) : refused(404)
    return ok({ Containers: Object.fromEntries([...left.keys()].map((key) => [key, { Name: `name-of-${key}` }])) })
  }
  return { engine: { call: async (call: Call) => answer(call) } as unknown as Engine, left, state }
}

for (const [what, members, isGone, stay] of [
  ['that is empty goes', {}, true, []],
  ['goes in which only those are counted that the engine no longer has', { a: 'Gone', b: 'Gone' }, true, []],
  ['stays, with who is in it, when somebody is', { a: 'Gone', b: 'There' }, false, ['b']],
] as const) {
  test(`a network ${what}`, async () => {
    const { engine, left, state } = engineWith(members)
    const clock = virtualClock()
    const done = { is: false }
    const removed = removeNetwork(engine, { name: 'n' }, clock).then(() => {
      done.is = true
    })
    while (!done.is) {
      await new Promise(setImmediate)
      clock.advance(200)
    }
    await removed
    assert.equal(!state.isThere, isGone)
    assert.deepEqual([...left.keys()], stay)
  })
}
