import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hastyClock } from '../../../test/support/hasty-clock.ts'
import { badRequest, serviceUnavailable } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { fail, ok } from '../../base/index.ts'
import type { InputEnd, InputSession } from '../../client/index.ts'
import { newFeed } from './feed.ts'

const podWith = (state: object): Pod => ({
  metadata: { name: 'p', namespace: 'default', uid: '1' },
  spec: { containers: [{ name: 'main', image: 'host', resources: {} }] },
  status: {
    containerStatuses: [
      { name: 'main', image: 'host', imageID: '', ready: true, restartCount: 0, state, lastState: {} },
    ],
  },
})
const runs = podWith({ running: {} })
const ended = podWith({ terminated: { exitCode: 0 } })

type Played = { readonly got: readonly string[]; readonly told: readonly string[]; readonly wasCut: boolean }

type Play = {
  /** What the server answers before it lets anybody in. */
  readonly refusals?: readonly ReturnType<typeof serviceUnavailable>[]
  readonly chunks: readonly string[]
  /** What keeps input from being read to its end. */
  readonly broken?: Error
  /** How the session ends, and after how many chunks; with the last when absent. */
  readonly end: InputEnd
  readonly after?: number
  /** The pod when it is looked at again. */
  readonly pod: Pod
}

/** What of an input reaches a container, and what is told of it. */
async function played({ refusals = [], chunks, broken, end, after, pod }: Play): Promise<Played> {
  const got: string[] = []
  const told: string[] = []
  const { promise, resolve } = Promise.withResolvers<InputEnd>()
  const session: InputSession = {
    write: async (bytes) => {
      got.push(Buffer.from(bytes).toString())
      if (got.length === after) resolve(end)
    },
    end() {
      got.push('END')
      resolve(end)
    },
    close: () => resolve({ kind: 'Over' }),
    ended: promise,
  }
  const left = [...refusals]
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>()
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk)
    if (broken !== undefined) throw broken
    // A terminal that nobody types at: what ends the session before has to end the copying.
    if (after !== undefined) await new Promise(() => {})
  }
  const feed = newFeed({
    connection: {
      input: async () => {
        const refusal = left.shift()
        return refusal === undefined ? ok(session) : fail(refusal)
      },
      client: {
        get: async () => {
          setImmediate(settle)
          return ok(pod)
        },
      } as never,
    },
    clock: hastyClock,
    input: { chunks: source(), close: () => {} },
    onTrouble: (text) => {
      told.push(text)
      settle()
    },
  })
  feed.onPod(podWith({ waiting: { reason: 'ContainerCreating' } }))
  assert.deepEqual(got, [], 'nothing before it runs')
  feed.onPod(runs)
  feed.onPod(runs)
  // An end in order needs no look at the pod.
  await (end.kind === 'Over' ? promise.then(() => undefined) : settled)
  const wasCut = feed.wasCut()
  feed.stop()
  return { got, told, wasCut }
}

const lost: InputEnd = { kind: 'Broken', message: 'the connection broke off' }
const lostText = 'the command may not get all of its input: the connection broke off'
const cases: readonly (readonly [string, Play, Played])[] = [
  [
    'is handed on in order, with its end',
    { chunks: ['a', 'b'], end: { kind: 'Over' }, pod: ended },
    { got: ['a', 'b', 'END'], told: [], wasCut: false },
  ],
  [
    'waits for a server that is away',
    { refusals: [serviceUnavailable('x'), serviceUnavailable('x')], chunks: ['a'], end: { kind: 'Over' }, pod: ended },
    { got: ['a', 'END'], told: [], wasCut: false },
  ],
  [
    'that is refused is told',
    { refusals: [badRequest('no')], chunks: ['a'], end: lost, pod: runs },
    { got: [], told: ['the command gets no input: no (BadRequest)'], wasCut: true },
  ],
  [
    'of a command that ended before it read all is no trouble',
    { chunks: ['a'], end: { kind: 'Refused', message: 'it ended' }, after: 1, pod: ended },
    { got: ['a'], told: [], wasCut: false },
  ],
  [
    'that breaks off while the command runs is told, and a failure',
    { chunks: ['a'], end: lost, after: 1, pod: runs },
    { got: ['a'], told: [lostText], wasCut: true },
  ],
  [
    'that breaks off behind its end is told',
    { chunks: ['a'], end: lost, pod: runs },
    { got: ['a', 'END'], told: [lostText], wasCut: false },
  ],
  [
    'that cannot be read is told, and a failure',
    { chunks: ['a'], broken: new Error('bad sector'), end: lost, pod: ended },
    { got: ['a', 'END'], told: ['standard input cannot be read: bad sector'], wasCut: true },
  ],
]
for (const [name, play, expected] of cases) {
  test(`input ${name}`, async () => assert.deepEqual(await played(play), expected))
}
