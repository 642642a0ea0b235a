/**
 * What holds for a pod's status and for its other subresources.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePodStatusUpdate,
 * ValidatePodEphemeralContainersUpdate; pkg/api/v1/pod/util.go, ContainerShouldRestart
 */
import { type FieldError, forbiddenField, invalid, quoted } from '../../../apimachinery/index.ts'
import { changed } from '../../generic/index.ts'
import {
  ipFamily,
  isDNS1123Subdomain,
  isLabelKey,
  validateCoreObjectMetaUpdate,
  validateImmutable,
  validateIP,
} from '../../meta/index.ts'
import { mirrorAnnotation } from '../podspec/annotations.ts'
import { addInvalid } from '../podspec/formats.ts'
import type { Container, ContainerStatus, Pod, PodCondition, PodSpec, PodStatus } from '../types.gen.ts'
import { specDifference } from './spec-diff.ts'
import { validateClaimStatuses, validateDeviceHealth, validateUsers } from './status-details.ts'
import { optionsFor, validateAnnotationUpdate, validatePodAndSpec } from './validation.ts'

export function validatePodStatusUpdate(pod: Pod, old: Pod): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(pod.metadata, old.metadata)]
  validateAnnotationUpdate(pod, old, optionsFor(old), errors)
  const { status, spec } = pod
  const before: PodStatus = old.status ?? {}
  validateConditions(status.conditions, errors)
  validateNominatedNode(status, old, errors)
  if ((status.observedGeneration ?? 0) < 0) {
    errors.push(invalid('status.observedGeneration', status.observedGeneration, 'must be a non-negative integer'))
  }
  errors.push(...validateImmutable(status.qosClass, before.qosClass, 'status.qosClass'))
  validateTransitions(status, before, old.spec, errors)
  validateClaimStatuses(status, spec, errors)
  const podIPs = status.podIPs ?? []
  validateAddresses(podIPs, before.podIPs ?? [], 'status.podIPs', errors)
  const hostIPs = status.hostIPs ?? []
  if (hostIPs.length > 0 && (status.hostIP ?? '') !== (hostIPs[0]?.ip ?? '')) {
    errors.push(invalid('status.hostIPs[0].ip', hostIPs[0]?.ip, 'must be equal to `hostIP`'))
  }
  validateAddresses(hostIPs, before.hostIPs ?? [], 'status.hostIPs', errors)
  validateUsers(status, spec, errors)
  validateDeviceHealth(status, spec, errors)
  return errors
}

const systemConditions: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'Initialized'])

function validateConditions(conditions: readonly PodCondition[] | undefined, errors: FieldError[]): void {
  conditions?.forEach(({ type = '', observedGeneration = 0 }, index) => {
    const at = `status.conditions[${index}]`
    if (observedGeneration < 0) {
      errors.push(invalid(`${at}.observedGeneration`, observedGeneration, 'must be a non-negative integer'))
    }
    if (!systemConditions.has(type)) addInvalid(errors, `${at}.Type`, type, isLabelKey(type))
  })
}

function validateNominatedNode({ nominatedNodeName }: PodStatus, old: Pod, errors: FieldError[]): void {
  if (!nominatedNodeName || nominatedNodeName === old.status?.nominatedNodeName) return
  const field = 'status.nominatedNodeName'
  addInvalid(errors, field, nominatedNodeName, isDNS1123Subdomain(nominatedNodeName))
  if (old.spec.nodeName) {
    errors.push(forbiddenField(field, 'may not be set on pods that are already bound to a node'))
  }
}

function validateTransitions(status: PodStatus, old: PodStatus, spec: PodSpec, errors: FieldError[]): void {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  const restartsAll = all.some(({ restartPolicyRules: rules = [] }) =>
    rules.some(({ action }) => action === 'RestartAllContainers'),
  )
  if (!restartsAll) {
    const main = mayRestart(spec.containers ?? [], spec)
    const init = mayRestart(spec.initContainers ?? [], spec)
    validateStates(status.containerStatuses, old.containerStatuses, main, 'status.containerStatuses', errors)
    const path = 'status.initContainerStatuses'
    validateStates(status.initContainerStatuses, old.initContainerStatuses, init, path, errors)
  }
  const path = 'status.ephemeralContainerStatuses'
  validateStates(status.ephemeralContainerStatuses, old.ephemeralContainerStatuses, () => false, path, errors)
}

