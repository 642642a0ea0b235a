/**
 * Containers, init containers and ephemeral containers.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validateContainers, validateInitContainers,
 * validateEphemeralContainers, validateContainerCommon
 */
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notFoundField,
  notSupported,
  required,
  tooMany,
} from '../../../apimachinery/index.ts'
import { isValidPortName, isValidPortNum } from '../../meta/index.ts'
import type {
  Container,
  ContainerPort,
  ContainerResizePolicy,
  ContainerRestartRule,
  EphemeralContainer,
  PodSpec,
} from '../types.gen.ts'
import { validateEnv, validateEnvFrom } from './env.ts'
import { addInvalid, requireOneOf, requireText, validateLabel, validateOneOf } from './formats.ts'
import { validateLifecycle, validateProbes } from './handlers.ts'
import { type Volumes, validateVolumeDevices, validateVolumeMounts } from './mounts.ts'
import type { PodValidationOptions } from './options.ts'
import { isSidecar } from './pod-resources.ts'
import { validateContainerResources } from './resources.ts'
import { validateSecurityContext } from './security.ts'
import { pullPolicies } from './volume-sources.ts'

/** What the checks of containers need to know of their pod. */
export type PodFacts = {
  readonly spec: PodSpec
  readonly volumes: Volumes
  readonly claimNames: ReadonlySet<string>
  readonly options: PodValidationOptions
}

const protocols = ['SCTP', 'TCP', 'UDP']

function validatePorts(ports: readonly ContainerPort[] | undefined, path: string, errors: FieldError[]): void {
  const names = new Set<string>()
  ports?.forEach(({ name, containerPort = 0, hostPort = 0, protocol }, index) => {
    const at = `${path}[${index}]`
    if (name) {
      const texts = isValidPortName(name)
      if (texts.length > 0) addInvalid(errors, `${at}.name`, name, texts)
      else if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
      else names.add(name)
    }
    if (containerPort === 0) errors.push(required(`${at}.containerPort`))
    else addInvalid(errors, `${at}.containerPort`, containerPort, isValidPortNum(containerPort))
    if (hostPort !== 0) addInvalid(errors, `${at}.hostPort`, hostPort, isValidPortNum(hostPort))
    requireOneOf(protocol, protocols, `${at}.protocol`, errors)
  })
}

/** Every port of the node is taken once only. */
function validateHostPorts(containers: readonly Container[], path: string, errors: FieldError[]): void {
  const taken = new Set<string>()
  containers.forEach(({ ports = [] }, container) => {
    ports.forEach(({ protocol = '', hostIP = '', hostPort = 0 }, index) => {
      if (hostPort === 0) return
      const key = `${protocol}/${hostIP}/${hostPort}`
      if (taken.has(key)) errors.push(duplicate(`${path}[${container}].ports[${index}].hostPort`, key))
      taken.add(key)
    })
  })
}

