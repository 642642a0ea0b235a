import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Pod } from '../../apis/core/index.ts'
import type { Attributes } from './authorize.ts'
import { newNodeAuthorizer } from './node-authorizer.ts'

const pod = (name: string, nodeName: string, spec: object, annotations = {}): Pod =>
  ({ metadata: { name, namespace: 'a', annotations }, spec: { nodeName, containers: [], ...spec } }) as object as Pod
const pods: readonly Pod[] = [
  pod('mine', 'n', {
    serviceAccountName: 'runner',
    imagePullSecrets: [{ name: 'pull' }],
    containers: [{ name: 'c', envFrom: [{ configMapRef: { name: 'settings' } }] }],
    initContainers: [{ name: 'i', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } }] }],
    volumes: [
      { name: 'p', projected: { sources: [{ secret: { name: 'projected' } }] } },
      { name: 'd', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'scratch', ephemeral: {} },
    ],
  }),
  pod('theirs', 'other', { volumes: [{ name: 'v', secret: { secretName: 'secret-of-theirs' } }] }),
  pod(
    'mirror',
    'n',
    { volumes: [{ name: 'v', secret: { secretName: 'wished-for' } }] },
    { 'kubernetes.io/config.mirror': 'x' },
  ),
]
const authorize = newNodeAuthorizer({
  podsIn: (namespace) => (namespace === 'a' ? pods : []),
  pod: (namespace, name) => (namespace === 'a' ? pods.find(({ metadata }) => metadata.name === name) : undefined),
})
const node = { name: 'system:node:n', groups: ['system:nodes', 'system:authenticated'] }
/** `verb resource/subresource namespace/name?fieldSelector`, with `-` for no namespace. */
function wants(text: string): Attributes {
  const [verb = '', what = '', where = '', fieldSelector] = text.split(' ')
  const [full = '', subresource = ''] = what.split('/')
  const [resource = '', ...group] = full.split('.')
  const [namespace = '', name = ''] = where.split('/')
  const scope = namespace === '-' ? '' : namespace
  const named = { verb, resource, subresource, group: group.join('.'), namespace: scope, name, fieldSelector }
  return { ...named, isResource: true, path: '' }
}

const unrelated = "no relationship found between node 'n' and this object"
const cases: Readonly<Record<string, string | true>> = {
  'get secrets a/pull': true,
  'get secrets a/env': true,
  'list secrets a/projected': true,
  'watch configmaps a/settings': true,
  'get secrets a/secret-of-theirs': unrelated,
  'get secrets a/wished-for': unrelated,
  'get secrets b/pull': unrelated,
  'list secrets a': 'No Object name found',
  'list secrets -': 'can only read namespaced object of this type',
  'update secrets a/pull': 'can only read resources of this type',
  'get persistentvolumeclaims a/data': true,
  'get persistentvolumeclaims a/mine-scratch': true,
  'list persistentvolumeclaims a': 'can only get individual resources of this type',
  'patch persistentvolumeclaims/status a/data': true,
  'delete persistentvolumeclaims/status a/data': 'can only get/update/patch this type',
  'create serviceaccounts/token a/runner': true,
  'create serviceaccounts/token a/default': unrelated,
  'get serviceaccounts a/runner': 'can only create tokens for individual service accounts',
  'create serviceaccounts a/runner': 'can only create token subresource of serviceaccount',
  'get nodes -/n': true,
  'list nodes -': "node 'n' cannot read all nodes, only its own Node object",
  'get nodes -/other': "node 'n' cannot read 'other', only its own Node object",
  'create nodes -': true,
  'patch nodes/status -/n': true,
  'delete nodes -/n': '',
  'get pods a/mine': true,
  'get pods a/theirs': unrelated,
  'get pods a/none': unrelated,
  'list pods -': 'can only list/watch pods with spec.nodeName field selector',
  'watch pods - spec.nodeName=n': true,
  'watch pods - spec.nodeName=other': 'can only list/watch pods with spec.nodeName field selector',
  'list pods - spec.nodeName!=n': 'can only list/watch pods with spec.nodeName field selector',
  'update pods a/mine': '',
  'patch pods/status a/mine': true,
  'create pods/binding a/mine': '',
  'create pods/eviction a/mine': true,
  'create leases.coordination.k8s.io kube-node-lease': true,
  'update leases.coordination.k8s.io kube-node-lease/n': true,
  'update leases.coordination.k8s.io kube-node-lease/other':
    'can only access node lease with the same name as the requesting node',
  'get leases.coordination.k8s.io a/n': 'can only access leases in the "kube-node-lease" system namespace',
  'list leases.coordination.k8s.io kube-node-lease': 'can only get, create, update, patch, or delete a node lease',
  'create events a': true,
  'list services -': true,
  'create subjectaccessreviews.authorization.k8s.io -': true,
  'create jobs.batch a': '',
}

describe('a node', () => {
  for (const [text, expected] of Object.entries(cases)) {
    it(`${expected === true ? 'may' : 'may not'} ${text}`, () => {
      const decision = authorize(node, wants(text))
      assert.deepEqual(decision, { allowed: expected === true, reason: expected === true ? '' : expected })
    })
  }
  it('without a name may do nothing', () => {
    const nameless = { ...node, name: 'system:node:' }
    assert.deepEqual(authorize(nameless, wants('get nodes -/n')), {
      allowed: false,
      reason: 'unknown node for user "system:node:"',
    })
  })
  it('is who has the name and the group', () => {
    assert.equal(authorize({ ...node, groups: [] }, wants('get nodes -/n')), undefined)
    assert.equal(authorize({ ...node, name: 'alice' }, wants('get nodes -/n')), undefined)
  })
})
