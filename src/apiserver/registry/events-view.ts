/**
 * One Event, two APIs: stored as core/v1 has it, shown and taken by events.k8s.io/v1 under other names.
 *
 * @source kubernetes v1.36 pkg/apis/events/v1/conversion.go (facts: which field is which)
 */
import type { KubeObject } from '../../apimachinery/index.ts'
import type { View } from './registry.ts'

type Fields = Record<string, unknown>

/** core/v1 name → events.k8s.io/v1 name, in the order in which events.k8s.io writes them. */
const names: readonly (readonly [core: string, events: string])[] = [
  ['eventTime', 'eventTime'],
  ['series', 'series'],
  ['reportingComponent', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
  ['action', 'action'],
  ['reason', 'reason'],
  ['involvedObject', 'regarding'],
  ['related', 'related'],
  ['message', 'note'],
  ['type', 'type'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
]
const eventsNameOf = new Map(names)
/** The order in which core/v1 writes its fields. */
const coreOrder = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'series',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
]
/** What core/v1 writes even when it is empty. */
const coreAlways: Readonly<Fields> = {
  involvedObject: {},
  source: {},
  firstTimestamp: null,
  lastTimestamp: null,
  eventTime: null,
  reportingComponent: '',
  reportingInstance: '',
}
const eventsAlways: Readonly<Fields> = {
  eventTime: null,
  regarding: {},
  deprecatedSource: {},
  deprecatedFirstTimestamp: null,
  deprecatedLastTimestamp: null,
}

export const eventsView: View = {
  fromStored(object) {
    const core = object as unknown as Fields
    const event: Fields = { kind: 'Event', apiVersion: 'events.k8s.io/v1', metadata: object.metadata }
    for (const [from, to] of names) {
      const value = core[from] === '' || core[from] === undefined ? eventsAlways[to] : core[from]
      if (value !== undefined) event[to] = value
    }
    return event as unknown as KubeObject
  },
  toStored(object) {
    const event = object as unknown as Fields
    const core: Fields = { kind: 'Event', apiVersion: 'v1', metadata: object.metadata }
    for (const to of coreOrder) {
      const value = event[eventsNameOf.get(to) ?? to] ?? coreAlways[to]
      if (value !== undefined) core[to] = value
    }
    return core as unknown as KubeObject
  },
}
