/**
 * Makes the default roles and bindings, and gives back to them what was taken away, unless their annotation says no.
 *
 * @source kubernetes v1.36 pkg/registry/rbac/rest/storage_rbac.go, component-helpers/auth/rbac/reconciliation
 */
import { isAlreadyExists, isNotFound, type KubeObject, type Status } from '../../apimachinery/index.ts'
import type { ClusterRole, ClusterRoleBinding } from '../../apis/other/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { Client, ResourceName } from '../../client/index.ts'
import { defaultClusterRoleBindings, defaultClusterRoles } from './default-roles.ts'

const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate'
const roleResource = 'clusterroles.rbac.authorization.k8s.io'
const bindingResource = 'clusterrolebindings.rbac.authorization.k8s.io'

/** Everything of `wanted` that is not in `there`, by content. */
function lacking<T>(there: readonly T[] | undefined, wanted: readonly T[] | undefined): readonly T[] {
  const known = new Set((there ?? []).map((each) => JSON.stringify(each)))
  return (wanted ?? []).filter((each) => !known.has(JSON.stringify(each)))
}

function completedRole(there: ClusterRole, wanted: ClusterRole): ClusterRole | undefined {
  const missing = lacking(there.rules, wanted.rules)
  return missing.length === 0 ? undefined : { ...there, rules: [...(there.rules ?? []), ...missing] }
}

function completedBinding(there: ClusterRoleBinding, wanted: ClusterRoleBinding): ClusterRoleBinding | undefined {
  const missing = lacking(there.subjects, wanted.subjects)
  return missing.length === 0 ? undefined : { ...there, subjects: [...(there.subjects ?? []), ...missing] }
}

async function ensure<T extends KubeObject>(
  client: Client,
  resource: ResourceName,
  wanted: T,
  completed: (there: T, wanted: T) => T | undefined,
): Promise<Status | undefined> {
  const { name = '' } = wanted.metadata
  const there = await client.get<T>({ resource, name })
  if (!there.ok && !isNotFound(there.error)) return there.error
  if (!there.ok) {
    const made = await client.create(resource, wanted)
    return made.ok || isAlreadyExists(made.error) ? undefined : made.error
  }
  if (there.value.metadata.annotations?.[autoupdate] !== 'true') return undefined
  const better = completed(there.value, wanted)
  if (better === undefined) return undefined
  const written = await client.update(resource, better)
  return written.ok ? undefined : written.error
}

/** Run at every start, before anybody but masters is let in. The first failure is answered. */
export async function ensureDefaultRoles(client: Client): Promise<Result<undefined, Status>> {
  const failures = await Promise.all([
    ...defaultClusterRoles.map((role) => ensure(client, roleResource, role, completedRole)),
    ...defaultClusterRoleBindings.map((binding) => ensure(client, bindingResource, binding, completedBinding)),
  ])
  const failure = failures.find((status) => status !== undefined)
  return failure === undefined ? ok(undefined) : fail(failure)
}
