/**
 * What a URL and method ask for, before anybody knows whether it exists: the words of authorization, audit and errors.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/request/requestinfo.go, NewRequestInfo
 */
import { parseFieldSelector } from '../../apimachinery/index.ts'
import { boolOf, type Query } from './query.ts'

export type RequestInfo = {
  /** Without query. */
  readonly path: string
  /** `list`, `watch`, `deletecollection` … for resources; the lower-case HTTP method for everything else. */
  readonly verb: string
  readonly isResource: boolean
  readonly group: string
  readonly version: string
  /** Empty for cluster scope and for all namespaces. */
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  /** Empty for collections; also set for a list or watch of one name by field selector. */
  readonly name: string
  /** Of a list or a watch, as it stands in the query; not checked. */
  readonly fieldSelector?: string | undefined
  /** The words of the path behind the version (and the namespace, where it is only a scope). */
  readonly parts: readonly string[]
  /** The legacy form `/api/v1/watch/…`. */
  readonly watchPrefix: boolean
}

const methodVerbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

const namespaceSubresources = new Set(['status', 'finalize'])
const noParts: readonly string[] = []

function nonResource(method: string, path: string): RequestInfo {
  return {
    path,
    verb: method.toLowerCase(),
    isResource: false,
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: noParts,
    watchPrefix: false,
  }
}

/** A name that a field selector pins exactly; empty when it pins none, or one that cannot stand in a path. */
export function nameOfFieldSelector(selector: string | undefined): string {
  if (selector === undefined || selector === '') return ''
  const parsed = parseFieldSelector(selector)
  if (!parsed.ok) return ''
  const name = parsed.value.find(({ field, operator }) => field === 'metadata.name' && operator === '=')?.value ?? ''
  return name === '.' || name === '..' || name.includes('/') || name.includes('%') ? '' : name
}

function collectionVerb(verb: string, query: Query | undefined): string {
  if (verb === 'delete') return 'deletecollection'
  if (verb !== 'get') return verb
  return query !== undefined && boolOf(query, 'watch') ? 'watch' : 'list'
}

/** Never fails: what is no resource path is a non-resource request. */
export function requestInfo(method: string, path: string, query: Query | undefined): RequestInfo {
  const words = path.split('/')
  // A leading slash gives an empty first word, a trailing one an empty last word.
  let at = words[0] === '' ? 1 : 0
  if (words.at(-1) === '' && words.length > at) words.pop()
  const legacy = words[at] === 'api'
  if ((!legacy && words[at] !== 'apis') || words.length - at < (legacy ? 3 : 4)) return nonResource(method, path)
  at++
  const group = legacy ? '' : (words[at++] as string)
  const version = words[at++] as string
  let verb = methodVerbs[method] ?? ''
  const watchPrefix = words[at] === 'watch' && words.length - at >= 2
  if (watchPrefix) {
    verb = 'watch'
    at++
  }
  let namespace = ''
  if (words[at] === 'namespaces' && words.length - at > 1) {
    namespace = words[at + 1] as string
    if (words.length - at > 2 && !namespaceSubresources.has(words[at + 2] as string)) at += 2
  }
  const parts = words.slice(at)
  let name = parts[1] ?? ''
  let fieldSelector: string | undefined
  if (name === '' && !watchPrefix) {
    verb = collectionVerb(verb, query)
    if (verb === 'list' || verb === 'watch') {
      fieldSelector = query?.get('fieldSelector')?.[0]
      name = nameOfFieldSelector(fieldSelector)
    }
  }
  return {
    path,
    verb,
    isResource: true,
    group,
    version,
    namespace,
    resource: parts[0] ?? '',
    subresource: parts[2] ?? '',
    name,
    fieldSelector,
    parts,
    watchPrefix,
  }
}
