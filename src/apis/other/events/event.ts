/**
 * Events of events.k8s.io: another view of the events of core, which alone are stored.
 *
 * @source kubernetes v1.36 pkg/apis/events/v1/conversion.go (facts: fields, labels); pkg/registry/core/event/strategy.go
 */
import {
  type Event,
  eventCells,
  eventColumns,
  referenceLabels,
  validateStrictEvent,
  validateStrictEventUpdate,
} from '../../core/index.ts'
import { buildStrategy } from '../../generic/index.ts'
import type { Strategy } from '../../strategy.ts'
import { tableOf } from '../../table/index.ts'
import type { EventsV1Event } from '../types.gen.ts'

/** Times that are always written stand as null when they are unset. */
const unset = null as unknown as undefined

/** The event of core that an event of events.k8s.io stands for. Parts that both have are shared. */
export function coreEventOf(event: EventsV1Event): Event {
  const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp } = event
  const { deprecatedCount, reportingController, reportingInstance, series } = event
  return {
    ...shared(event),
    kind: 'Event',
    apiVersion: 'v1',
    metadata: event.metadata,
    involvedObject: regarding ?? {},
    ...(note ? { message: note } : {}),
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp ?? unset,
    lastTimestamp: deprecatedLastTimestamp ?? unset,
    ...(deprecatedCount ? { count: deprecatedCount } : {}),
    eventTime: event.eventTime ?? unset,
    ...(series === undefined ? {} : { series }),
    reportingComponent: reportingController ?? '',
    reportingInstance: reportingInstance ?? '',
  }
}

/** The event of events.k8s.io that an event of core stands for. */
export function eventsEventOf(event: Event): EventsV1Event {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, series } = event
  const { reportingComponent, reportingInstance } = event
  return {
    ...shared(event),
    kind: 'Event',
    apiVersion: 'events.k8s.io/v1',
    metadata: event.metadata,
    eventTime: (event.eventTime ?? unset) as unknown as string,
    ...(series === undefined
      ? {}
      : {
          series: {
            count: series.count ?? 0,
            lastObservedTime: (series.lastObservedTime ?? unset) as unknown as string,
          },
        }),
    ...(reportingComponent ? { reportingController: reportingComponent } : {}),
    ...(reportingInstance ? { reportingInstance } : {}),
    regarding: involvedObject ?? {},
    ...(message ? { note: message } : {}),
    deprecatedSource: source ?? {},
    deprecatedFirstTimestamp: firstTimestamp ?? unset,
    deprecatedLastTimestamp: lastTimestamp ?? unset,
    ...(count ? { deprecatedCount: count } : {}),
  }
}

/** Fields of the same name and meaning in both groups. */
function shared({ action, reason, related, type }: Event | EventsV1Event) {
  return {
    ...(action ? { action } : {}),
    ...(reason ? { reason } : {}),
    ...(related === undefined ? {} : { related }),
    ...(type ? { type } : {}),
  }
}

export const eventsEventStrategy: Strategy<EventsV1Event> = buildStrategy<EventsV1Event>({
  type: 'events.v1.Event',
  namespaced: true,
  metadata: 'Own',
  validateCreate: (event) => validateStrictEvent(coreEventOf(event)),
  validateUpdate: (event, old) => validateStrictEventUpdate(coreEventOf(event), coreEventOf(old)),
  allowCreateOnUpdate: true,
  table: tableOf(eventColumns, (event, now) => eventCells(coreEventOf(event), now)),
  fields: {
    ...referenceLabels<EventsV1Event>('regarding', ({ regarding }) => regarding),
    reason: ({ reason }) => reason ?? '',
    reportingController: ({ reportingController }) => reportingController ?? '',
    type: ({ type }) => type ?? '',
  },
  unknownField: (label) => `field label not supported: ${label}`,
})
