import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failure, jsonBody, type TestApi, testApi, value } from '../../../test/support/api.ts'
import type { KubeObject } from '../../apimachinery/index.ts'
import type { RequestContext } from '../registry/index.ts'

const pods = { resource: 'pods', namespace: 'default' }
const claims = { resource: 'persistentvolumeclaims', namespace: 'default' }
const leases = { resource: 'leases.coordination.k8s.io', namespace: 'kube-node-lease' }
const pod = (name: string, nodeName: string, more: object = {}, metadata: object = {}): object => ({
  metadata: { name, ...metadata },
  spec: { nodeName, containers: [{ name: 'c', image: 'i' }], ...more },
})

/** A cluster with the nodes `n` and `m`, a Pod on each, and the context of the node `n`. */
async function world(): Promise<{ readonly api: TestApi; readonly node: RequestContext; readonly uid: string }> {
  const api = await testApi({ disabledAdmission: ['ServiceAccount'] })
  const node = { ...api.context, user: { name: 'system:node:n', groups: ['system:nodes'] } }
  const made = await api.create({ resource: 'nodes' }, jsonBody({ metadata: { name: 'n' } }), node)
  value(await api.create({ resource: 'nodes' }, jsonBody({ metadata: { name: 'm' } }), api.context))
  for (const on of ['n', 'm']) value(await api.create(pods, jsonBody(pod(`on-${on}`, on)), api.context))
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  value(await api.create(claims, jsonBody({ metadata: { name: 'c' }, spec }), api.context))
  return { api, node, uid: (value(made).object as KubeObject).metadata.uid ?? '' }
}
type World = Awaited<ReturnType<typeof world>>

const merge = ({ api, node }: World, target: object, body: object) =>
  api.patch(target as typeof pods, { type: 'merge', body: { kind: 'Text', text: JSON.stringify(body) } }, node)
const mirror = { 'kubernetes.io/config.mirror': 'x' }
const owned = (uid: string, more: object = {}): object => ({
  annotations: mirror,
  ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid, controller: true, ...more }],
})
const create = ({ api, node }: World, target: object, body: object) =>
  api.create(target as typeof pods, jsonBody(body), node)
const secret = { volumes: [{ name: 'v', secret: { secretName: 's' } }] }

/** What is tried, and why it is refused; true where it is not. */
const cases: readonly (readonly [string, (w: World) => Promise<unknown>, string | true])[] = [
  ['its own Node', (w) => merge(w, { resource: 'nodes', name: 'n' }, { metadata: { labels: { a: 'b' } } }), true],
  [
    'another Node',
    (w) => merge(w, { resource: 'nodes', name: 'm', subresource: 'status' }, { status: { phase: 'Running' } }),
    'nodes "m" is forbidden: node "n" is not allowed to modify node "m"',
  ],
  [
    'its taints',
    (w) => merge(w, { resource: 'nodes', name: 'n' }, { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }),
    'nodes "n" is forbidden: node "n" is not allowed to modify taints',
  ],
  [
    'labels that steer Pods',
    (w) =>
      merge(
        w,
        { resource: 'nodes', name: 'n' },
        {
          metadata: {
            labels: {
              'x.node-restriction.kubernetes.io/a': '',
              'k8s.io/b': '',
              'kubernetes.io/os': 'linux',
              'a.io/c': '',
            },
          },
        },
      ),
    'nodes "n" is forbidden: is not allowed to modify labels: k8s.io/b, x.node-restriction.kubernetes.io/a',
  ],
  [
    'the status of its Pod',
    (w) => merge(w, { ...pods, name: 'on-n', subresource: 'status' }, { status: { phase: 'Running' } }),
    true,
  ],
  [
    'the status of a Pod of another',
    (w) => merge(w, { ...pods, name: 'on-m', subresource: 'status' }, { status: { phase: 'Running' } }),
    'pods "on-m" is forbidden: node "n" can only update pod status for pods with spec.nodeName set to itself',
  ],
  [
    'labels by a status',
    (w) => merge(w, { ...pods, name: 'on-n', subresource: 'status' }, { metadata: { labels: { a: 'b' } } }),
    'pods "on-n" is forbidden: node "n" cannot update labels through pod status',
  ],
  [
    'its Pod itself',
    (w) => merge(w, { ...pods, name: 'on-n' }, { metadata: { labels: { a: 'b' } } }),
    'pods "on-n" is forbidden: unexpected operation "UPDATE", node "n" can only create and delete mirror pods',
  ],
  ['deletion of its Pod', (w) => w.api.delete({ ...pods, name: 'on-n' }, {}, w.node), true],
  [
    'deletion of a Pod of another',
    (w) => w.api.delete({ ...pods, name: 'on-m' }, {}, w.node),
    'pods "on-m" is forbidden: node "n" can only delete pods with spec.nodeName set to itself',
  ],
  [
    'eviction of a Pod of another',
    (w) => create(w, { ...pods, name: 'on-m', subresource: 'eviction' }, { metadata: { name: 'on-m' } }),
    'pods "on-m" is forbidden: node n can only evict pods with spec.nodeName set to itself',
  ],
  [
    'eviction of no Pod',
    (w) => create(w, { ...pods, name: 'x', subresource: 'eviction' }, { metadata: { name: 'x' } }),
    'pods "x" not found',
  ],
  [
    'a Pod',
    (w) => create(w, pods, pod('p', 'n')),
    'pods "p" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n" can only create mirror pods',
  ],
  ['a mirror Pod', (w) => create(w, pods, pod('p', 'n', {}, owned(w.uid))), true],
  [
    'a mirror Pod of another node',
    (w) => create(w, pods, pod('p', 'm', {}, owned(w.uid))),
    'pods "p" is forbidden: node "n" can only create pods with spec.nodeName set to itself',
  ],
  [
    'a mirror Pod of a Node that has gone',
    (w) => create(w, pods, pod('p', 'n', {}, owned('gone'))),
    'pods "p" is forbidden: node n UID mismatch: expected gone got uid-7',
  ],
  [
    'a mirror Pod that is not controlled',
    (w) => create(w, pods, pod('p', 'n', {}, owned(w.uid, { controller: false }))),
    'pods "p" is forbidden: node "n" can only create pods with a controller owner reference set to itself',
  ],
  [
    'a mirror Pod that reads a Secret',
    (w) => create(w, pods, pod('p', 'n', secret, owned(w.uid))),
    'pods "p" is forbidden: node "n" can not create pods that reference secrets',
  ],
  [
    'the size of a claim',
    (w) => merge(w, { ...claims, name: 'c', subresource: 'status' }, { status: { capacity: { storage: '1Gi' } } }),
    true,
  ],
  [
    'the phase of a claim',
    (w) => merge(w, { ...claims, name: 'c', subresource: 'status' }, { status: { phase: 'Lost' } }),
    'persistentvolumeclaims "c" is forbidden: node "n" is not allowed to update fields other than status.capacity and status.conditions',
  ],
  ['its Lease', (w) => create(w, leases, { metadata: { name: 'n' }, spec: { holderIdentity: 'n' } }), true],
  [
    'the Lease of another',
    (w) => create(w, leases, { metadata: { name: 'm' } }),
    'leases.coordination.k8s.io "m" is forbidden: can only access node lease with the same name as the requesting node',
  ],
]

describe('a node writes', () => {
  for (const [name, act, expected] of cases) {
    it(`${expected === true ? '' : 'not '}${name}`, async () => {
      const result = (await act(await world())) as Parameters<typeof failure>[0]
      if (expected === true) value(result)
      else assert.equal(failure(result).message, expected)
    })
  }
})
