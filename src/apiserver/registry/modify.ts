/** Writes of the server itself: a stored object replaced by a function of it, whatever writes come between. */
import { conflict, type KubeObject, modified, type Status } from '../../apimachinery/index.ts'
import { equal } from '../../apis/meta/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import { type Registry, type Resource, subjectOf } from './registry.ts'
import { commit, findObject, missing } from './write.ts'

const tries = 100

export async function modifyObject(
  registry: Registry,
  resource: Resource,
  namespace: string,
  name: string,
  change: (current: KubeObject) => Result<KubeObject, Status>,
  dryRun = false,
): Promise<Result<KubeObject, Status>> {
  for (let i = 0; i < tries; i++) {
    const looked = findObject(registry, resource, namespace, name)
    const found = looked instanceof Promise ? await looked : looked
    if (!found.ok) return found
    const current = found.value
    if (current === undefined) return fail(missing(resource, name))
    const changed = change(current)
    if (!changed.ok) return changed
    if (dryRun || equal(changed.value, current)) return changed
    const stored = await commit(registry, resource, changed.value, current)
    if (stored.ok) return ok(stored.value)
    if (stored.error.kind === 'Failed') return fail(stored.error.status)
  }
  return fail(conflict(subjectOf(resource, name), modified))
}
