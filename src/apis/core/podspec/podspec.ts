/**
 * What holds for the spec of a pod, alone or in a template.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePodSpec
 */
import { type FieldError, invalid, type ObjectMeta, required } from '../../../apimachinery/index.ts'
import { inclusiveRange, isDNS1123Subdomain, isLabelKey, validateLabels } from '../../meta/index.ts'
import type { PodSpec } from '../types.gen.ts'
import {
  validateContainers,
  validateEphemeralContainers,
  validateHostNetworkPorts,
  validateInitContainers,
  validatePodRestartPolicy,
} from './containers.ts'
import { validateDNSConfig, validateHostAliases, validateHostnameOverride } from './dns.ts'
import { validateFileKeyVolumes } from './env.ts'
import { addInvalid, requireOneOf, validateLabel, validateOneOf } from './formats.ts'
import type { PodValidationOptions } from './options.ts'
import { validatePodResourceClaims } from './resource-claims.ts'
import { validateContainerResources, validatePodResources } from './resources.ts'
import { validateAffinity, validateSchedulingGates, validateTolerations, validateTopologySpread } from './scheduling.ts'
import { validateHostUsers, validatePodSecurityContext } from './security.ts'
import { validateVolumes } from './volumes.ts'
import { validateHostProcesses, validateLinuxPod, validateWindowsPod } from './windows.ts'

/**
 * What is wrong with a pod spec at `path`, in upstream's order. `metadata` is that of a pod and absent for templates;
 * defaults have been filled before.
 */
export function validatePodSpec(
  spec: PodSpec,
  path: string,
  options: PodValidationOptions = {},
  metadata?: ObjectMeta,
): readonly FieldError[] {
  const errors: FieldError[] = []
  if (spec.terminationGracePeriodSeconds === undefined) {
    errors.push(required(`${path}.terminationGracePeriodSeconds`))
  }
  const volumes = validateVolumes(spec.volumes, metadata, `${path}.volumes`, options, errors)
  const claims = spec.resourceClaims ?? []
  const claimNames = new Set(claims.map(({ name }) => name).filter((name) => name))
  validatePodResourceClaims(claims, metadata, `${path}.resourceClaims`, errors)
  const pod = { spec, volumes, claimNames, options }
  validateContainers(pod, `${path}.containers`, errors)
  validateInitContainers(pod, `${path}.initContainers`, errors)
  validateEphemeralContainers(pod, `${path}.ephemeralContainers`, errors)
  validatePodResources(spec, claimNames, path, options, errors)
  validateHostNetworkPorts(spec, path, options, errors)
  validatePodRestartPolicy(spec.restartPolicy, `${path}.restartPolicy`, errors)
  const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
  requireOneOf(spec.dnsPolicy, dnsPolicies, `${path}.dnsPolicy`, errors)
  errors.push(...validateLabels(spec.nodeSelector, `${path}.nodeSelector`))
  validatePodSecurityContext(spec.securityContext, spec, `${path}.securityContext`, options, errors)
  validateAffinity(spec.affinity, `${path}.affinity`, options, errors)
  validateDNSConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`, errors)
  spec.readinessGates?.forEach(({ conditionType = '' }, index) => {
    addInvalid(errors, `${path}.readinessGates[${index}].conditionType`, conditionType, isLabelKey(conditionType))
  })
  validateSchedulingGates(spec.schedulingGates, `${path}.schedulingGates`, errors)
  validateTopologySpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`, options, errors)
  validateHostProcesses(spec, path, errors)
  validateHostUsers(spec, path, options.allowUserNamespacesWithDevices === true, errors)
  validateHostnameOverride(spec, path, errors)
  validateNamesAndTimes(spec, path, options, errors)
  validateOS(spec, path, errors)
  validateFileKeyVolumes(spec, path, errors)
  return errors
}

function validateNamesAndTimes(spec: PodSpec, path: string, options: PodValidationOptions, errors: FieldError[]): void {
  const subdomain = (name: string | undefined, field: string): void => {
    if (name) addInvalid(errors, `${path}.${field}`, name, isDNS1123Subdomain(name))
  }
  subdomain(spec.serviceAccountName, 'serviceAccountName')
  subdomain(spec.nodeName, 'nodeName')
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    errors.push(invalid(`${path}.activeDeadlineSeconds`, deadline, inclusiveRange(1, 2147483647)))
  }
  if (spec.hostname) validateLabel(spec.hostname, `${path}.hostname`, errors)
  if (spec.subdomain) validateLabel(spec.subdomain, `${path}.subdomain`, errors)
  validateTolerations(spec.tolerations, `${path}.tolerations`, options, errors)
  validateHostAliases(spec.hostAliases, `${path}.hostAliases`, errors)
  subdomain(spec.priorityClassName, 'priorityClassName')
  if (spec.runtimeClassName !== undefined) {
    const field = `${path}.runtimeClassName`
    addInvalid(errors, field, spec.runtimeClassName, isDNS1123Subdomain(spec.runtimeClassName))
  }
  if (spec.preemptionPolicy !== undefined) {
    const policies = ['PreemptLowerPriority', 'Never']
    requireOneOf(spec.preemptionPolicy, policies, `${path}.preemptionPolicy`, errors)
  }
  if (spec.overhead !== undefined) {
    validateContainerResources({ limits: spec.overhead }, new Set(), `${path}.overhead`, options, errors)
  }
}

function validateOS(spec: PodSpec, path: string, errors: FieldError[]): void {
  if (spec.os === undefined) return
  const { name } = spec.os
  if (!name) errors.push(required(`${path}.os.name`))
  else if (name === 'linux') validateLinuxPod(spec, path, errors)
  else if (name === 'windows') validateWindowsPod(spec, path, errors)
  else validateOneOf(name, ['linux', 'windows'], `${path}.os`, errors)
}
