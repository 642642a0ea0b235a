/** The discovery documents that every client understands. */
import {
  type APIGroup,
  type APIResource,
  type APIResourceList,
  apiVersionOf,
  type KindSchema,
} from '../../apimachinery/index.ts'
import { type GroupKinds, groupKinds, storageVersionHash } from './groups.ts'

/** The document of `/api`; `serverAddress` is `host:port` as clients outside reach it. */
export const apiVersions = (serverAddress: string) => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
})

function groupOf({ group, versions }: GroupKinds): APIGroup {
  const named = versions.map(({ version }) => ({ groupVersion: apiVersionOf(group, version), version }))
  return { name: group, versions: named, preferredVersion: named[0] ?? { groupVersion: group, version: '' } }
}

/** The document of `/apis`. */
export const apiGroupList = (added?: readonly KindSchema[]) => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupKinds(added)
    .filter(({ group }) => group !== '')
    .map(groupOf),
})

/** The document of `/apis/<group>`; undefined for a group that is not served. */
export function apiGroup(group: string, added?: readonly KindSchema[]): APIGroup | undefined {
  const found = group === '' ? undefined : groupKinds(added).find((each) => each.group === group)
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(found) }
}

function resourceOf(kind: KindSchema): APIResource {
  const hash = storageVersionHash(kind)
  return {
    name: kind.resource,
    singularName: kind.singular ?? '',
    namespaced: kind.namespaced,
    ...(kind.bodyGroup === undefined ? {} : { group: kind.bodyGroup, version: kind.bodyVersion }),
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames === undefined ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories === undefined ? {} : { categories: kind.categories }),
    ...(hash === undefined ? {} : { storageVersionHash: hash }),
  }
}

/** The document of `/api/v1` and `/apis/<group>/<version>`; undefined for a version that is not served. */
export function apiResourceList(
  group: string,
  version: string,
  added?: readonly KindSchema[],
): APIResourceList | undefined {
  const versions = groupKinds(added).find((each) => each.group === group)?.versions
  const found = versions?.find((each) => each.version === version)
  return (
    found && {
      kind: 'APIResourceList',
      // The list of the core group has never had one.
      ...(group === '' ? {} : { apiVersion: 'v1' }),
      groupVersion: apiVersionOf(group, version),
      resources: found.kinds.map(resourceOf),
    }
  )
}
