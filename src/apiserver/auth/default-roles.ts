/**
 * The roles that every installation begins with.
 *
 * @source kubernetes v1.36 plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go (facts: names, rules, subjects; only kinds that are served)
 */
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Subject } from '../../apis/other/index.ts'

const rbac = 'rbac.authorization.k8s.io'
const apiVersion = `${rbac}/v1`
const read = ['get', 'list', 'watch']
const write = ['create', 'delete', 'deletecollection', 'patch', 'update']
const readWrite = [...write, ...read].sort()

const bootstrap = {
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
}

const on = (group: string, resources: readonly string[], verbs: readonly string[]): PolicyRule => ({
  apiGroups: [group],
  resources: [...resources],
  verbs: [...verbs],
})
const urls = (paths: readonly string[]): PolicyRule => ({ nonResourceURLs: [...paths], verbs: ['get'] })

function role(name: string, rules: readonly PolicyRule[], labels: Readonly<Record<string, string>> = {}): ClusterRole {
  return {
    kind: 'ClusterRole',
    apiVersion,
    metadata: { name, labels: { ...bootstrap.labels, ...labels }, annotations: bootstrap.annotations },
    rules,
  }
}

const aggregateTo = (name: string): Readonly<Record<string, string>> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true',
})

/** A role that gathers the rules of labelled roles; they are written out too, for readers of the object. */
function gathering(
  name: string,
  rules: readonly PolicyRule[],
  labels: Readonly<Record<string, string>> = {},
): ClusterRole {
  return {
    ...role(name, rules, labels),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateTo(name) }] },
  }
}

const viewRules: readonly PolicyRule[] = [
  on('', ['configmaps', 'persistentvolumeclaims', 'persistentvolumeclaims/status', 'pods'], read),
  on('', ['serviceaccounts', 'services', 'services/status'], read),
  on('', ['bindings', 'events', 'limitranges', 'namespaces/status', 'pods/log', 'pods/status'], read),
  on('', ['resourcequotas', 'resourcequotas/status', 'namespaces'], read),
  on('batch', ['cronjobs', 'cronjobs/status', 'jobs', 'jobs/status'], read),
  on('events.k8s.io', ['events'], read),
  on('policy', ['poddisruptionbudgets', 'poddisruptionbudgets/status'], read),
  on('jobs.jobd.dev', ['runs', 'runs/log'], read),
]

const editRules: readonly PolicyRule[] = [
  on('', ['pods/attach', 'pods/exec', 'pods/portforward', 'secrets'], read),
  on('', ['serviceaccounts'], ['impersonate']),
  on('', ['pods', 'pods/attach', 'pods/exec', 'pods/portforward'], write),
  on('', ['pods/eviction'], ['create']),
  on('', ['configmaps', 'events', 'persistentvolumeclaims', 'secrets', 'serviceaccounts', 'services'], write),
  on('', ['serviceaccounts/token'], ['create']),
  on('batch', ['cronjobs', 'jobs'], write),
  on('policy', ['poddisruptionbudgets'], write),
  on('coordination.k8s.io', ['leases'], readWrite),
]

const adminRules: readonly PolicyRule[] = [
  on('authorization.k8s.io', ['localsubjectaccessreviews'], ['create']),
  on(rbac, ['rolebindings', 'roles'], readWrite),
]

const reviewRules: readonly PolicyRule[] = [
  on('authentication.k8s.io', ['tokenreviews'], ['create']),
  on('authorization.k8s.io', ['subjectaccessreviews'], ['create']),
]

