import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeObject } from '../../../apimachinery/index.ts'
import type { Event } from '../../core/index.ts'
import type { EventsV1Event } from '../types.gen.ts'
import { coreEventOf, eventsEventOf } from './event.ts'

const core = {
  kind: 'Event',
  apiVersion: 'v1',
  metadata: { name: 'e', namespace: 'default' },
  involvedObject: { kind: 'Job', name: 'j' },
  related: { kind: 'Pod', name: 'p' },
  reason: 'Started',
  message: 'it began',
  source: { component: 'job-controller' },
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: '2026-01-01T00:00:01Z',
  count: 2,
  type: 'Normal',
  eventTime: '2026-01-01T00:00:00.000001Z',
  series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000001Z' },
  action: 'Starting',
  reportingComponent: 'job-controller',
  reportingInstance: 'i',
}

const decoded = (type: string, json: object): unknown => {
  const result = decodeObject(type, json, 'Strict')
  assert.ok(result.ok)
  return result.value.object
}

test('an event keeps everything on its way to the other group and back', () => {
  const event = decoded('core.v1.Event', core) as Event
  const other = eventsEventOf(event)
  assert.equal(other.note, 'it began')
  assert.equal(other.reportingController, 'job-controller')
  assert.deepEqual(other.deprecatedSource, { component: 'job-controller' })
  assert.deepEqual(coreEventOf(other), event)
})

test('an event of the other group with the least keeps its unset times', () => {
  const least = { kind: 'Event', apiVersion: 'events.k8s.io/v1', metadata: { name: 'e' }, eventTime: null }
  const event = decoded('events.v1.Event', least) as EventsV1Event
  const back = eventsEventOf(coreEventOf(event))
  assert.equal(JSON.stringify(back.eventTime), 'null')
  assert.equal(back.metadata, event.metadata)
})
