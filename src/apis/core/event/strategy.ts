/**
 * Events of core.
 *
 * @source kubernetes v1.36 pkg/registry/core/event/strategy.go; pkg/apis/core/v1/conversion.go (facts: field labels)
 */
import { buildStrategy } from '../../generic/index.ts'
import type { Strategy } from '../../strategy.ts'
import type { Event, ObjectReference } from '../types.gen.ts'
import { eventTable } from './table.ts'
import { validateEvent } from './validation.ts'

const referenceFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const

/** Field labels of what an event is about, under the name that its group has for it. */
export function referenceLabels<T>(
  prefix: string,
  referenceOf: (event: T) => ObjectReference | undefined,
): Readonly<Record<string, (event: T) => string>> {
  return Object.fromEntries(
    referenceFields.map((name) => [`${prefix}.${name}`, (event: T) => referenceOf(event)?.[name] ?? '']),
  )
}

export const eventStrategy: Strategy<Event> = buildStrategy<Event>({
  type: 'core.v1.Event',
  namespaced: true,
  metadata: 'Last',
  validateCreate: (event) => validateEvent(event, 'reportingComponent'),
  validateUpdate: (event) => validateEvent(event, 'reportingComponent'),
  allowCreateOnUpdate: true,
  table: eventTable,
  fields: {
    ...referenceLabels<Event>('involvedObject', ({ involvedObject }) => involvedObject),
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
  unknownField: (label) => `field label not supported: ${label}`,
})
