/** Which type a body is of that names its apiVersion and kind. */
import { apiVersionOf } from '../meta/object.ts'
import { allKinds, type TypeName } from '../schema/schema.ts'

const metaKinds: Readonly<Record<string, TypeName>> = {
  DeleteOptions: 'meta.v1.DeleteOptions',
  WatchEvent: 'meta.v1.WatchEvent',
}
/** Discovery names no version for some of these: upstream made it before it gave them one. */
const plainVersions: readonly string[] = ['', 'v1', 'meta.k8s.io/v1']
const plainKinds: Readonly<Record<string, TypeName>> = {
  Status: 'meta.v1.Status',
  APIVersions: 'meta.v1.APIVersions',
  APIGroup: 'meta.v1.APIGroup',
  APIGroupList: 'meta.v1.APIGroupList',
  APIResourceList: 'meta.v1.APIResourceList',
  PartialObjectMetadata: 'meta.v1.PartialObjectMetadata',
  PartialObjectMetadataList: 'meta.v1.PartialObjectMetadataList',
}

let byKind: ReadonlyMap<string, TypeName> | undefined

function collect(): ReadonlyMap<string, TypeName> {
  const found = new Map<string, TypeName>()
  for (const { group, version, bodyGroup, bodyVersion, kind, type, listType } of allKinds) {
    const apiVersion = apiVersionOf(bodyGroup ?? group, bodyVersion ?? version)
    if (type !== undefined) found.set(`${apiVersion} ${kind}`, type)
    if (listType !== undefined) found.set(`${apiVersion} ${kind}List`, listType)
  }
  return found
}

/**
 * The type of `kind` in `apiVersion`, lists and meta kinds included; undefined when it is not served.
 * Options are registered in every group version.
 */
export function typeOfKind(apiVersion: string, kind: string): TypeName | undefined {
  byKind ??= collect()
  const found = byKind.get(`${apiVersion} ${kind}`)
  if (found !== undefined) return found
  if (Object.hasOwn(metaKinds, kind)) return metaKinds[kind]
  return plainVersions.includes(apiVersion) && Object.hasOwn(plainKinds, kind) ? plainKinds[kind] : undefined
}
