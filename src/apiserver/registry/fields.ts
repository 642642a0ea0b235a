/** Who owns which field of an object: `metadata.managedFields`. */
import {
  apiVersionOf,
  type FieldWriter,
  type KubeObject,
  type TypeName,
  trackUpdate,
} from '../../apimachinery/index.ts'
import type { Instant } from '../../base/index.ts'
import { updateStrategyOf, type WriteRequest } from './write.ts'

/** The writer of a request, as field tracking and apply want to know it. */
export function fieldWriter({ resource, subresource, manager }: WriteRequest, now: Instant): FieldWriter {
  const { kind } = resource
  return {
    type: kind.type as TypeName,
    manager,
    apiVersion: apiVersionOf(kind.group, kind.version),
    subresource,
    resetFields: updateStrategyOf(resource, subresource)?.resetFields ?? [],
    now,
  }
}

/**
 * The object with its owners brought up to date for a write. `live` is absent for new objects; `clear`: the request asks
 * to forget all owners.
 */
export const trackFields = <T extends KubeObject>(
  object: T,
  live: KubeObject | undefined,
  request: WriteRequest,
  now: Instant,
  clear = false,
): T => trackUpdate(object, live, fieldWriter(request, now), clear)
