import assert from 'node:assert/strict'
import { test } from 'node:test'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import { ok } from '../../base/index.ts'
import type { Exchange } from './exchange.ts'
import { type ExecInput, runExec } from './exec-session.ts'
import type { ExecEnd, PodStreams } from './index.ts'
import type { Route } from './routes.ts'

const bytes = new TextEncoder().encode('hi')

/** A session whose command does nothing by itself, and what it was told. */
async function session(query: Record<string, string>, subresource = 'exec') {
  const told: string[] = []
  const clock = virtualClock()
  const abandoned = new Set<() => void>()
  let finish: (how: ExecEnd) => void = () => assert.fail('nothing runs')
  const note = (what: string) => (): void => void told.push(what)
  const streams = {
    exec: async (_, output) => {
      finish = output.end
      return ok({
        write: (_bytes, taken) => {
          told.push('input')
          taken()
        },
        endStdin: note('end of input'),
        resize: note('size'),
        resume: note('resume'),
        close: note('close'),
      })
    },
    portForward: () => assert.fail('not asked for'),
  } satisfies PodStreams
  let client: ExecInput | undefined
  const x = { query: new Map(Object.entries(query).map(([name, text]) => [name, [text]])) } as unknown as Exchange
  const route = { subresource, namespace: 'default', name: 'p' } as Route
  await runExec(x, { streams, clock, abandoned }, route, 'main', async (input) => {
    client = input
    const taken = (): boolean => true
    return { version: 4, stdout: taken, stderr: taken, end: note('tell'), pause() {}, resume() {} }
  })
  assert.ok(client !== undefined)
  return { client, told, clock, abandoned, finish: () => finish({ kind: 'Exited', exitCode: 0 }) }
}

test('a client that leaves', async (t) => {
  const command = { stdin: '1', stdout: '1' }
  const rest = ['end of input', 'resume']
  const cases: readonly [
    name: string,
    query: Record<string, string>,
    ends: boolean,
    inOrder: boolean,
    told: string[],
  ][] = [
    ['in order ends the input', command, false, true, rest],
    ['because its connection broke ends the command', command, false, false, ['close']],
    ['after it ended the input ends the command', command, true, true, ['end of input', 'close']],
    ['a command without input ends the command', { stdout: '1' }, false, true, ['close']],
    ['a terminal ends the command', { ...command, tty: '1' }, false, true, ['close']],
  ]
  for (const [name, query, ends, inOrder, told] of cases) {
    await t.test(name, async () => {
      const made = await session(query)
      if (ends) made.client.endStdin()
      made.client.closed(inOrder)
      assert.deepEqual(made.told, told)
      assert.equal(made.abandoned.size, told === rest ? 1 : 0)
    })
  }
  for (const tty of ['0', '1']) {
    await t.test(`in order gives an attached process what it sent, tty=${tty}`, async () => {
      const made = await session({ ...command, tty }, 'attach')
      made.client.closed(true)
      assert.deepEqual(made.told, rest)
    })
  }
})

test('a command whose client has left', async (t) => {
  const leave = async () => {
    const made = await session({ stdin: '1' })
    made.client.stdin(bytes)
    made.client.closed(true)
    assert.deepEqual(made.told.splice(0), ['input', 'end of input', 'resume'])
    return made
  }
  await t.test('finishes', async () => {
    const { told, clock, abandoned, finish } = await leave()
    clock.advance(29_999)
    finish()
    clock.advance(60_000)
    assert.deepEqual(told, ['tell'])
    assert.equal(abandoned.size, 0)
  })
  await t.test('is ended when it does not finish in time', async () => {
    const { told, clock, abandoned } = await leave()
    clock.advance(29_999)
    assert.deepEqual(told, [])
    clock.advance(1)
    assert.deepEqual(told, ['close'])
    assert.equal(abandoned.size, 0)
  })
  await t.test('is ended when the server stops', async () => {
    const { told, clock, abandoned } = await leave()
    for (const end of abandoned) end()
    clock.advance(60_000)
    assert.deepEqual(told, ['close'])
  })
})

test('output goes to whoever does not refuse it', async () => {
  const cases: readonly [query: Record<string, string>, seen: string[]][] = [
    [{ stdin: '1' }, ['out', 'err']],
    [{ stdin: '1', stdout: 'true', stderr: 'true' }, ['out', 'err']],
    [{ stdin: '1', stdout: 'false', stderr: '0' }, []],
  ]
  for (const [query, seen] of cases) {
    const got: string[] = []
    const take = (name: string) => (): boolean => got.push(name) > 0
    const streams = {
      exec: async (_, { stdout, stderr, end }) => {
        stdout(bytes)
        stderr(bytes)
        end({ kind: 'Exited', exitCode: 0 })
        return ok({ write() {}, endStdin() {}, resize() {}, resume() {}, close() {} })
      },
      portForward: () => assert.fail('not asked for'),
    } satisfies PodStreams
    const x = { query: new Map(Object.entries(query).map(([name, text]) => [name, [text]])) } as unknown as Exchange
    const route = { subresource: 'attach', namespace: 'default', name: 'p' } as Route
    const parts = { streams, clock: virtualClock(), abandoned: new Set<() => void>() }
    await runExec(x, parts, route, 'main', async () => ({
      ...{ version: 4, stdout: take('out'), stderr: take('err'), end() {}, pause() {}, resume() {} },
    }))
    assert.deepEqual(got, seen)
  }
})
