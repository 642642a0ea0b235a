import type { Pod } from '../../apis/core/index.ts'
import type { Attributes } from './plugin.ts'

/** The Pod of a write of a Pod itself; undefined for other kinds and for subresources. */
export function podOf({ kind, subresource, object }: Attributes): Pod | undefined {
  return kind.group === '' && kind.resource === 'pods' && subresource === '' ? (object as Pod | undefined) : undefined
}

/** The Pod with some fields of its spec set. */
export const withSpec = (pod: Pod, changes: Partial<Pod['spec']>): Pod => ({
  ...pod,
  spec: { ...pod.spec, ...changes },
})
