/**
 * Pods stay on a node for five minutes after it fell silent, unless they say otherwise; new nodes take none until they
 * are ready.
 *
 * @source kubernetes v1.36 plugin/pkg/admission/defaulttolerationseconds/admission.go, nodetaint/admission.go
 */
import type { Node, Toleration } from '../../apis/core/index.ts'
import { ok } from '../../base/index.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { podOf, withSpec } from './pods.ts'

const notReady = 'node.kubernetes.io/not-ready'
const unreachable = 'node.kubernetes.io/unreachable'

const untilGone = (key: string): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
})
/** Shared by all Pods. */
const added: readonly Toleration[] = [untilGone(notReady), untilGone(unreachable)]

export const defaultTolerationSeconds = (): AdmissionPlugin => ({
  name: 'DefaultTolerationSeconds',
  admit(attributes) {
    const pod = podOf(attributes)
    if (pod === undefined || attributes.operation === 'DELETE') return ok(attributes.object)
    const { tolerations = [] } = pod.spec
    const tolerates = (key: string): boolean =>
      tolerations.some((own) => (!own.key || own.key === key) && (!own.effect || own.effect === 'NoExecute'))
    const wanted = added.filter(({ key = '' }) => !tolerates(key))
    if (wanted.length === 0) return ok(pod)
    const all = tolerations.length === 0 && wanted.length === added.length ? added : [...tolerations, ...wanted]
    return ok(withSpec(pod, { tolerations: all }))
  },
})

export const taintNodesByCondition = (): AdmissionPlugin => ({
  name: 'TaintNodesByCondition',
  admit({ kind, operation, subresource, object }) {
    if (kind.group !== '' || kind.resource !== 'nodes' || operation !== 'CREATE' || subresource !== '')
      return ok(object)
    const node = object as Node
    const { taints = [] } = node.spec ?? {}
    if (taints.some(({ key, effect }) => key === notReady && effect === 'NoSchedule')) return ok(node)
    return ok({ ...node, spec: { ...node.spec, taints: [...taints, { key: notReady, effect: 'NoSchedule' }] } } as Node)
  },
})
