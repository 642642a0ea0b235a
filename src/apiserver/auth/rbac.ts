/**
 * Role-based access: which bindings apply to a user, and whether one of their rules allows what is asked.
 *
 * @source kubernetes v1.36 plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/registry/rbac/validation/rule.go
 */
import { type KubeObject, selectorMatches } from '../../apimachinery/index.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, RoleRef, Subject } from '../../apis/other/index.ts'
import type { User } from '../registry/index.ts'
import type { Attributes, Authorize, Decision } from './authorize.ts'
import { type PolicyRule, ruleAllows } from './rbac-rules.ts'
import { isMaster, serviceAccountPrefix } from './users.ts'

/** Roles and bindings as they are now. `version` changes whenever one of them does. */
export type RbacObjects = {
  readonly version: () => number
  readonly list: (resource: RbacResource) => readonly KubeObject[]
}
export type RbacResource = 'clusterroles' | 'clusterrolebindings' | 'roles' | 'rolebindings'

/** Rules that a user has, and through what. */
type Grant = { readonly rules: readonly PolicyRule[]; readonly reason: string; readonly error?: string | undefined }

export type Rules = { readonly rules: readonly PolicyRule[]; readonly errors: readonly string[] }

export type Rbac = {
  readonly authorize: Authorize
  /** All rules that a user has in a namespace; `''` for those of cluster scope only. */
  readonly rulesFor: (user: User, namespace: string) => Rules
  /** The rules of a role that a binding refers to; undefined when there is no such role. */
  readonly rulesOfRole: (ref: RoleRef, namespace: string) => readonly PolicyRule[] | undefined
}

type Index = {
  readonly version: number
  readonly clusterRoles: ReadonlyMap<string, readonly PolicyRule[]>
  /** By `namespace/name`. */
  readonly roles: ReadonlyMap<string, readonly PolicyRule[]>
  readonly clusterBindings: readonly ClusterRoleBinding[]
  readonly bindings: ReadonlyMap<string, readonly RoleBinding[]>
}

const nameOf = (object: KubeObject): string => object.metadata.name ?? ''
const byName = (a: KubeObject, b: KubeObject): number => (nameOf(a) < nameOf(b) ? -1 : 1)

/** The rules of every ClusterRole; those that gather others have the rules of these too. */
function clusterRoleRules(roles: readonly ClusterRole[]): ReadonlyMap<string, readonly PolicyRule[]> {
  const byRole = new Map<string, readonly PolicyRule[]>()
  for (const role of roles) byRole.set(nameOf(role), role.rules ?? [])
  const gathered = (role: ClusterRole, seen: ReadonlySet<string>): readonly PolicyRule[] => {
    const selectors = role.aggregationRule?.clusterRoleSelectors ?? []
    const rules = [...(role.rules ?? [])]
    if (selectors.length === 0) return rules
    for (const other of roles) {
      const name = nameOf(other)
      if (seen.has(name) || !selectors.some((selector) => selectorMatches(selector, other.metadata.labels))) continue
      rules.push(...gathered(other, new Set([...seen, name])))
    }
    return rules
  }
  for (const role of roles) {
    if (role.aggregationRule !== undefined) byRole.set(nameOf(role), gathered(role, new Set([nameOf(role)])))
  }
  return byRole
}

function buildIndex(objects: RbacObjects): Index {
  const roles = new Map<string, readonly PolicyRule[]>()
  for (const role of objects.list('roles') as readonly Role[]) {
    roles.set(`${role.metadata.namespace}/${nameOf(role)}`, role.rules ?? [])
  }
  const bindings = new Map<string, RoleBinding[]>()
  for (const binding of [...(objects.list('rolebindings') as readonly RoleBinding[])].sort(byName)) {
    const namespace = binding.metadata.namespace ?? ''
    const known = bindings.get(namespace)
    if (known === undefined) bindings.set(namespace, [binding])
    else known.push(binding)
  }
  return {
    version: objects.version(),
    clusterRoles: clusterRoleRules(objects.list('clusterroles') as readonly ClusterRole[]),
    roles,
    clusterBindings: [...(objects.list('clusterrolebindings') as readonly ClusterRoleBinding[])].sort(byName),
    bindings,
  }
}

