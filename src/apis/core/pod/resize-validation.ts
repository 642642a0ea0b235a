/**
 * What holds when the resources of a running pod are changed.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePodResize
 */
import { type FieldError, forbiddenField, invalid } from '../../../apimachinery/index.ts'
import { changed } from '../../generic/index.ts'
import { validateCoreObjectMetaUpdate } from '../../meta/index.ts'
import { mirrorAnnotation } from '../podspec/annotations.ts'
import { isSidecar } from '../podspec/pod-resources.ts'
import type { ResourceList } from '../resources/quantities.ts'
import type { Container, Pod, PodSpec, ResourceRequirements } from '../types.gen.ts'
import { qosClassOf } from './qos.ts'
import { optionsFor, validatePodAndSpec } from './validation.ts'

export function validatePodResize(pod: Pod, old: Pod): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(pod.metadata, old.metadata)]
  errors.push(...validatePodAndSpec(pod, optionsFor(old)))
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) {
    return [forbiddenField('[]', 'static pods cannot be resized')]
  }
  if (old.spec.os?.name === 'windows') return [forbiddenField('[]', 'windows pods cannot be resized')]
  if ((old.status?.qosClass ?? qosClassOf(old.spec)) !== qosClassOf(pod.spec)) {
    const text = 'Pod QOS Class may not change as a result of resizing'
    errors.push(invalid('spec', pod.status?.qosClass ?? '', text))
  }
  const running = old.status?.containerStatuses?.find(({ state }) => state?.running !== undefined)
  if (running !== undefined && running.resources === undefined) {
    errors.push(forbiddenField('spec', 'Pod running on node without support for resize'))
  }
  validatePodLevel(pod.spec.resources, old.spec.resources, errors)
  const orderErrors = containerOrder(pod.spec, old.spec)
  if (orderErrors.length > 0) return [...errors, ...orderErrors]
  validateRemoved(pod.spec.initContainers ?? [], old.spec.initContainers ?? [], 'spec.initContainers', errors)
  validateRemoved(pod.spec.containers, old.spec.containers, 'spec.containers', errors)
  validateMutable(pod.spec, old.spec, errors)
  return errors
}

const isGiven = (resources: ResourceRequirements | undefined): boolean =>
  Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0

function validatePodLevel(
  resources: ResourceRequirements | undefined,
  old: ResourceRequirements | undefined,
  errors: FieldError[],
): void {
  if (!isGiven(resources) && !isGiven(old)) return
  const path = 'spec.resources'
  if (old !== undefined && resources === undefined) {
    errors.push(forbiddenField(path, 'pod-level resources cannot be removed'))
    return
  }
  for (const side of ['requests', 'limits'] as const) {
    if (old === undefined || !isRemoved(resources?.[side], old[side])) continue
    errors.push(forbiddenField(`${path}.${side}`, `pod-level resource ${side} cannot be removed`))
  }
  if (changed(others(resources), others(old))) {
    errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable at pod-level'))
  }
}

const isRemoved = (list: ResourceList = {}, old: ResourceList = {}): boolean =>
  Object.keys(old).some((name) => list[name] === undefined)

/** Everything of the resources but processor time and memory. */
const others = (resources: ResourceRequirements | undefined) =>
  (['requests', 'limits'] as const).map((side) =>
    Object.entries(resources?.[side] ?? {}).filter(([name]) => name !== 'cpu' && name !== 'memory'),
  )

function containerOrder(spec: PodSpec, old: PodSpec): readonly FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap((list) => {
    const containers = spec[list] ?? []
    const before = old[list] ?? []
    const path = `spec.${list}`
    if (containers.length !== before.length) {
      return [forbiddenField(path, `${list} may not be added or removed on resize`)]
    }
    return before.flatMap(({ name }, index) =>
      containers[index]?.name === name
        ? []
        : [forbiddenField(`${path}[${index}].name`, `${list} may not be renamed or reordered on resize`)],
    )
  })
}

function validateRemoved(
  containers: readonly Container[],
  old: readonly Container[],
  path: string,
  errors: FieldError[],
): void {
  old.forEach(({ resources }, index) => {
    for (const side of ['requests', 'limits'] as const) {
      if (!isRemoved(containers[index]?.resources?.[side], resources?.[side])) continue
      errors.push(forbiddenField(`${path}[${index}].resources.${side}`, `resource ${side} cannot be removed`))
    }
  })
}

/** A container without what a resize may change. */
const fixed = (container: Container) => ({ ...container, resources: others(container.resources) })

function validateMutable(spec: PodSpec, old: PodSpec, errors: FieldError[]): void {
  const before = errors.length
  spec.containers.forEach((container, index) => {
    const stored = old.containers[index]
    if (stored === undefined || !changed(fixed(container), fixed(stored))) return
    errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable'))
  })
  spec.initContainers?.forEach((container, index) => {
    const stored = old.initContainers?.[index]
    if (stored === undefined || !changed(container, stored)) return
    const path = `spec.initContainers[${index}]`
    if (changed(fixed(container), fixed(stored))) {
      const text = 'only cpu and memory resources for init or sidecar containers are mutable'
      errors.push(forbiddenField(path, text))
    }
    if (isSidecar(container)) return
    for (const { restartPolicy } of container.resizePolicy ?? []) {
      if (restartPolicy !== 'RestartContainer') continue
      const text = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'
      errors.push(forbiddenField(path, text))
    }
  })
  if (errors.length > before) return
  const rest = ({ containers: _c, initContainers: _i, resources: _r, ...kept }: PodSpec) => kept
  if (changed(rest(spec), rest(old))) {
    errors.push(forbiddenField('spec', 'only cpu and memory resources are mutable'))
  }
}
