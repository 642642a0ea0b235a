/** From request bodies to objects of the expected kind, with upstream's texts for everything that is wrong with them. */
import {
  allKinds,
  apiVersionOf,
  badRequest,
  clearsManagedFields,
  decodeObject,
  type ExactJson,
  type KindSchema,
  type KubeObject,
  parseJson,
  type Status,
} from '../../apimachinery/index.ts'
import { dictionary, fail, ok, type Result } from '../../base/index.ts'
import type { RequestBody } from './api.ts'
import type { FieldValidation } from './options.ts'

export type DecodedBody = {
  readonly object: KubeObject
  readonly warnings: readonly string[]
  /** Whether the body asks to forget who owns its fields. */
  readonly clear: boolean
}

/** Versions that are gone from the API but still known by name: told apart from kinds that never were. */
const formerVersions = dictionary<readonly string[]>({
  'batch/v1beta1': ['CronJob', 'CronJobList'],
  'policy/v1beta1': ['Eviction', 'PodDisruptionBudget', 'PodDisruptionBudgetList'],
  'events.k8s.io/v1beta1': ['Event', 'EventList'],
  'coordination.k8s.io/v1beta1': ['Lease', 'LeaseList'],
  'scheduling.k8s.io/v1beta1': ['PriorityClass', 'PriorityClassList'],
  'scheduling.k8s.io/v1alpha1': ['PriorityClass', 'PriorityClassList'],
  'rbac.authorization.k8s.io/v1beta1': ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
  'rbac.authorization.k8s.io/v1alpha1': ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
})

const envelope = `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`

/**
 * Decodes a body as an object of `kind` (its body's group and version where they differ from the URL's).
 * An absent kind or apiVersion is taken from there. Defaults are not yet filled in. `refused` looks at the whole body
 * before unknown fields are dropped.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/rest.go, transformDecodeError
 */
export function decodeBody(
  kind: KindSchema,
  body: RequestBody,
  validation: FieldValidation,
  refused: (value: unknown) => Status | undefined = () => undefined,
): Result<DecodedBody, Status> {
  const type = kind.type
  if (type === undefined) throw new Error(`${kind.kind} has no body`)
  if (body.kind === 'Typed') {
    const object = typed(body.object, kind.kind, apiVersionOf(groupOf(kind), versionOf(kind)))
    return ok({ object, warnings: [], clear: false })
  }
  const parsed: Result<{ readonly value: unknown; readonly exact?: ExactJson | undefined }, string> =
    body.kind === 'Text' ? parseJson(body.text) : ok({ value: body.value })
  if (!parsed.ok) return fail(unrecognized(kind, `couldn't get version/kind; json parse error: ${parsed.error}`, body))
  const { value, exact } = parsed.value
  const found = identify(kind, value)
  if (!found.ok) return fail(unrecognized(kind, found.error, body))
  const handled = `${found.value.kind} in version "${found.value.version}" cannot be handled as a ${kind.kind}`
  const wrong = kindProblem(kind, found.value)
  if (wrong !== undefined) return fail(badRequest(`${handled}: ${wrong}`))
  const unbuilt = refused(value)
  if (unbuilt !== undefined) return fail(unbuilt)
  const decoded = decodeObject(type, value, validation, exact)
  if (!decoded.ok) return fail(badRequest(`${handled}: ${decoded.error.message}`))
  const problems = body.kind === 'Value' && validation !== 'Ignore' ? (body.problems ?? []) : []
  if (problems.length > 0 && validation === 'Strict') {
    return fail(badRequest(`${handled}: strict decoding error: ${[...problems, ...decoded.value.warnings].join(', ')}`))
  }
  const expected = apiVersionOf(groupOf(kind), versionOf(kind))
  const given = apiVersionOf(found.value.group, found.value.version)
  if (given !== expected && !isFormerEviction(kind, given)) {
    const text = `the API version in the data (${given}) does not match the expected API version (${expected})`
    return fail(badRequest(text))
  }
  const { object } = decoded.value
  return ok({
    object: typed(object, kind.kind, expected),
    warnings: [...problems, ...decoded.value.warnings],
    clear: clearsManagedFields(value),
  })
}

const isFormerEviction = ({ kind }: KindSchema, given: string): boolean =>
  kind === 'Eviction' && given === 'policy/v1beta1'