/** The first subject of a binding that is the user. Subjects without a namespace are of the binding's. */
function subjectFor(user: User, subjects: readonly Subject[] | undefined, namespace: string): Subject | undefined {
  return subjects?.find((subject) => {
    switch (subject.kind) {
      case 'User':
        return subject.name === user.name
      case 'Group':
        return user.groups.includes(subject.name)
      case 'ServiceAccount': {
        const home = subject.namespace || namespace
        return home !== '' && user.name === `${serviceAccountPrefix}${home}:${subject.name}`
      }
      default:
        return false
    }
  })
}

function subjectText(subject: Subject, namespace: string): string {
  const name = subject.kind === 'ServiceAccount' ? `${subject.name}/${subject.namespace || namespace}` : subject.name
  return `${subject.kind} ${JSON.stringify(name)}`
}

function rulesOfRole(index: Index, ref: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
  if (ref.kind === 'ClusterRole') return index.clusterRoles.get(ref.name)
  return ref.kind === 'Role' ? index.roles.get(`${namespace}/${ref.name}`) : undefined
}

function grantOf(index: Index, user: User, binding: ClusterRoleBinding | RoleBinding, kind: string): Grant | undefined {
  const namespace = binding.metadata.namespace ?? ''
  const subject = subjectFor(user, binding.subjects, namespace)
  if (subject === undefined) return undefined
  const { roleRef } = binding
  const rules = rulesOfRole(index, roleRef, namespace)
  if (rules === undefined) {
    const error = `${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`
    return { rules: [], reason: '', error }
  }
  const name = namespace === '' ? nameOf(binding) : `${nameOf(binding)}/${namespace}`
  const reason = `RBAC: allowed by ${kind} ${JSON.stringify(name)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subjectText(subject, namespace)}`
  return { rules, reason }
}

type UserGrants = {
  readonly index: Index
  readonly cluster: readonly Grant[]
  readonly byNamespace: Map<string, readonly Grant[]>
}

const noGrants: readonly Grant[] = []
const allowed: Decision = { allowed: true, reason: '' }
const noOpinion: Decision = { allowed: false, reason: '' }

const errorsText = (errors: readonly string[]): string =>
  errors.length === 1 ? `${errors[0]}` : `[${errors.join(', ')}]`

/** Evaluates roles and bindings. What applies to a user is worked out once per user and change of roles. */
export function newRbac(objects: RbacObjects): Rbac {
  let index: Index | undefined
  let grants = new WeakMap<User, UserGrants>()

  const current = (): Index => {
    if (index === undefined || index.version !== objects.version()) {
      index = buildIndex(objects)
      grants = new WeakMap()
    }
    return index
  }
  const grantsOf = (user: User): UserGrants => {
    const now = current()
    const known = grants.get(user)
    if (known !== undefined) return known
    const cluster = now.clusterBindings.flatMap((binding) => grantOf(now, user, binding, 'ClusterRoleBinding') ?? [])
    const made: UserGrants = { index: now, cluster, byNamespace: new Map() }
    grants.set(user, made)
    return made
  }
  const namespaceGrants = (user: User, namespace: string): readonly Grant[] => {
    if (namespace === '') return noGrants
    const { index: now, byNamespace } = grantsOf(user)
    const known = byNamespace.get(namespace)
    if (known !== undefined) return known
    const bindings = now.bindings.get(namespace) ?? []
    const made = bindings.flatMap((binding) => grantOf(now, user, binding, 'RoleBinding') ?? [])
    byNamespace.set(namespace, made)
    return made
  }
  const search = (list: readonly Grant[], wanted: Attributes, errors: string[]): Decision | undefined => {
    for (const { rules, reason, error } of list) {
      if (error !== undefined) errors.push(error)
      for (const rule of rules) if (ruleAllows(rule, wanted)) return { allowed: true, reason }
    }
    return undefined
  }

  return {
    authorize(user, wanted) {
      if (isMaster(user)) return allowed
      const errors: string[] = []
      const found =
        search(grantsOf(user).cluster, wanted, errors) ??
        search(namespaceGrants(user, wanted.namespace), wanted, errors)
      if (found !== undefined) return found
      return errors.length === 0 ? noOpinion : { allowed: false, reason: `RBAC: ${errorsText(errors)}` }
    },
    rulesFor(user, namespace) {
      const all = [...grantsOf(user).cluster, ...namespaceGrants(user, namespace)]
      return {
        rules: all.flatMap(({ rules }) => rules),
        errors: all.flatMap(({ error }) => (error === undefined ? [] : [error])),
      }
    },
    rulesOfRole: (ref, namespace) => rulesOfRole(current(), ref, namespace),
  }
}
