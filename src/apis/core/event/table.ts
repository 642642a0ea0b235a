/** @source kubernetes v1.36 pkg/printers/internalversion/printers.go, printEvent (facts: columns, texts) */
import type { Instant } from '../../../base/index.ts'
import type { Cell, Column, TableDefinition } from '../../strategy.ts'
import { column, humanDuration, tableOf } from '../../table/index.ts'
import type { Event } from '../types.gen.ts'

const wide = { priority: 1 }
/** The columns of events, in both groups. */
export const eventColumns: readonly Column[] = [
  column('Last Seen', 'string', 'How long ago it happened last.'),
  column('Type', 'string', 'Normal, or Warning.'),
  column('Reason', 'string', 'What happened, in one word.'),
  column('Object', 'string', 'What it happened to.'),
  column('Subobject', 'string', 'The part of the object that it happened to.', wide),
  column('Source', 'string', 'Who says so.', wide),
  column('Message', 'string', 'What happened, in a sentence.'),
  column('First Seen', 'string', 'How long ago it happened first.', wide),
  column('Count', 'string', 'How often it happened.', wide),
  column('Name', 'string', 'The name of the event.', { priority: 1, format: 'name' }),
]

const shown = (time: string | undefined, now: Instant): string => (time ? humanDuration(time, now) : '<unknown>')

/** One event as cells. */
export function eventCells(event: Event, now: Instant): readonly Cell[] {
  const { series, involvedObject: object = {}, source = {} } = event
  const first = shown(event.firstTimestamp || event.eventTime, now)
  const last = event.lastTimestamp ? shown(event.lastTimestamp, now) : first
  const kind = (object.kind ?? '').toLowerCase()
  const component = source.component || event.reportingComponent || ''
  const instance = source.host || event.reportingInstance || ''
  return [
    series === undefined ? last : shown(series.lastObservedTime, now),
    event.type ?? '',
    event.reason ?? '',
    object.name ? `${kind}/${object.name}` : kind,
    object.fieldPath ?? '',
    instance === '' ? component : `${component}, ${instance}`,
    (event.message ?? '').trim(),
    first,
    series === undefined ? event.count || 1 : (series.count ?? 0),
    event.metadata.name ?? '',
  ]
}

export const eventTable: TableDefinition<Event> = tableOf(eventColumns, eventCells)
