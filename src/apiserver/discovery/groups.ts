/** Which groups, versions and resources there are, in upstream's order; from the schema's kinds and what is added to them. */
import { createHash } from 'node:crypto'
import { type KindSchema, schema } from '../../apimachinery/index.ts'

/** Where two groups have a resource of the same name, clients take the group that stands first. */
const groupOrder = [
  '',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'batch',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
]

/**
 * Subresources that upstream lists and that are not served here. Only `--exact` lists them, so that the lists are
 * equal; a request to one is answered with 404.
 */
export const proxyKinds: readonly KindSchema[] = [
  { resource: 'nodes/proxy', kind: 'NodeProxyOptions', namespaced: false },
  { resource: 'pods/proxy', kind: 'PodProxyOptions', namespaced: true },
].map((kind) => ({ ...kind, group: '', version: 'v1', verbs: ['create', 'delete', 'get', 'patch', 'update'] }))

export type VersionKinds = { readonly version: string; readonly kinds: readonly KindSchema[] }
export type GroupKinds = { readonly group: string; readonly versions: readonly VersionKinds[] }

const byResource = (a: KindSchema, b: KindSchema): number => (a.resource < b.resource ? -1 : 1)

function rankOf(group: string): number {
  const rank = groupOrder.indexOf(group)
  return rank < 0 ? groupOrder.length : rank
}

/** All groups in the order of preference, with the resources of each version by name; added groups come last. */
export function groupKinds(added: readonly KindSchema[] = []): readonly GroupKinds[] {
  const groups = new Map<string, Map<string, KindSchema[]>>()
  for (const kind of [...schema.kinds, ...added]) {
    const versions = groups.get(kind.group) ?? new Map<string, KindSchema[]>()
    groups.set(kind.group, versions)
    versions.set(kind.version, [...(versions.get(kind.version) ?? []), kind])
  }
  return [...groups]
    .toSorted(([a], [b]) => rankOf(a) - rankOf(b))
    .map(([group, versions]) => ({
      group,
      versions: [...versions].map(([version, kinds]) => ({ version, kinds: kinds.toSorted(byResource) })),
    }))
}

/** Kinds that are kept in the form of another group. */
const storedAs: Readonly<Record<string, string>> = { 'events.k8s.io/v1/Event': '/v1/Event' }

/** Tells in which version a resource is stored: eight bytes of a SHA-256; undefined for what is not stored. */
export function storageVersionHash({ group, version, kind, resource, verbs }: KindSchema): string | undefined {
  if (resource.includes('/') || !verbs.includes('list')) return undefined
  const name = `${group}/${version}/${kind}`
  return createHash('sha256')
    .update(storedAs[name] ?? name)
    .digest()
    .subarray(0, 8)
    .toString('base64')
}
