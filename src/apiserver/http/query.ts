/**
 * Query parameters and the options they carry, with upstream's way of reading booleans and numbers.
 *
 * @source kubernetes v1.36 apimachinery/pkg/runtime/conversion.go (Convert_Slice_string_To_bool, …_To_int64)
 */
import { badRequest, type DeleteOptions, quoted, type Status } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { ListQuery } from '../registry/index.ts'

/** All values of every parameter, in order, decoded. */
export type Query = ReadonlyMap<string, readonly string[]>

const none: Query = new Map()

function decoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    // Go drops a pair whose escapes are broken; an undecodable text never equals a meaningful one.
    return spaced
  }
}

/** Reads what stands behind `?`. Pairs with a semicolon are dropped, as Go does. */
export function parseQuery(text: string): Query {
  if (text === '') return none
  const query = new Map<string, string[]>()
  for (const pair of text.split('&')) {
    if (pair === '' || pair.includes(';')) continue
    const equals = pair.indexOf('=')
    const key = decoded(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decoded(pair.slice(equals + 1))
    const known = query.get(key)
    if (known === undefined) query.set(key, [value])
    else known.push(value)
  }
  return query
}

export const first = (query: Query, name: string): string | undefined => query.get(name)?.[0]

/** Absent, `0` and `false` in any case are false, everything else is true, the empty text too. */
export const boolOf = (query: Query, name: string): boolean => optionalBool(query, name) === true

/** As `boolOf`, and undefined when absent. */
export function optionalBool(query: Query, name: string): boolean | undefined {
  const value = query.get(name)?.[0]
  if (value === undefined) return undefined
  return value !== '0' && value.toLowerCase() !== 'false'
}

const maxInt64 = 2n ** 63n - 1n

/** What Go's strconv says about a text that is no int64; undefined when it is one. */
export function intProblem(text: string): string | undefined {
  if (!/^[+-]?\d+$/.test(text)) return `strconv.ParseInt: parsing ${quoted(text)}: invalid syntax`
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  if (value > maxInt64 || value < -maxInt64 - 1n) {
    return `strconv.ParseInt: parsing ${quoted(text)}: value out of range`
  }
  return undefined
}

/** An int64 parameter: undefined when absent, 400 in Go's words when it is no number. */
export function intOf(query: Query, name: string): Result<number | undefined, Status> {
  const text = query.get(name)?.[0]
  if (text === undefined) return ok(undefined)
  const problem = intProblem(text)
  return problem === undefined ? ok(Number(text)) : fail(badRequest(problem))
}

export type ListParameters = { readonly query: ListQuery; readonly timeoutSeconds: number | undefined }

const listKeys = [
  'labelSelector',
  'fieldSelector',
  'resourceVersion',
  'resourceVersionMatch',
  'limit',
  'continue',
  'allowWatchBookmarks',
  'sendInitialEvents',
  'timeoutSeconds',
] as const

const noListParameters: Result<ListParameters, Status> = ok({ query: {}, timeoutSeconds: undefined })

/** ListOptions from the query. The registry judges what is well-formed. */
export function listParameters(query: Query): Result<ListParameters, Status> {
  if (!listKeys.some((key) => query.has(key))) return noListParameters
  const limit = intOf(query, 'limit')
  if (!limit.ok) return limit
  const timeoutSeconds = intOf(query, 'timeoutSeconds')
  if (!timeoutSeconds.ok) return timeoutSeconds
  return ok({
    query: {
      labelSelector: first(query, 'labelSelector'),
      fieldSelector: first(query, 'fieldSelector'),
      resourceVersion: first(query, 'resourceVersion'),
      resourceVersionMatch: first(query, 'resourceVersionMatch'),
      limit: limit.value,
      continue: first(query, 'continue'),
      allowWatchBookmarks: boolOf(query, 'allowWatchBookmarks'),
      sendInitialEvents: optionalBool(query, 'sendInitialEvents'),
    },
    timeoutSeconds: timeoutSeconds.value,
  })
}

/** DeleteOptions from the query: used when the request has no body. */
export function deleteOptionsOfQuery(query: Query): Result<DeleteOptions, Status> {
  const grace = intOf(query, 'gracePeriodSeconds')
  if (!grace.ok) return grace
  const dryRun = query.get('dryRun')
  const orphan = optionalBool(query, 'orphanDependents')
  const policy = first(query, 'propagationPolicy')
  const ignore = optionalBool(query, 'ignoreStoreReadErrorWithClusterBreakingPotential')
  return ok({
    ...(grace.value === undefined ? {} : { gracePeriodSeconds: grace.value }),
    ...(orphan === undefined ? {} : { orphanDependents: orphan }),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(ignore === undefined ? {} : { ignoreStoreReadErrorWithClusterBreakingPotential: ignore }),
  })
}
