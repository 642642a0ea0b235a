/** Where resources lie: URLs from names, by the schema. */
import {
  allKinds,
  apiVersionOf,
  badRequest,
  type KindSchema,
  qualified,
  routeNotFound,
  type Status,
} from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { ResourceName } from '../client.ts'

const kinds: ReadonlyMap<ResourceName, KindSchema> = new Map(
  allKinds
    .filter(({ resource }) => !resource.includes('/'))
    .map((kind) => [qualified(kind.resource, kind.group), kind]),
)

export type Place = {
  readonly resource: ResourceName
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly subresource?: string | undefined
}

export type Located = { readonly kind: KindSchema; readonly path: string }

export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>

/** A query with its question mark; parameters without a value are left out. */
export function queryText(parameters: Parameters): string {
  const pairs: string[] = []
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') pairs.push(`${name}=${encodeURIComponent(value)}`)
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** The kind and URL path of a place; a 404 for resources that the schema does not know. */
export function locate({ resource, namespace, name, subresource }: Place): Result<Located, Status> {
  const kind = kinds.get(resource)
  if (kind === undefined) return fail(routeNotFound())
  // Without a name it would be the place of all of them, also to delete.
  if (name === '') return fail(badRequest('resource name may not be empty'))
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${apiVersionOf(kind.group, kind.version)}`
  const scope = kind.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  const item = name === undefined ? '' : `/${encodeURIComponent(name)}`
  return ok({ kind, path: `${root}${scope}/${kind.resource}${item}${subresource ? `/${subresource}` : ''}` })
}
