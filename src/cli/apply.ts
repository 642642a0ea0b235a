/** Bringing one manifest to the server. */
import type { KubeObject, Status } from '../apimachinery/index.ts'
import type { Result } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import type { Manifest } from './manifests.ts'
import { resourceNameOf } from './resources.ts'

export type ApplyOptions = {
  /** Where a manifest goes that names no namespace. */
  readonly namespace: string
  readonly fieldManager: string
}

/** The manifest's object in its namespace; one of the whole cluster as it is. */
export function placed({ kind, object }: Manifest, namespace: string): KubeObject {
  if (!kind.namespaced || object.metadata.namespace !== undefined) return object
  return { ...object, metadata: { ...object.metadata, namespace } }
}

/** Server-side apply of a named object; a create where the server chooses the name. */
export async function applyManifest(
  client: Client,
  manifest: Manifest,
  { namespace, fieldManager }: ApplyOptions,
): Promise<Result<KubeObject, Status>> {
  const resource = resourceNameOf(manifest.kind)
  const object = placed(manifest, namespace)
  const { name, namespace: home } = object.metadata
  if (!name) return await client.create<KubeObject>(resource, object, { fieldManager })
  return await client.patch<KubeObject>({ resource, namespace: home, name }, 'apply', object, {
    fieldManager,
    force: true,
  })
}
