/**
 * What holds for events. Those of core stay as loose as they always were; those of events.k8s.io are strict.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/events.go
 */
import { type FieldError, invalid, required } from '../../../apimachinery/index.ts'
import { changed } from '../../generic/index.ts'
import {
  byteLength,
  immutableText,
  isDNS1123Subdomain,
  isLabelKey,
  nameIsDNSSubdomain,
  validateCoreObjectMeta,
  validateCoreObjectMetaUpdate,
} from '../../meta/index.ts'
import { addInvalid } from '../podspec/formats.ts'
import type { Event } from '../types.gen.ts'

/** What every event must keep to; `reporter` is the reporter's name in the group of the request. */
export function validateEvent(event: Event, reporter: 'reportingComponent' | 'reportingController'): FieldError[] {
  const errors: FieldError[] = []
  const namespace = event.metadata.namespace ?? ''
  const involved = event.involvedObject?.namespace ?? ''
  const free = event.eventTime ? ['default', 'kube-system'] : ['', 'default']
  const misplaced = involved === '' ? !free.includes(namespace) : !event.eventTime && namespace !== involved
  if (misplaced) errors.push(invalid('involvedObject.namespace', involved, 'does not match event.namespace'))
  if (event.eventTime) validateNewStyle(event, reporter, errors)
  addInvalid(errors, 'namespace', namespace, isDNS1123Subdomain(namespace))
  return errors
}

function validateNewStyle(event: Event, reporter: string, errors: FieldError[]): void {
  const { reportingComponent = '', reportingInstance = '', action = '', reason = '', message = '' } = event
  if (reportingComponent === '') errors.push(required(reporter))
  addInvalid(errors, reporter, reportingComponent, isLabelKey(reportingComponent))
  const limited = (field: string, text: string, max: number): void => {
    if (byteLength(text) > max) errors.push(invalid(field, '', `can have at most ${max} characters`))
  }
  const needed = (field: string, text: string): void => {
    if (text === '') errors.push(required(field))
    limited(field, text, 128)
  }
  needed('reportingInstance', reportingInstance)
  needed('action', action)
  needed('reason', reason)
  limited('message', message, 1024)
}

function validateSeries({ series }: Event, errors: FieldError[]): void {
  if (series === undefined) return
  if ((series.count ?? 0) < 2) errors.push(invalid('series.count', '', 'should be at least 2'))
  if (!series.lastObservedTime) errors.push(required('series.lastObservedTime'))
}

/** The further rules for a new event of events.k8s.io. */
export function validateStrictEvent(event: Event): readonly FieldError[] {
  const errors = validateEvent(event, 'reportingController')
  errors.push(...validateCoreObjectMeta(event.metadata, true, nameIsDNSSubdomain))
  validateSeries(event, errors)
  if (!event.eventTime) errors.push(required('eventTime'))
  const { type = '', source = {} } = event
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${type}`))
  const unset = (isSet: unknown, field: string): void => {
    if (isSet) errors.push(invalid(field, '', 'needs to be unset'))
  }
  unset(event.firstTimestamp, 'firstTimestamp')
  unset(event.lastTimestamp, 'lastTimestamp')
  unset(event.count, 'count')
  unset(source.component || source.host, 'source')
  return errors
}

/** Names that the internal form of an event has, and the fields here. */
const fixed: readonly (readonly [string, keyof Event])[] = [
  ['involvedObject', 'involvedObject'],
  ['reason', 'reason'],
  ['message', 'message'],
  ['source', 'source'],
  ['firstTimestamp', 'firstTimestamp'],
  ['lastTimestamp', 'lastTimestamp'],
  ['count', 'count'],
  ['reason', 'reason'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingComponent'],
  ['reportingInstance', 'reportingInstance'],
]

/** The further rules for a change through events.k8s.io: only the series may grow. */
export function validateStrictEventUpdate(event: Event, old: Event): readonly FieldError[] {
  const errors = validateEvent(event, 'reportingController')
  errors.push(...validateCoreObjectMetaUpdate(event.metadata, old.metadata))
  if (changed(event.series, old.series)) validateSeries(event, errors)
  for (const [field, name] of fixed) {
    const [now, before] = [event[name] || undefined, old[name] || undefined]
    if (!changed(now, before)) continue
    const value = typeof now === 'object' ? internalForm(now) : (now ?? zeroOf(name))
    errors.push(invalid(field, value, immutableText))
  }
  return errors
}

const zeroOf = (name: keyof Event): unknown =>
  name === 'count' ? 0 : name.endsWith('Time') || name.endsWith('Timestamp') || name === 'related' ? null : ''

/** References and sources as upstream's internal structures print them. */
function internalForm(value: object): unknown {
  const source = value as Readonly<Record<string, unknown>>
  const names =
    'component' in source || 'host' in source
      ? ['component', 'host']
      : ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']
  const internal: Readonly<Record<string, string>> = { uid: 'UID', apiVersion: 'APIVersion' }
  const capital = (name: string): string => internal[name] ?? name.charAt(0).toUpperCase() + name.slice(1)
  return Object.fromEntries(names.map((name) => [capital(name), source[name] ?? '']))
}
