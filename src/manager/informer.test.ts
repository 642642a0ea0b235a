import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/support/manager-world.ts'
import { virtualClock } from '../../test/support/virtual-clock.ts'
import { expired, type KubeObject, type Status, serviceUnavailable } from '../apimachinery/index.ts'
import { createTimers, fail, ok, type Result, silentLog } from '../base/index.ts'
import type { Client, ObjectList, WatchObserver } from '../client/index.ts'
import { createInformer } from './informer.ts'

const object = (name: string, version: number, label = 'x'): KubeObject => ({
  metadata: { name, namespace: 'ns', uid: name, resourceVersion: String(version), labels: { l: label } },
})

/** A server that answers lists as told and hands out its watchers. */
function scripted(lists: readonly Result<readonly KubeObject[], Status>[]) {
  const clock = virtualClock()
  const answers = [...lists]
  const watches: { readonly from: string; readonly observer: WatchObserver<KubeObject> }[] = []
  let listed = 0
  const client = {
    list: async (): Promise<Result<ObjectList<KubeObject>, Status>> => {
      listed++
      const answer = answers.shift() ?? ok([])
      return answer.ok ? ok({ resourceVersion: String(100 * listed), items: answer.value }) : answer
    },
    watch: (_: string, request: { resourceVersion: string }, observer: WatchObserver<KubeObject>) => {
      watches.push({ from: request.resourceVersion, observer })
      return { stop() {} }
    },
  } as unknown as Client
  const informer = createInformer<KubeObject>({ client, clock, timers: createTimers(clock), log: silentLog }, 'pods')
  const seen: string[] = []
  informer.onChange(({ kind, object: { metadata }, old }) => {
    seen.push(`${kind} ${metadata.name}${old === undefined ? '' : ' again'}`)
  })
  return { informer, clock, watches, seen, lists: () => listed }
}

test('the list is told, then every event, and indexes follow', async () => {
  const { informer, watches, seen } = scripted([ok([object('a', 1), object('b', 2, 'y')])])
  const byLabel = informer.index(({ metadata }) => [metadata.labels?.['l'] ?? ''])
  informer.start()
  await informer.synced
  assert.deepEqual([...byLabel.get('x').keys()], ['ns/a'])
  watches[0]?.observer.onEvents([
    { type: 'MODIFIED', object: object('a', 101, 'y') },
    { type: 'ADDED', object: object('c', 102) },
    { type: 'DELETED', object: object('b', 103, 'y') },
  ])
  assert.deepEqual(seen, ['Set a', 'Set b', 'Set a again', 'Set c', 'Gone b again'])
  assert.deepEqual([...byLabel.get('y').keys()], ['ns/a'])
  assert.deepEqual([...byLabel.get('x').keys()], ['ns/c'])
  assert.equal(informer.revision(), 103)
})

test('a watch that ends plainly goes on from its last event', async () => {
  const { informer, watches } = scripted([ok([])])
  informer.start()
  await informer.synced
  watches[0]?.observer.onEvents([{ type: 'ADDED', object: object('a', 150) }])
  watches[0]?.observer.onEnd()
  assert.deepEqual(
    watches.map(({ from }) => from),
    ['100', '150'],
  )
})

test('when history is gone the list is told as differences only', async () => {
  const { informer, watches, seen, lists } = scripted([
    ok([object('a', 1), object('b', 2), object('c', 3)]),
    ok([object('a', 1), object('b', 9)]),
  ])
  informer.start()
  await informer.synced
  seen.length = 0
  watches[0]?.observer.onEnd(expired('too old resource version'))
  await eventually(() => assert.equal(lists(), 2))
  await eventually(() => assert.deepEqual(seen, ['Gone c again', 'Set b again']))
})

test('an object that was made anew under its name is told as gone first', async () => {
  const { informer, watches, seen } = scripted([ok([object('a', 1)])])
  informer.start()
  await informer.synced
  const anew = { metadata: { ...object('a', 120).metadata, uid: 'another' } }
  watches[0]?.observer.onEvents([{ type: 'MODIFIED', object: anew }])
  assert.deepEqual(seen, ['Set a', 'Gone a again', 'Set a'])
})

test('a list that fails is tried again after a delay', async () => {
  const { informer, clock, lists } = scripted([fail(serviceUnavailable('not yet')), ok([object('a', 1)])])
  informer.start()
  await eventually(() => assert.equal(clock.waiting(), 1))
  clock.advance(1000)
  await informer.synced
  assert.equal(lists(), 2)
  assert.notEqual(informer.get('ns/a'), undefined)
})

test('whoever waits for a write sees it with the batch that brings it', async () => {
  const { informer, watches } = scripted([ok([])])
  informer.start()
  await informer.synced
  let visible = false
  void informer
    .until(() => informer.revision() >= 130)
    .then(() => {
      visible = true
    })
  watches[0]?.observer.onEvents([{ type: 'ADDED', object: object('a', 129) }])
  await Promise.resolve()
  assert.equal(visible, false)
  watches[0]?.observer.onEvents([{ type: 'BOOKMARK', object: object('', 130) }])
  await eventually(() => assert.equal(visible, true))
})
