/**
 * Nodes change only what is theirs: their own Node and Lease, and the Pods that are bound to them.
 *
 * @source kubernetes v1.36 plugin/pkg/admission/noderestriction/admission.go; pkg/auth/nodeidentifier; kubelet/pkg/apis
 */
import { equalJson, type KubeObject, notFound, type Status } from '../../apimachinery/index.ts'
import { type Node, type PersistentVolumeClaim, type Pod, podReferences } from '../../apis/core/index.ts'
import type { TokenRequest } from '../../apis/other/index.ts'
import { fail, ok } from '../../base/index.ts'
import type { AdmissionPlugin, AdmissionWorld, Admitted, Attributes } from './plugin.ts'
import { refused } from './refusal.ts'

const nodesGroup = 'system:nodes'
const nodePrefix = 'system:node:'
export const mirrorAnnotation = 'kubernetes.io/config.mirror'
/** The namespace of the Leases by which nodes show that they live. */
export const leaseNamespace = 'kube-node-lease'

/** The node that a user is; undefined for everybody who is none, empty for a node without a name. */
export function nodeOf(user: { readonly name: string; readonly groups: readonly string[] }): string | undefined {
  if (!user.name.startsWith(nodePrefix) || !user.groups.includes(nodesGroup)) return undefined
  return user.name.slice(nodePrefix.length)
}

/** Why a write is refused: a reason in words, or a Status of its own; undefined when it is not. */
type Refusal = string | Status | undefined
type Judge = (world: AdmissionWorld, node: string, attributes: Attributes) => Refusal

const quoted = (text: string): string => JSON.stringify(text)

const nodeName = (pod: KubeObject): string => (pod as Pod).spec.nodeName ?? ''

/** The Pod of a request, judged by the node that it is bound to. */
function boundHere({ get }: AdmissionWorld, node: string, { namespace, name }: Attributes, text: string): Refusal {
  const pod = get('pods', namespace, name)
  if (pod === undefined) return notFound({ resource: 'pods', group: '', name })
  return nodeName(pod) === node ? undefined : text
}

const pods: Judge = (world, node, attributes) => {
  const { operation, subresource, object, old } = attributes
  const who = `node ${quoted(node)}`
  if (subresource === 'eviction') {
    return boundHere(world, node, attributes, `node ${node} can only evict pods with spec.nodeName set to itself`)
  }
  if (subresource === 'status') {
    if (old === undefined || object === undefined) return `unexpected operation ${quoted(operation)}`
    if (nodeName(old) !== node) return `${who} can only update pod status for pods with spec.nodeName set to itself`
    const isSame = equalJson(old.metadata.labels ?? {}, object.metadata.labels ?? {})
    return isSame ? undefined : `${who} cannot update labels through pod status`
  }
  if (subresource !== '') {
    return `unexpected pod subresource ${quoted(subresource)}, only 'status' and 'eviction' are allowed`
  }
  if (operation === 'CREATE' && object !== undefined) return mirrorPod(world, node, object as Pod)
  if (operation !== 'DELETE') {
    return `unexpected operation ${quoted(operation)}, ${who} can only create and delete mirror pods`
  }
  return boundHere(world, node, attributes, `${who} can only delete pods with spec.nodeName set to itself`)
}

/** A node makes no Pods but those that mirror what it runs already, which may name nothing else of the cluster. */
function mirrorPod(world: AdmissionWorld, node: string, pod: Pod): Refusal {
  const { metadata, spec } = pod
  const who = `node ${quoted(node)}`
  if (metadata.annotations?.[mirrorAnnotation] === undefined) {
    return `pod does not have ${quoted(mirrorAnnotation)} annotation, ${who} can only create mirror pods`
  }
  if (spec.nodeName !== node) return `${who} can only create pods with spec.nodeName set to itself`
  const [owner, another] = metadata.ownerReferences ?? []
  if (another !== undefined) return `${who} can only create pods with a single owner reference set to itself`
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    return `${who} can only create pods with an owner reference set to itself`
  }
  if (owner.controller !== true) return `${who} can only create pods with a controller owner reference set to itself`
  if (owner.blockOwnerDeletion === true) return `${who} must not set blockOwnerDeletion on an owner reference`
  const there = world.get('nodes', '', node)
  if (there === undefined) return notFound({ resource: 'nodes', group: '', name: node })
  if (owner.uid !== there.metadata.uid) {
    return `node ${node} UID mismatch: expected ${owner.uid} got ${there.metadata.uid}`
  }
  if (spec.serviceAccountName) return `${who} can not create pods that reference a service account`
  const { secrets, configMaps, claims } = podReferences(pod)
  if (secrets.size > 0) return `${who} can not create pods that reference secrets`
  if (configMaps.size > 0) return `${who} can not create pods that reference configmaps`
  return claims.size > 0 ? `${who} can not create pods that reference persistentvolumeclaims` : undefined
}

