import { joined } from '../../base/index.ts'
import type { ObjectMeta } from './types.gen.ts'

/** Any object of the API: what all kinds have in common. Never mutated once it was handed on. */
export type KubeObject = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
}

/** Group, version and kind; the group of core is the empty text. */
export type GroupVersionKind = { readonly group: string; readonly version: string; readonly kind: string }
/** Group, version and resource (the plural in URLs). */
export type GroupVersionResource = { readonly group: string; readonly version: string; readonly resource: string }

export const apiVersionOf = (group: string, version: string): string =>
  group === '' ? version : joined(group, '/', version)
/** `jobs.batch`, or `pods` in core: how messages name a resource. */
export const qualified = (resource: string, group: string): string => (group === '' ? resource : `${resource}.${group}`)
