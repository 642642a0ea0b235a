/**
 * What nodes may do: read what the Pods that are bound to them use, and tell of themselves and of these Pods.
 * What they may write is judged again, by the object, by the admission plugin NodeRestriction.
 *
 * @source kubernetes v1.36 plugin/pkg/auth/authorizer/node/node_authorizer.go, graph.go
 */
import { type KubeObject, parseFieldSelector } from '../../apimachinery/index.ts'
import { type Pod, podReferences } from '../../apis/core/index.ts'
import { leaseNamespace, mirrorAnnotation, nodeOf } from '../admission/index.ts'
import type { User } from '../registry/index.ts'
import type { Attributes, Decision } from './authorize.ts'
import { nodeRules } from './default-roles.ts'
import { ruleAllows } from './rbac-rules.ts'

/** The Pods of a namespace as they are now, and single ones of them. */
export type NodeReads = {
  readonly podsIn: (namespace: string) => readonly KubeObject[]
  readonly pod: (namespace: string, name: string) => KubeObject | undefined
}

/** Undefined for who is no node. */
export type NodeAuthorize = (user: User, attributes: Attributes) => Decision | undefined

const allowed: Decision = { allowed: true, reason: '' }
const noOpinion: Decision = { allowed: false, reason: '' }
const no = (reason: string): Decision => ({ allowed: false, reason })
const decided = (isAllowed: boolean): Decision => (isAllowed ? allowed : noOpinion)

const reads: readonly string[] = ['get', 'list', 'watch']

/** Whether a Pod of the node uses the object. Mirrors count for nothing: the node itself has made them. */
type Uses = (pod: Pod, name: string) => boolean
const usesSecret: Uses = (pod, name) => podReferences(pod).secrets.has(name)
const usesConfigMap: Uses = (pod, name) => podReferences(pod).configMaps.has(name)
const usesClaim: Uses = (pod, name) => podReferences(pod).claims.has(name)
const usesAccount: Uses = ({ spec }, name) => spec.serviceAccountName === name

export function newNodeAuthorizer({ podsIn, pod }: NodeReads): NodeAuthorize {
  const related = (node: string, { namespace, name }: Attributes, uses: Uses): Decision => {
    if (name === '') return no('No Object name found')
    const isUsed = (podsIn(namespace) as readonly Pod[]).some(
      (each) =>
        each.spec.nodeName === node && each.metadata.annotations?.[mirrorAnnotation] === undefined && uses(each, name),
    )
    return isUsed ? allowed : unrelated(node)
  }
  const read = (node: string, wanted: Attributes, uses: Uses): Decision => {
    if (!reads.includes(wanted.verb)) return no('can only read resources of this type')
    if (wanted.subresource !== '') return no('cannot read subresource')
    if (wanted.namespace === '') return no('can only read namespaced object of this type')
    return related(node, wanted, uses)
  }
  const claim = (node: string, wanted: Attributes): Decision => {
    if (wanted.subresource === 'status') {
      if (wanted.verb !== 'update' && wanted.verb !== 'patch') return no('can only get/update/patch this type')
      return related(node, wanted, usesClaim)
    }
    if (wanted.verb !== 'get') return no('can only get individual resources of this type')
    return wanted.subresource === '' ? related(node, wanted, usesClaim) : no('cannot get subresource')
  }
  const account = (node: string, wanted: Attributes): Decision => {
    const { verb, name, subresource } = wanted
    if (verb !== 'create' || name === '') return no('can only create tokens for individual service accounts')
    if (subresource !== 'token') return no('can only create token subresource of serviceaccount')
    return related(node, wanted, usesAccount)
  }
  const ofPods = (node: string, wanted: Attributes): Decision => {
    const { verb, subresource, namespace, name } = wanted
    if (subresource === 'status') return decided(verb === 'update' || verb === 'patch')
    if (subresource === 'eviction') return decided(verb === 'create')
    if (subresource !== '') return noOpinion
    if (verb === 'create' || verb === 'delete') return allowed
    if (!reads.includes(verb)) return noOpinion
    if (verb !== 'get' && selectsNode(wanted.fieldSelector, node)) return allowed
    if (name === '') return no('can only list/watch pods with spec.nodeName field selector')
    return (pod(namespace, name) as Pod | undefined)?.spec.nodeName === node ? allowed : unrelated(node)
  }

  return (user, wanted) => {
    const node = nodeOf(user)
    if (node === undefined) return undefined
    if (node === '') return no(`unknown node for user ${JSON.stringify(user.name)}`)
    if (wanted.isResource) {
      switch (wanted.group === '' ? wanted.resource : `${wanted.resource}.${wanted.group}`) {
        case 'secrets':
          return read(node, wanted, usesSecret)
        case 'configmaps':
          return read(node, wanted, usesConfigMap)
        case 'persistentvolumeclaims':
          return claim(node, wanted)
        case 'serviceaccounts':
          return account(node, wanted)
        case 'leases.coordination.k8s.io':
          return lease(node, wanted)
        case 'nodes':
          return ownNode(node, wanted)
        case 'pods':
          return ofPods(node, wanted)
        default:
      }
    }
    return decided(nodeRules.some((rule) => ruleAllows(rule, wanted)))
  }
}

const unrelated = (node: string): Decision => no(`no relationship found between node '${node}' and this object`)

/** Whether a list or watch is limited to the Pods of the node. */
function selectsNode(selector: string | undefined, node: string): boolean {
  const parsed = parseFieldSelector(selector ?? '')
  if (!parsed.ok) return false
  return parsed.value.some(
    ({ field, operator, value }) => field === 'spec.nodeName' && operator === '=' && value === node,
  )
}

function lease(node: string, { verb, namespace, name }: Attributes): Decision {
  if (!['get', 'create', 'update', 'patch', 'delete'].includes(verb)) {
    return no('can only get, create, update, patch, or delete a node lease')
  }
  if (namespace !== leaseNamespace) {
    return no(`can only access leases in the ${JSON.stringify(leaseNamespace)} system namespace`)
  }
  // The name of what is to be created is known only to the admission plugin.
  if (verb === 'create' || name === node) return allowed
  return no('can only access node lease with the same name as the requesting node')
}

function ownNode(node: string, { verb, subresource, name }: Attributes): Decision {
  const writes = verb === 'update' || verb === 'patch'
  if (subresource === 'status') return decided(writes)
  if (subresource !== '') return noOpinion
  if (writes || verb === 'create') return allowed
  if (!reads.includes(verb)) return noOpinion
  if (name === node) return allowed
  return no(
    name === ''
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  )
}