/** The labels of Kubernetes' own that a node may give itself. */
const ownLabels: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
])

const isWithin = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`)

function mayLabel(key: string): boolean {
  const domain = key.includes('/') ? (key.split('/', 1)[0] as string) : ''
  if (isWithin(domain, 'node-restriction.kubernetes.io')) return false
  if (!isWithin(domain, 'kubernetes.io') && !isWithin(domain, 'k8s.io')) return true
  return ownLabels.has(key) || isWithin(domain, 'kubelet.kubernetes.io') || isWithin(domain, 'node.kubernetes.io')
}

/** The changed labels that a node may not change, in order. */
function forbiddenLabels(labels: Readonly<Record<string, string>>, before: Readonly<Record<string, string>>): string {
  const keys = [...new Set([...Object.keys(labels), ...Object.keys(before)])]
  return keys
    .filter((key) => labels[key] !== before[key] && !mayLabel(key))
    .sort()
    .join(', ')
}

const nodes: Judge = (_, node, { operation, name, object, old }) => {
  const requested = name || (object?.metadata.name ?? '')
  if (requested !== node) return `node ${quoted(node)} is not allowed to modify node ${quoted(requested)}`
  if (object === undefined) return undefined
  const labels = forbiddenLabels(object.metadata.labels ?? {}, old?.metadata.labels ?? {})
  if (operation === 'CREATE') {
    return labels === '' ? undefined : `node ${quoted(node)} is not allowed to set the following labels: ${labels}`
  }
  const taints = (of: KubeObject | undefined): unknown => (of as Node | undefined)?.spec?.taints ?? []
  if (!equalJson(taints(object), taints(old))) return `node ${quoted(node)} is not allowed to modify taints`
  return labels === '' ? undefined : `is not allowed to modify labels: ${labels}`
}

/** A claim without what a node tells of it. */
function untold({ metadata, status, ...rest }: PersistentVolumeClaim): unknown {
  const { resourceVersion: _version, managedFields: _fields, ...meta } = metadata
  const { capacity: _1, conditions: _2, allocatedResources: _3, allocatedResourceStatuses: _4, ...told } = status ?? {}
  return { ...rest, metadata: meta, status: told }
}

const claims: Judge = (_, node, { subresource, object, old }) => {
  if (subresource !== 'status' || object === undefined || old === undefined) return 'may only update PVC status'
  const isSame = equalJson(untold(object as PersistentVolumeClaim), untold(old as PersistentVolumeClaim))
  return isSame
    ? undefined
    : `node ${quoted(node)} is not allowed to update fields other than status.capacity and status.conditions`
}

const accounts: Judge = ({ get }, node, { operation, subresource, namespace, object }) => {
  if (operation !== 'CREATE' || subresource !== 'token') return undefined
  const bound = (object as TokenRequest | undefined)?.spec?.boundObjectRef
  if (bound?.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name) {
    return 'node requested token not bound to a pod'
  }
  if (!bound.uid) return 'node requested token with a pod binding without a uid'
  const pod = get('pods', namespace, bound.name)
  if (pod === undefined) return notFound({ resource: 'pods', group: '', name: bound.name })
  if (bound.uid !== pod.metadata.uid) {
    return `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`
  }
  return nodeName(pod) === node ? undefined : 'node requested token bound to a pod scheduled on a different node'
}

const leases: Judge = (_, node, { namespace, name, object }) => {
  if (namespace !== leaseNamespace) return `can only access leases in the ${quoted(leaseNamespace)} system namespace`
  return (name || object?.metadata.name) === node
    ? undefined
    : 'can only access node lease with the same name as the requesting node'
}

/** By `resource` or `resource.group`; everything else is for the authorizer alone. */
const judges: ReadonlyMap<string, Judge> = new Map([
  ['pods', pods],
  ['nodes', nodes],
  ['persistentvolumeclaims', claims],
  ['serviceaccounts', accounts],
  ['leases.coordination.k8s.io', leases],
])

/** The plugin; who is no node is not looked at. */
export const nodeRestriction = (world: AdmissionWorld): AdmissionPlugin => ({
  name: 'NodeRestriction',
  admit(attributes): Admitted {
    const node = nodeOf(attributes.user)
    if (node === undefined) return ok(attributes.object)
    const { resource, group } = attributes.kind
    const judge = judges.get(group === '' ? resource : `${resource}.${group}`)
    const refusal =
      node === ''
        ? `could not determine node from user ${quoted(attributes.user.name)}`
        : judge?.(world, node, attributes)
    if (refusal === undefined) return ok(attributes.object)
    return fail(typeof refusal === 'string' ? refused(attributes, refusal) : refusal)
  },
})