type MayRestart = (name: string, exitCode: number) => boolean

const mayRestart =
  (containers: readonly Container[], spec: PodSpec): MayRestart =>
  (name, exitCode) => {
    const container = containers.find((candidate) => candidate.name === name)
    return container !== undefined && containerShouldRestart(container, spec, exitCode)
  }

/** Whether a container that ended is started again: by its own rules, its own policy, or the pod's policy. */
export function containerShouldRestart(container: Container, spec: PodSpec, exitCode: number): boolean {
  if (container.restartPolicy !== undefined) {
    const rule = (container.restartPolicyRules ?? []).find(({ exitCodes }) => {
      const listed = exitCodes?.values?.includes(exitCode) === true
      return exitCodes?.operator === 'In' ? listed : exitCodes?.operator === 'NotIn' && !listed
    })
    if (rule?.action === 'Restart' || rule?.action === 'RestartAllContainers') return true
  }
  const policy = container.restartPolicy ?? spec.restartPolicy
  return policy === 'Never' ? false : policy === 'OnFailure' ? exitCode !== 0 : true
}

/** A container that has ended and is not started again stays ended. */
function validateStates(
  statuses: readonly ContainerStatus[] = [],
  old: readonly ContainerStatus[] = [],
  allowed: MayRestart,
  path: string,
  errors: FieldError[],
): void {
  old.forEach(({ name, state }, index) => {
    const ended = state?.terminated
    if (ended === undefined) return
    const now = statuses.find((status) => status.name === name && status.state?.terminated === undefined)
    if (now === undefined || allowed(name, ended.exitCode)) return
    errors.push(forbiddenField(`${path}[${index}].state`, 'may not be transitioned to non-terminated state'))
  })
}

type Address = { readonly ip: string }

/** One address of each family at most. */
function validateAddresses(
  addresses: readonly Address[],
  stored: readonly Address[],
  path: string,
  errors: FieldError[],
): void {
  const known = stored.map(({ ip }) => ip)
  addresses.forEach(({ ip = '' }, index) => {
    errors.push(...validateIP(ip, `${path}[${index}]`, known))
  })
  if (addresses.length < 2) return
  const families = new Set(addresses.map(({ ip }) => ipFamily(ip)))
  if (families.has(undefined)) {
    const bad = addresses.find(({ ip }) => ipFamily(ip) === undefined)?.ip ?? ''
    const index = addresses.findIndex(({ ip }) => ip === bad)
    const text = `failed to check for dual stack with error:invalid IP[${index}]: ${bad}`
    errors.push({ kind: 'InternalError', field: path, body: `Internal error: ${text}` })
  }
  if (families.size < 2 || families.has(undefined) || addresses.length > 2) {
    const dump = addresses.map(({ ip }) => ({ IP: ip }))
    errors.push(invalid(path, dump, 'may specify no more than one IP for each IP family'))
  }
}

/** Ephemeral containers may come, unless there is a reason `whyNone`, and neither change nor go. */
export function validateEphemeralContainersUpdate(
  pod: Pod,
  old: Pod,
  whyNone: string | undefined,
): readonly FieldError[] {
  const options = optionsFor(old)
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(pod.metadata, old.metadata)]
  errors.push(...validatePodAndSpec(pod, options))
  validateAnnotationUpdate(pod, old, options, errors)
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) {
    return [forbiddenField('[]', 'static pods do not support ephemeral containers')]
  }
  const field = 'spec.ephemeralContainers'
  if (whyNone !== undefined && changed(pod.spec.ephemeralContainers ?? [], old.spec.ephemeralContainers ?? [])) {
    return [forbiddenField(field, whyNone)]
  }
  for (const before of old.spec.ephemeralContainers ?? []) {
    const now = pod.spec.ephemeralContainers?.findLast(({ name }) => name === before.name)
    const what = `existing ephemeral containers ${quoted(before.name)}`
    if (now === undefined) errors.push(forbiddenField(field, `${what} may not be removed\n`))
    else if (changed(now, before)) {
      errors.push(
        forbiddenField(field, `${what} may not be changed\n${specDifference('EphemeralContainer', before, now)}`),
      )
    }
  }
  return errors
}