/** The object with this kind and apiVersion, which are written first. */
export function typed<T extends KubeObject>(object: T, kind: string, apiVersion: string): T {
  const [first, second] = Object.keys(object)
  const isOrdered = first === 'kind' && second === 'apiVersion' && object.metadata !== undefined
  if (isOrdered && object.kind === kind && object.apiVersion === apiVersion) return object
  const { kind: _kind, apiVersion: _apiVersion, metadata = {}, ...rest } = object
  return { kind, apiVersion, metadata, ...rest } as unknown as T
}

export const groupOf = ({ group, bodyGroup }: KindSchema): string => bodyGroup ?? group
export const versionOf = ({ version, bodyVersion }: KindSchema): string => bodyVersion ?? version

type Found = { readonly group: string; readonly version: string; readonly kind: string }

function identify(expected: KindSchema, value: unknown): Result<Found, string> {
  const fallback = { group: groupOf(expected), version: versionOf(expected), kind: expected.kind }
  if (value === null || value === undefined) return ok(fallback)
  const parseError = "couldn't get version/kind; json parse error: json: cannot unmarshal"
  if (typeof value !== 'object' || Array.isArray(value)) {
    return fail(`${parseError} ${jsonTypeOf(value)} into Go value of type ${envelope}`)
  }
  const { kind, apiVersion } = value as Readonly<Record<string, unknown>>
  for (const [field, text] of Object.entries({ apiVersion, kind })) {
    if (text === undefined || text === null || typeof text === 'string') continue
    return fail(`${parseError} ${jsonTypeOf(text)} into Go struct field .${field} of type string`)
  }
  const parts = typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion.split('/') : undefined
  if (parts !== undefined && parts.length > 2) return fail(`unexpected GroupVersion string: ${apiVersion}`)
  return ok({
    group: parts === undefined ? fallback.group : parts.length === 2 ? (parts[0] ?? '') : '',
    version: parts === undefined ? fallback.version : (parts.at(-1) ?? ''),
    kind: typeof kind === 'string' && kind !== '' ? kind : fallback.kind,
  })
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** What is wrong when a body is of another kind than the URL asks for. */
function kindProblem(expected: KindSchema, found: Found): string | undefined {
  const apiVersion = apiVersionOf(found.group, found.version)
  const former = formerVersions[apiVersion]?.includes(found.kind) === true
  const known = former || knownKinds().has(`${apiVersion}/${found.kind}`)
  if (!known) {
    return `no kind "${found.kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`
  }
  if (found.kind === expected.kind && found.group === groupOf(expected)) return undefined
  const into = `${groupWord(groupOf(expected))}.${expected.kind}`
  return `converting (${found.version}.${found.kind}) to (${into}): unknown conversion`
}

/** What is wrong with the kind of a patched value. */
export function patchedKindProblem(expected: KindSchema, value: unknown): string | undefined {
  const found = identify(expected, value)
  return found.ok ? kindProblem(expected, found.value) : found.error
}

/** The name of upstream's package for a group: `core`, `batch`, `rbac`. */
const groupWord = (group: string): string =>
  group === '' ? 'core' : group === 'rbac.authorization.k8s.io' ? 'rbac' : (group.split('.', 1)[0] ?? group)

let kinds: ReadonlySet<string> | undefined
function knownKinds(): ReadonlySet<string> {
  kinds ??= new Set(
    allKinds.flatMap((kind) => {
      const apiVersion = apiVersionOf(groupOf(kind), versionOf(kind))
      return [`${apiVersion}/${kind.kind}`, `${apiVersion}/${kind.kind}List`]
    }),
  )
  return kinds
}

function unrecognized(kind: KindSchema, why: string, body: Exclude<RequestBody, { kind: 'Typed' }>): Status {
  const shown = summary(body.kind === 'Text' ? body.text : JSON.stringify(body.value))
  return badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${why} (${shown})`)
}

/** The start of a body as upstream shows it: JSON objects as text, anything else in hexadecimal digits. */
export function summary(text: string): string {
  const most = 30
  if (text === '') return '<empty>'
  const bytes = new TextEncoder().encode(text.slice(0, most + 1))
  const cut = bytes.length > most ? ' ...' : ''
  const start = bytes.slice(0, most)
  if (text.startsWith('{')) return new TextDecoder().decode(start) + cut
  return Array.from(start, (byte) => byte.toString(16).padStart(2, '0')).join('') + cut
}
