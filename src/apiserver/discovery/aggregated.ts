/**
 * All groups, versions and resources in one document, which clients ask for since 1.26. Only v2 is served, as
 * upstream does; older clients fall back to the legacy documents by themselves.
 */
import type { KindSchema } from '../../apimachinery/index.ts'
import { type GroupKinds, groupKinds, type VersionKinds } from './groups.ts'

/** The content type that says it; a client that finds another one takes the document for a legacy one. */
export const aggregatedContentType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** A kind of the resource's own group is told without group and version. */
const responseKind = ({ kind, bodyGroup = '', bodyVersion = '' }: KindSchema) => ({
  group: bodyGroup,
  version: bodyVersion,
  kind,
})

function subresourceOf(kind: KindSchema) {
  return {
    subresource: kind.resource.slice(kind.resource.indexOf('/') + 1),
    responseKind: responseKind(kind),
    verbs: kind.verbs,
  }
}

function resourceOf(kind: KindSchema, all: readonly KindSchema[]) {
  const subresources = all.filter(({ resource }) => resource.startsWith(`${kind.resource}/`))
  return {
    resource: kind.resource,
    responseKind: responseKind(kind),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular ?? '',
    verbs: kind.verbs,
    ...(kind.shortNames === undefined ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories === undefined ? {} : { categories: kind.categories }),
    ...(subresources.length === 0 ? {} : { subresources: subresources.map(subresourceOf) }),
  }
}

function versionOf({ version, kinds }: VersionKinds) {
  const resources = kinds.filter(({ resource }) => !resource.includes('/'))
  return { version, resources: resources.map((kind) => resourceOf(kind, kinds)), freshness: 'Current' }
}

const itemOf = ({ group, versions }: GroupKinds) => ({
  metadata: group === '' ? {} : { name: group },
  versions: versions.map(versionOf),
})

/** The aggregated document of `/api` (the core group alone) or `/apis` (all others). */
export const aggregatedDiscovery = (root: 'api' | 'apis', added?: readonly KindSchema[]) => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: groupKinds(added)
    .filter(({ group }) => (group === '') === (root === 'api'))
    .map(itemOf),
})
