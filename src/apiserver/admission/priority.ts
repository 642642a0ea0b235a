/**
 * Pods get the number behind the name of their priority, and only one class is everybody's.
 *
 * @source kubernetes v1.36 plugin/pkg/admission/priority/admission.go
 */
import type { Pod } from '../../apis/core/index.ts'
import type { PriorityClass } from '../../apis/other/index.ts'
import { fail, ok } from '../../base/index.ts'
import type { AdmissionPlugin, AdmissionWorld, Admitted, Attributes } from './plugin.ts'
import { podOf, withSpec } from './pods.ts'
import { refused } from './refusal.ts'

const classes = 'priorityclasses.scheduling.k8s.io'

export const priority = (world: AdmissionWorld): AdmissionPlugin => ({
  name: 'Priority',
  admit(attributes) {
    const pod = podOf(attributes)
    if (pod === undefined) return ok(attributes.object)
    if (attributes.operation === 'CREATE') return admitNew(world, attributes, pod)
    return ok(attributes.operation === 'UPDATE' ? keepPriority(pod, attributes.old as Pod | undefined) : pod)
  },
  validate(attributes) {
    const { kind, operation, subresource, object } = attributes
    if (kind.resource !== 'priorityclasses' || subresource !== '') return ok(undefined)
    const wanted = object as PriorityClass | undefined
    if ((operation !== 'CREATE' && operation !== 'UPDATE') || wanted?.globalDefault !== true) return ok(undefined)
    const current = globalDefault(world)
    if (current === undefined || current.metadata.name === wanted.metadata.name) return ok(undefined)
    const { name } = current.metadata
    const text = `PriorityClass ${name} is already marked as globalDefault. Only one default can exist`
    return fail(refused(attributes, text))
  },
})

/** The class of Pods that name none; of several the one with the lowest value. */
function globalDefault(world: AdmissionWorld): PriorityClass | undefined {
  let found: PriorityClass | undefined
  for (const object of world.list(classes, '')) {
    const candidate = object as unknown as PriorityClass
    if (candidate.globalDefault !== true) continue
    if (found === undefined || (candidate.value ?? 0) < (found.value ?? 0)) found = candidate
  }
  return found
}

function admitNew(world: AdmissionWorld, attributes: Attributes, pod: Pod): Admitted {
  const { priorityClassName: named = '', priority: given, preemptionPolicy: policy } = pod.spec
  const found = named === '' ? globalDefault(world) : (world.get(classes, '', named) as PriorityClass | undefined)
  if (found === undefined && named !== '') {
    return fail(refused(attributes, `no PriorityClass with name ${named} was found`))
  }
  const value = found?.value ?? 0
  const preemptionPolicy = found === undefined ? 'PreemptLowerPriority' : found.preemptionPolicy
  const computed = 'must not be provided in pod spec; priority admission controller computed'
  const from = 'from the given PriorityClass name'
  if (given !== undefined && given !== value) {
    return fail(refused(attributes, `the integer value of priority (${given}) ${computed} ${value} ${from}`))
  }
  if (policy !== undefined && preemptionPolicy !== undefined && policy !== preemptionPolicy) {
    const text = `the string value of PreemptionPolicy (${policy}) ${computed} ${preemptionPolicy} ${from}`
    return fail(refused(attributes, text))
  }
  const name = named === '' ? found?.metadata.name : undefined
  return ok(
    withSpec(pod, {
      ...(name === undefined ? {} : { priorityClassName: name }),
      priority: value,
      ...(preemptionPolicy === undefined ? {} : { preemptionPolicy }),
    }),
  )
}

/** An update that does not say keeps what is there. */
function keepPriority(pod: Pod, old: Pod | undefined): Pod {
  const { priority: value, preemptionPolicy } = old?.spec ?? {}
  const changes = {
    ...(pod.spec.priority === undefined && value !== undefined ? { priority: value } : {}),
    ...(pod.spec.preemptionPolicy === undefined && preemptionPolicy !== undefined ? { preemptionPolicy } : {}),
  }
  return Object.keys(changes).length === 0 ? pod : withSpec(pod, changes)
}
