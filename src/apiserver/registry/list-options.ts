/**
 * The query of list and watch, checked and understood.
 *
 * @source kubernetes v1.36 apimachinery/pkg/apis/meta/internalversion/{defaults,validation} (facts: order, texts)
 */
import {
  badRequest,
  type FieldError,
  type FieldRequirements,
  forbiddenField,
  type KubeObject,
  type LabelRequirements,
  matchesFields,
  matchesLabels,
  notSupported,
  parseFieldSelector,
  parseLabelSelector,
  type Status,
} from '../../apimachinery/index.ts'
import { fail, ok, type Result, type Revision, revision } from '../../base/index.ts'
import type { Selection } from '../cache/index.ts'
import type { ListQuery } from './api.ts'
import { optionsInvalid } from './options.ts'
import type { Resource } from './registry.ts'

export type Selectors = {
  readonly selection: Selection
  /** Whether anything but the namespace narrows the selection. */
  readonly isSelective: boolean
  /** A narrower prefix of the keys, where a selector tells how names begin. */
  readonly names?: string | undefined
}

const matchText = 'resourceVersionMatch'

/** Understands the selectors of a query for a namespace (`''`: all), after checking all its parameters. */
export function listSelectors(
  resource: Resource,
  namespace: string,
  name: string | undefined,
  query: ListQuery,
  isWatch: boolean,
): Result<Selectors, Status> {
  const labels = parseLabelSelector(query.labelSelector ?? '')
  if (!labels.ok) return fail(badRequest(labels.error))
  const fields = parseFieldSelector(query.fieldSelector ?? '')
  if (!fields.ok) return fail(badRequest(fields.error))
  const errors = isWatch ? watchErrors(query) : listErrors(query)
  if (errors.length > 0) return fail(optionsInvalid('ListOptions', errors))
  const unknown = fields.value.find(({ field }) => !isKnownField(resource, field))
  if (unknown !== undefined) return fail(badRequest(unknownFieldText(resource, unknown.field)))
  return ok(selectorsOf(resource, namespace, name, labels.value, fields.value))
}

function listErrors(query: ListQuery): readonly FieldError[] {
  const { resourceVersionMatch: match = '', resourceVersion = '', sendInitialEvents } = query
  const errors: FieldError[] = []
  if (match !== '') {
    if (resourceVersion === '') {
      errors.push(forbiddenField(matchText, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    }
    if (query.continue) errors.push(forbiddenField(matchText, `${matchText} is forbidden when continue is provided`))
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notSupported(matchText, match, ['Exact', 'NotOlderThan', '']))
    }
    if (match === 'Exact' && resourceVersion === '0') {
      errors.push(forbiddenField(matchText, `${matchText} "exact" is forbidden for resourceVersion "0"`))
    }
  }
  if (sendInitialEvents !== undefined) {
    errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  }
  return errors
}

function watchErrors(given: ListQuery): readonly FieldError[] {
  const { resourceVersionMatch: match = '', sendInitialEvents, continue: token } = withWatchDefaults(given)
  const errors: FieldError[] = []
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    const text = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    errors.push(forbiddenField(matchText, text))
  }
  if (match === '') return errors
  if (sendInitialEvents === undefined) {
    errors.push(forbiddenField(matchText, `${matchText} is forbidden for watch unless sendInitialEvents is provided`))
  }
  if (match !== 'NotOlderThan') errors.push(notSupported(matchText, match, ['NotOlderThan']))
  if (token) errors.push(forbiddenField(matchText, `${matchText} is forbidden when continue is provided`))
  return errors
}

/** A watch that does not say from where begins with what is there. */
export function withWatchDefaults(query: ListQuery): ListQuery {
  const { resourceVersion = '', resourceVersionMatch = '', sendInitialEvents } = query
  const saysNothing = sendInitialEvents === undefined && resourceVersionMatch === ''
  if (!saysNothing || (resourceVersion !== '' && resourceVersion !== '0')) return query
  return { ...query, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
}

const isKnownField = ({ strategy }: Resource, field: string): boolean =>
  field === 'metadata.name' || field === 'metadata.namespace' || Object.hasOwn(strategy.fields, field)

function unknownFieldText({ strategy, kind }: Resource, field: string): string {
  if (strategy.unknownField !== undefined) return strategy.unknownField(field)
  if (Object.keys(strategy.fields).length > 0) return `field label not supported: ${field}`
  const known = kind.namespaced || field !== '' ? 'only "metadata.name", "metadata.namespace"' : ''
  return `"${field}" is not a known field selector: ${known || 'only "metadata.name", "metadata.namespace"'}`
}

function selectorsOf(
  resource: Resource,
  namespace: string,
  name: string | undefined,
  labels: LabelRequirements,
  fields: FieldRequirements,
): Selectors {
  const named = name ?? fields.find(({ field, operator }) => field === 'metadata.name' && operator === '=')?.value
  const inside = resource.kind.namespaced && namespace !== '' ? `${namespace}/` : ''
  const exact = named !== undefined && (inside !== '' || !resource.kind.namespaced)
  const byFields =
    name === undefined ? fields : [...fields, { field: 'metadata.name', operator: '=', value: name } as const]
  const selects = selectorOf(resource, labels, byFields)
  const selection = { prefix: exact ? inside + named : inside, exact, matches: selects }
  const names = exact || inside === '' ? undefined : namesOf(resource, fields)
  return { selection, isSelective: selects !== undefined, ...(names === undefined ? {} : { names: inside + names }) }
}

/** How all names begin that fields select, where the kind knows. */
function namesOf({ strategy: { onDisk } }: Resource, fields: FieldRequirements): string | undefined {
  for (const { field, operator, value } of fields) {
    const begin = operator === '=' ? onDisk?.[field] : undefined
    if (begin !== undefined) return begin(value)
  }
  return undefined
}

function selectorOf(
  resource: Resource,
  labels: LabelRequirements,
  fields: FieldRequirements,
): ((object: KubeObject) => boolean) | undefined {
  if (labels.length === 0 && fields.length === 0) return undefined
  const { view } = resource
  return (stored) => {
    if (!matchesLabels(labels, stored.metadata.labels)) return false
    if (fields.length === 0) return true
    const object = view === undefined ? stored : view.fromStored(stored)
    return matchesFields(fields, (field) => readField(resource, object, field))
  }
}

function readField({ strategy }: Resource, object: KubeObject, field: string): string {
  if (field === 'metadata.name') return object.metadata.name ?? ''
  if (field === 'metadata.namespace') return object.metadata.namespace ?? ''
  return strategy.fields[field]?.(object) ?? ''
}

/** The revision that a text names, or Go's words for why it names none. */
export function parseRevision(text: string): Result<Revision, string> {
  const parsing = `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}":`
  if (!/^\d+$/.test(text)) return fail(`${parsing} invalid syntax`)
  if (BigInt(text) > 0xffff_ffff_ffff_ffffn) return fail(`${parsing} value out of range`)
  return ok(revision(Number(text)))
}