function validateResizePolicy(
  policies: readonly ContainerResizePolicy[] | undefined,
  podRestartPolicy: string | undefined,
  path: string,
  errors: FieldError[],
): void {
  const seen = new Set<string>()
  policies?.forEach(({ resourceName = '', restartPolicy = '' }, index) => {
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${index}]`, resourceName))
    seen.add(resourceName)
    requireOneOf(resourceName, ['cpu', 'memory'], path, errors)
    requireOneOf(restartPolicy, ['NotRequired', 'RestartContainer'], path, errors)
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
    }
  })
}

function validateCommon(container: Container, path: string, pod: PodFacts, errors: FieldError[]): void {
  if (!container.name) errors.push(required(`${path}.name`))
  else validateLabel(container.name, `${path}.name`, errors)
  requireText(container.image, `${path}.image`, errors)
  const messagePolicies = ['File', 'FallbackToLogsOnError']
  requireOneOf(container.terminationMessagePolicy, messagePolicies, `${path}.terminationMessagePolicy`, errors)
  validatePorts(container.ports, `${path}.ports`, errors)
  validateEnv(container.env, `${path}.env`, errors)
  validateEnvFrom(container.envFrom, `${path}.envFrom`, errors)
  validateVolumeMounts(container, pod.volumes, `${path}.volumeMounts`, errors)
  validateVolumeDevices(container, pod.volumes, `${path}.volumeDevices`, errors)
  requireOneOf(container.imagePullPolicy, pullPolicies, `${path}.imagePullPolicy`, errors)
  validateContainerResources(container.resources, pod.claimNames, `${path}.resources`, pod.options, errors)
  validateResizePolicy(container.resizePolicy, pod.spec.restartPolicy, `${path}.resizePolicy`, errors)
  validateSecurityContext(container.securityContext, `${path}.securityContext`, pod.spec.hostUsers !== false, errors)
}

const restartPolicies = ['Always', 'Never', 'OnFailure']

function validateRestartRules(
  { restartPolicy, restartPolicyRules = [] }: Container,
  path: string,
  errors: FieldError[],
): void {
  if (restartPolicy === undefined) {
    if (restartPolicyRules.length === 0) return
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'))
  } else validateOneOf(restartPolicy, restartPolicies, `${path}.restartPolicy`, errors)
  const rules = `${path}.restartPolicyRules`
  if (restartPolicyRules.length > 20) errors.push(tooMany(rules, restartPolicyRules.length, 20))
  restartPolicyRules.forEach((rule, index) => {
    validateRestartRule(rule, `${rules}[${index}]`, errors)
  })
}

function validateRestartRule({ action, exitCodes }: ContainerRestartRule, path: string, errors: FieldError[]): void {
  validateOneOf(action ?? '', ['Restart', 'RestartAllContainers'], `${path}.action`, errors)
  if (exitCodes === undefined) {
    errors.push(required(`${path}.exitCodes`, 'must be specified'))
    return
  }
  const { operator = '', values = [] } = exitCodes
  validateOneOf(operator, ['In', 'NotIn'], `${path}.exitCodes.operator`, errors)
  if (values.length > 255) errors.push(tooMany(`${path}.exitCodes.values`, values.length, 255))
}

export function validateContainers(pod: PodFacts, path: string, errors: FieldError[]): void {
  const { spec } = pod
  const containers = spec.containers ?? []
  if (containers.length === 0) {
    errors.push(required(path))
    return
  }
  const names = new Set<string>()
  containers.forEach((container, index) => {
    const at = `${path}[${index}]`
    validateCommon(container, at, pod, errors)
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    names.add(container.name)
    const grace = spec.terminationGracePeriodSeconds
    if (container.lifecycle !== undefined) validateLifecycle(container.lifecycle, grace, `${at}.lifecycle`, errors)
    validateProbes(container, grace, at, errors)
    validateRestartRules(container, at, errors)
  })
  validateHostPorts(containers, path, errors)
}

export function validateInitContainers(pod: PodFacts, path: string, errors: FieldError[]): void {
  const { spec, options } = pod
  const names = new Set((spec.containers ?? []).map(({ name }) => name))
  spec.initContainers?.forEach((container, index) => {
    const at = `${path}[${index}]`
    validateCommon(container, at, pod, errors)
    validateInitRestartPolicy(container, at, errors)
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    else if (container.name) names.add(container.name)
    validateHostPorts([container], path, errors)
    if (isSidecar(container)) {
      const grace = spec.terminationGracePeriodSeconds
      if (container.lifecycle !== undefined) validateLifecycle(container.lifecycle, grace, `${at}.lifecycle`, errors)
      validateProbes(container, grace, at, errors)
    } else {
      forbidForInit(container, at, errors)
      if (options.allowResizeRestartOfInitContainers !== true) forbidResizeRestart(container, at, errors)
    }
  })
}

function validateInitRestartPolicy(container: Container, path: string, errors: FieldError[]): void {
  if (container.restartPolicy !== undefined) {
    validateRestartRules(container, path, errors)
  } else if ((container.restartPolicyRules ?? []).length > 0) {
    errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'))
  }
}

const sidecarFields = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const

function forbidForInit(container: Container, path: string, errors: FieldError[]): void {
  for (const name of sidecarFields) {
    if (container[name] === undefined) continue
    const text = 'may not be set for init containers without restartPolicy=Always'
    errors.push(forbiddenField(`${path}.${name}`, text))
  }
}

function forbidResizeRestart({ resizePolicy = [] }: Container, path: string, errors: FieldError[]): void {
  resizePolicy.forEach(({ restartPolicy }, index) => {
    if (restartPolicy !== 'RestartContainer') return
    const text = "must not be set to 'RestartContainer' for non-sidecar initContainers"
    errors.push(invalid(`${path}.resizePolicy[${index}].restartPolicy`, restartPolicy, text))
  })
}

/** Fields that a container for debugging may not have, in upstream's order. */
const ephemeralForbidden = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const

export function validateEphemeralContainers(pod: PodFacts, path: string, errors: FieldError[]): void {
  const { spec } = pod
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name))
  const names = new Set(others)
  spec.ephemeralContainers?.forEach((container, index) => {
    const at = `${path}[${index}]`
    validateCommon(container, at, pod, errors)
    validateContainerOfPod(container, at, errors)
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !others.has(target)) errors.push(notFoundField(`${at}.targetContainerName`, target))
    forbidForEphemeral(container, at, errors)
  })
}

const isSet = (value: unknown): boolean =>
  value !== undefined && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0)

function forbidForEphemeral(container: EphemeralContainer, path: string, errors: FieldError[]): void {
  const text = 'cannot be set for an Ephemeral Container'
  for (const name of ephemeralForbidden) {
    const value = container[name]
    if (name === 'resources' || Array.isArray(value) ? isSet(value) : value !== undefined) {
      errors.push(forbiddenField(`${path}.${name}`, text))
    }
  }
  container.volumeMounts?.forEach(({ subPath, subPathExpr }, index) => {
    const at = `${path}.volumeMounts[${index}]`
    if (subPath) errors.push(forbiddenField(`${at}.subPath`, text))
    if (subPathExpr) errors.push(forbiddenField(`${at}.subPathExpr`, text))
  })
}

/** What templates may have and pods may not. */
export function validateContainerOfPod({ image = '' }: Container, path: string, errors: FieldError[]): void {
  if (image.trim() !== image) {
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'))
  }
}

/** With the network of the node, a port of a container is the port of the node. */
export function validateHostNetworkPorts(
  spec: PodSpec,
  path: string,
  { resourceIsPod = false }: PodValidationOptions,
  errors: FieldError[],
): void {
  if (spec.hostNetwork !== true) return
  spec.containers?.forEach(({ ports = [] }, container) => {
    ports.forEach(({ hostPort = 0, containerPort = 0 }, index) => {
      if ((!resourceIsPod && hostPort === 0) || hostPort === containerPort) return
      const field = `${path}.containers[${container}].ports[${index}].hostPort`
      errors.push(invalid(field, hostPort, 'must match `containerPort` when `hostNetwork` is true'))
    })
  })
}

/** A restart policy of a pod: required, and one of three. */
export function validatePodRestartPolicy(policy: string | undefined, path: string, errors: FieldError[]): void {
  const supported = ['Always', 'OnFailure', 'Never']
  if (!policy) errors.push(required(path))
  else if (!supported.includes(policy)) errors.push(notSupported(path, policy, supported))
}
