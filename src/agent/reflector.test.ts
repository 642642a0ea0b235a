import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expired, type Status, serviceUnavailable } from '../apimachinery/index.ts'
import type { Pod } from '../apis/core/index.ts'
import { type Clock, fail, instant, ok, silentLog } from '../base/index.ts'
import type { Client, WatchEvent, WatchObserver } from '../client/index.ts'
import { reflect } from './reflector.ts'

const pod = (name: string, resourceVersion: string): Pod => ({
  metadata: { name, resourceVersion },
  spec: { containers: [] },
  status: {},
})

/** A server that answers what it is told to, and a clock whose timers fire at once. */
function stage() {
  const asked: string[] = []
  const answers: (readonly [Pod[], string] | Status)[] = []
  const observers: WatchObserver<Pod>[] = []
  const waits: number[] = []
  const client = {
    list: async () => {
      asked.push('list')
      const answer = answers.shift() ?? [[], '0']
      return Array.isArray(answer)
        ? ok({ items: answer[0] as Pod[], resourceVersion: answer[1] as string })
        : fail(answer as Status)
    },
    watch: (_resource: string, { resourceVersion }: { resourceVersion: string }, observer: WatchObserver<Pod>) => {
      asked.push(`watch ${resourceVersion}`)
      observers.push(observer)
      return { stop: () => asked.push('stop') }
    },
  } as unknown as Client
  const clock: Clock = {
    now: () => instant(0),
    monotonic: () => 0 as ReturnType<Clock['monotonic']>,
    wake: (delay, callback) => {
      waits.push(delay)
      setImmediate(callback)
      return () => undefined
    },
  }
  return { client, clock, asked, answers, observers, waits }
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('lists, watches from there, and goes on where a closed watch ended', async () => {
  const { client, clock, asked, answers, observers } = stage()
  answers.push([[pod('a', '3')], '7'])
  const seen: string[] = []
  const { stop } = reflect<Pod>({
    client,
    clock,
    log: silentLog,
    resource: 'pods',
    selection: {},
    onList: (items) => seen.push(`list ${items.map(({ metadata }) => metadata.name)}`),
    onEvents: (events: readonly WatchEvent<Pod>[]) =>
      seen.push(...events.map(({ type, object }) => `${type} ${object.metadata.name}`)),
  })
  await turns(2)
  observers[0]?.onEvents([
    { type: 'ADDED', object: pod('b', '8') },
    { type: 'BOOKMARK', object: pod('', '12') },
  ])
  observers[0]?.onEnd()
  await turns(2)
  observers[1]?.onEnd(expired('too old'))
  await turns(3)
  stop()
  assert.deepEqual(asked, ['list', 'watch 7', 'watch 12', 'list', 'watch 0', 'stop'])
  assert.deepEqual(seen, ['list a', 'ADDED b', 'list '])
})

test('tries a list that failed again, each time later', async () => {
  const { client, clock, answers, asked, waits } = stage()
  answers.push(serviceUnavailable('not yet'), serviceUnavailable('not yet'), [[], '1'])
  reflect<Pod>({ client, clock, log: silentLog, resource: 'pods', selection: {}, onList() {}, onEvents() {} })
  await turns(8)
  assert.deepEqual(asked, ['list', 'list', 'list', 'watch 1'])
  assert.deepEqual(waits, [50, 100])
})
