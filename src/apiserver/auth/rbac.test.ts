import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { KubeObject } from '../../apimachinery/index.ts'
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from '../../apis/other/index.ts'
import type { User } from '../registry/index.ts'
import type { Attributes } from './authorize.ts'
import { forbiddenStatus } from './authorize.ts'
import { defaultClusterRoleBindings, defaultClusterRoles } from './default-roles.ts'
import { newRbac, type RbacResource } from './rbac.ts'
import { missingRights, rightsText, ruleAllows } from './rbac-rules.ts'

const group = 'rbac.authorization.k8s.io'
const user = (name: string, ...groups: string[]): User => ({ name, groups: [...groups, 'system:authenticated'] })
const wants = (verb: string, what: string, namespace = '', name = ''): Attributes => {
  if (what.startsWith('/')) {
    return { verb, isResource: false, path: what, namespace: '', group: '', resource: '', subresource: '', name: '' }
  }
  const [resourceGroup = '', subresource = ''] = what.split('/')
  const [resource = '', ...rest] = resourceGroup.split('.')
  return { verb, isResource: true, path: '', namespace, group: rest.join('.'), resource, subresource, name }
}

function world(extra: Partial<Record<RbacResource, KubeObject[]>> = {}) {
  const objects: Record<RbacResource, KubeObject[]> = {
    clusterroles: [...defaultClusterRoles, ...(extra.clusterroles ?? [])],
    clusterrolebindings: [...defaultClusterRoleBindings, ...(extra.clusterrolebindings ?? [])],
    roles: extra.roles ?? [],
    rolebindings: extra.rolebindings ?? [],
  }
  let version = 0
  const rbac = newRbac({ version: () => version, list: (resource) => objects[resource] })
  return { rbac, objects, changed: () => version++ }
}

const binding = (namespace: string, subject: Subject, kind: string, name: string): RoleBinding => ({
  metadata: { name: 'b', namespace },
  roleRef: { apiGroup: group, kind, name },
  subjects: [subject],
})
const alice: Subject = { kind: 'User', apiGroup: group, name: 'alice' }

describe('single rules', () => {
  const rule = { apiGroups: ['batch'], resources: ['jobs', 'pods/log', '*/status'], verbs: ['get'] }
  const cases: readonly [string, Attributes, boolean][] = [
    ['the resource', wants('get', 'jobs.batch'), true],
    ['another verb', wants('list', 'jobs.batch'), false],
    ['another group', wants('get', 'jobs'), false],
    ['a subresource of its own', wants('get', 'jobs.batch/log'), false],
    ['a subresource of everything', wants('get', 'cronjobs.batch/status'), true],
    ['a path', wants('get', '/healthz'), false],
  ]
  for (const [name, wanted, expected] of cases) {
    it(name, () => assert.equal(ruleAllows(rule, wanted), expected))
  }
  it('names limit it, and a create has none', () => {
    const named = { ...rule, verbs: ['*'], resourceNames: ['a'] }
    assert.ok(ruleAllows(named, wants('get', 'jobs.batch', 'x', 'a')))
    assert.ok(!ruleAllows(named, wants('get', 'jobs.batch', 'x', 'b')))
    assert.ok(!ruleAllows(named, wants('create', 'jobs.batch', 'x')))
  })
  const urls: readonly [string, string, boolean][] = [
    ['/a/*', '/a/b/c', true],
    ['/a/*', '/a', false],
    ['/a', '/a/b', false],
    ['*', '/anything', true],
  ]
  for (const [pattern, path, expected] of urls) {
    it(`${pattern} and ${path}`, () =>
      assert.equal(ruleAllows({ nonResourceURLs: [pattern], verbs: ['get'] }, wants('get', path)), expected))
  }
})

describe('rights that are missing', () => {
  it('are what no rule covers, told together', () => {
    const held = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]
    const wanted = [{ apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'list'] }]
    assert.equal(
      rightsText(missingRights(held, wanted)),
      '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    )
  })
  it('are none where everything is held', () => {
    const all = [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ]
    assert.deepEqual(missingRights(all, [...all, { nonResourceURLs: ['/x/*'], verbs: ['get'] }]), [])
  })
  it('names must be covered', () => {
    const named = { apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['a'] }
    assert.equal(missingRights([named], [{ ...named, resourceNames: [] }]).length, 1)
    assert.equal(missingRights([{ ...named, resourceNames: [] }], [named]).length, 0)
  })
})

