/**
 * Nobody gives away rights that they do not have: an admission plugin for roles and bindings.
 *
 * @source kubernetes v1.36 pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased
 */
import { forbidden, type KubeObject, type Status } from '../../apimachinery/index.ts'
import type { ClusterRole, Role, RoleBinding } from '../../apis/other/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { AdmissionPlugin, Attributes as Write } from '../admission/index.ts'
import type { User } from '../registry/index.ts'
import type { Rbac } from './rbac.ts'
import { missingRights, type PolicyRule, rightsText } from './rbac-rules.ts'
import { isMaster } from './users.ts'

const group = 'rbac.authorization.k8s.io'
const roles = new Set(['roles', 'clusterroles'])
const bindings = new Set(['rolebindings', 'clusterrolebindings'])

function refusal(write: Write, user: User, text: string): Status {
  const groups = user.groups.map((name) => JSON.stringify(name)).join(' ')
  const name = write.object?.metadata.name ?? write.name
  const why = `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${text}`
  return forbidden({ resource: write.kind.resource, group, name }, why)
}

function holdsAll(
  rbac: Rbac,
  user: User,
  namespace: string,
  rules: readonly PolicyRule[],
  write: Write,
): Result<undefined, Status> {
  const held = rbac.rulesFor(user, namespace)
  const missing = missingRights(held.rules, rules)
  if (missing.length === 0) return ok(undefined)
  const errors = held.errors.length === 0 ? '' : `; resolution errors: [${held.errors.join(', ')}]`
  return fail(refusal(write, user, rightsText(missing) + errors))
}

const unchanged = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function mayDo(rbac: Rbac, user: User, verb: string, resource: string, namespace: string, name: string): boolean {
  const wanted = { verb, isResource: true, path: '', namespace, group, resource, subresource: '', name }
  return rbac.authorize(user, wanted).allowed
}

function checkRole(rbac: Rbac, write: Write, object: Role | ClusterRole): Result<undefined, Status> {
  const { user, old, namespace, kind } = write
  const before = old as ClusterRole | undefined
  const aggregates = 'aggregationRule' in object ? object.aggregationRule : undefined
  if (before !== undefined && unchanged(before.rules, object.rules) && unchanged(before.aggregationRule, aggregates)) {
    return ok(undefined)
  }
  if (mayDo(rbac, user, 'escalate', kind.resource, namespace, object.metadata.name ?? '')) return ok(undefined)
  const everything: readonly PolicyRule[] = [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]
  return holdsAll(rbac, user, namespace, aggregates === undefined ? (object.rules ?? []) : everything, write)
}

function checkBinding(rbac: Rbac, write: Write, object: RoleBinding): Result<undefined, Status> {
  const { user, old, namespace } = write
  const before = old as RoleBinding | undefined
  if (
    before !== undefined &&
    unchanged(before.roleRef, object.roleRef) &&
    unchanged(before.subjects, object.subjects)
  ) {
    return ok(undefined)
  }
  const { roleRef } = object
  const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (mayDo(rbac, user, 'bind', resource, namespace, roleRef.name)) return ok(undefined)
  const rules = rbac.rulesOfRole(roleRef, namespace)
  if (rules === undefined) {
    const text = `${roleRef.kind.toLowerCase()}.${group} ${JSON.stringify(roleRef.name)} not found`
    return fail({
      ...forbidden({ resource, group, name: roleRef.name }, ''),
      message: text,
      reason: 'NotFound',
      code: 404,
    })
  }
  return holdsAll(rbac, user, namespace, rules, write)
}

/** The plugin; masters may do everything. */
export function escalationPlugin(rbac: Rbac): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    validate(write) {
      const { kind, object, operation, user, subresource } = write
      if (kind.group !== group || object === undefined || subresource !== '' || isMaster(user)) return ok(undefined)
      if (operation !== 'CREATE' && operation !== 'UPDATE') return ok(undefined)
      if (roles.has(kind.resource)) return checkRole(rbac, write, object as KubeObject as Role)
      return bindings.has(kind.resource)
        ? checkBinding(rbac, write, object as KubeObject as RoleBinding)
        : ok(undefined)
    },
  }
}