/** What nodes may do where the node authorizer does not look closer. */
export const nodeRules: readonly PolicyRule[] = [
  ...reviewRules,
  on('', ['nodes'], ['create', 'get', 'list', 'watch', 'patch', 'update']),
  on('', ['nodes/status'], ['patch', 'update']),
  on('', ['events'], ['create', 'patch', 'update']),
  on('events.k8s.io', ['events'], ['create', 'patch', 'update']),
  on('', ['pods'], ['create', 'delete', 'get', 'list', 'watch']),
  on('', ['pods/status'], ['patch', 'update']),
  on('', ['pods/eviction', 'serviceaccounts/token'], ['create']),
  on('', ['configmaps', 'secrets', 'services'], read),
  on('', ['persistentvolumeclaims'], ['get']),
  on('', ['persistentvolumeclaims/status'], ['get', 'patch', 'update']),
  on('coordination.k8s.io', ['leases'], ['create', 'delete', 'get', 'patch', 'update']),
]

const schedulerRules: readonly PolicyRule[] = [
  ...reviewRules,
  on('', ['events'], ['create', 'patch', 'update']),
  on('events.k8s.io', ['events'], ['create', 'patch', 'update']),
  on('', ['nodes', 'namespaces', 'persistentvolumeclaims', 'services'], read),
  on('', ['pods'], ['delete', 'get', 'list', 'watch']),
  on('', ['bindings', 'pods/binding'], ['create']),
  on('', ['pods/status'], ['patch', 'update']),
  on('policy', ['poddisruptionbudgets'], read),
  on('coordination.k8s.io', ['leases'], ['create', 'get', 'list', 'patch', 'update', 'watch']),
]

const managerRules: readonly PolicyRule[] = [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }, urls(['*'])]

const issuerPaths = ['/.well-known/openid-configuration', '/openid/v1/jwks'].flatMap((path) => [path, `${path}/`])
const publicPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/']

export const defaultClusterRoles: readonly ClusterRole[] = [
  role('cluster-admin', [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['*'], verbs: ['*'] },
  ]),
  role('system:discovery', [
    urls(['/api', '/api/*', '/apis', '/apis/*', '/openapi', '/openapi/*', ...publicPaths].sort()),
  ]),
  role('system:public-info-viewer', [urls(publicPaths)]),
  role('system:monitoring', [
    urls(['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*']),
  ]),
  role('system:service-account-issuer-discovery', [urls(issuerPaths)]),
  role('system:basic-user', [
    on('authorization.k8s.io', ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], ['create']),
    on('authentication.k8s.io', ['selfsubjectreviews'], ['create']),
  ]),
  gathering('admin', [...adminRules, ...editRules, ...viewRules]),
  gathering('edit', [...editRules, ...viewRules], aggregateTo('admin')),
  gathering('view', viewRules, aggregateTo('edit')),
  role('system:aggregate-to-admin', adminRules, aggregateTo('admin')),
  role('system:aggregate-to-edit', editRules, aggregateTo('edit')),
  role('system:aggregate-to-view', viewRules, aggregateTo('view')),
  role('system:auth-delegator', reviewRules),
  role('system:node', nodeRules),
  role('system:kube-scheduler', schedulerRules),
  role('system:kube-controller-manager', managerRules),
]

const group = (name: string): Subject => ({ kind: 'Group', apiGroup: rbac, name })
const user = (name: string): Subject => ({ kind: 'User', apiGroup: rbac, name })

const binding = (name: string, subjects: readonly Subject[]): ClusterRoleBinding => ({
  kind: 'ClusterRoleBinding',
  apiVersion,
  metadata: { name, ...bootstrap },
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
  ...(subjects.length === 0 ? {} : { subjects }),
})

export const defaultClusterRoleBindings: readonly ClusterRoleBinding[] = [
  binding('cluster-admin', [group('system:masters')]),
  binding('system:discovery', [group('system:authenticated')]),
  binding('system:basic-user', [group('system:authenticated')]),
  binding('system:public-info-viewer', [group('system:authenticated'), group('system:unauthenticated')]),
  binding('system:service-account-issuer-discovery', [group('system:serviceaccounts')]),
  binding('system:monitoring', [group('system:monitoring')]),
  // Nobody has the role by itself: the node authorizer lets each node do what is its own.
  binding('system:node', []),
  binding('system:kube-scheduler', [user('system:kube-scheduler')]),
  binding('system:kube-controller-manager', [user('system:kube-controller-manager')]),
]