describe('the default roles', () => {
  const { rbac } = world({
    rolebindings: [
      binding('a', alice, 'ClusterRole', 'edit'),
      binding('a', { ...alice, name: 'vera' }, 'ClusterRole', 'view'),
      binding('a', { ...alice, name: 'anna' }, 'ClusterRole', 'admin'),
    ],
  })
  const cases: readonly [string, User, Attributes, boolean][] = [
    ['masters may do everything', user('x', 'system:masters'), wants('delete', '/x'), true],
    [
      'everybody may look at the version',
      { name: 'system:anonymous', groups: ['system:unauthenticated'] },
      wants('get', '/version'),
      true,
    ],
    [
      'strangers may not discover',
      { name: 'system:anonymous', groups: ['system:unauthenticated'] },
      wants('get', '/api'),
      false,
    ],
    ['users may discover', user('x'), wants('get', '/apis/batch/v1'), true],
    ['users may not see metrics', user('x'), wants('get', '/metrics'), false],
    [
      'users may ask about themselves',
      user('x'),
      wants('create', 'selfsubjectaccessreviews.authorization.k8s.io'),
      true,
    ],
    ['users may do nothing else', user('x'), wants('list', 'jobs.batch', 'a'), false],
    ['edit writes jobs', user('alice'), wants('create', 'jobs.batch', 'a'), true],
    ['edit reads secrets', user('alice'), wants('get', 'secrets', 'a', 's'), true],
    ['edit writes no roles', user('alice'), wants('create', `roles.${group}`, 'a'), false],
    ['edit ends at its namespace', user('alice'), wants('create', 'jobs.batch', 'b'), false],
    ['edit is not for the cluster', user('alice'), wants('list', 'jobs.batch'), false],
    ['view reads logs', user('vera'), wants('get', 'pods/log', 'a', 'p'), true],
    ['view reads no secrets', user('vera'), wants('get', 'secrets', 'a', 's'), false],
    ['view does not exec', user('vera'), wants('create', 'pods/exec', 'a', 'p'), false],
    ['admin writes roles', user('anna'), wants('create', `roles.${group}`, 'a'), true],
    [
      'nodes have their rights from the node authorizer only',
      user('system:node:n', 'system:nodes'),
      wants('patch', 'pods/status', 'a', 'p'),
      false,
    ],
  ]
  for (const [name, who, wanted, expected] of cases) {
    it(name, () => assert.equal(rbac.authorize(who, wanted).allowed, expected))
  }
})

describe('bindings', () => {
  it('tell by what somebody is allowed', () => {
    const { rbac } = world({
      roles: [
        {
          metadata: { name: 'r', namespace: 'a' },
          rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
        } as Role,
      ],
      rolebindings: [binding('a', { kind: 'ServiceAccount', name: 'sa' }, 'Role', 'r')],
    })
    assert.equal(
      rbac.authorize(user('system:serviceaccount:a:sa'), wants('get', 'pods', 'a', 'p')).reason,
      'RBAC: allowed by RoleBinding "b/a" of Role "r" to ServiceAccount "sa/a"',
    )
    assert.equal(
      rbac.authorize(user('x'), wants('get', '/healthz')).reason,
      'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
    )
  })
  it('to a role that is not there are told', () => {
    const { rbac } = world({ rolebindings: [binding('a', alice, 'Role', 'gone')] })
    assert.deepEqual(rbac.authorize(user('alice'), wants('get', 'pods', 'a')), {
      allowed: false,
      reason: 'RBAC: role.rbac.authorization.k8s.io "gone" not found',
    })
  })
  it('count from the moment they change', () => {
    const { rbac, objects, changed } = world()
    const who = user('alice')
    assert.ok(!rbac.authorize(who, wants('list', 'nodes')).allowed)
    objects.clusterrolebindings.push({
      ...binding('', alice, 'ClusterRole', 'cluster-admin'),
      metadata: { name: 'b' },
    } as ClusterRoleBinding)
    changed()
    assert.ok(rbac.authorize(who, wants('list', 'nodes')).allowed)
  })
  it('gather rules of labelled roles', () => {
    const extra: ClusterRole = {
      metadata: { name: 'extra', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }],
    }
    const everywhere = { ...binding('', alice, 'ClusterRole', 'admin'), metadata: { name: 'b' } } as ClusterRoleBinding
    const { rbac } = world({ clusterroles: [extra], clusterrolebindings: [everywhere] })
    assert.ok(rbac.authorize(user('alice'), wants('list', 'nodes')).allowed)
  })
})

describe('a refusal', () => {
  const cases: readonly [Attributes, string, string][] = [
    [
      wants('list', 'jobs.batch', 'ns'),
      '',
      'jobs.batch is forbidden: User "u" cannot list resource "jobs" in API group "batch" in the namespace "ns"',
    ],
    [
      wants('get', 'pods/log', 'ns', 'p'),
      '',
      'pods "p" is forbidden: User "u" cannot get resource "pods/log" in API group "" in the namespace "ns"',
    ],
    [
      wants('get', 'nodes', '', 'n'),
      'why',
      'nodes "n" is forbidden: User "u" cannot get resource "nodes" in API group "" at the cluster scope: why',
    ],
    [wants('get', '/metrics'), '', 'forbidden: User "u" cannot get path "/metrics"'],
    [wants('get', '/<a>&b'), '', 'forbidden: User "u" cannot get path "/&lt;a&gt;&amp;b"'],
  ]
  for (const [wanted, reason, expected] of cases) {
    it(expected, () => assert.equal(forbiddenStatus(user('u'), wanted, reason).message, expected))
  }
})
