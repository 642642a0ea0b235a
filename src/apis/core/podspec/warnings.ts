/**
 * What is accepted in a pod or template but does not do what it says.
 *
 * @source kubernetes v1.36 pkg/api/pod/warnings.go, pkg/api/node/util.go (facts: conditions, texts)
 */
import { formatQuantity, type ObjectMeta, quoted } from '../../../apimachinery/index.ts'
import { dictionary } from '../../../base/index.ts'
import { ipWarnings, isLabelValue } from '../../meta/index.ts'
import { isFractional, quantityOf, type ResourceList } from '../resources/quantities.ts'
import type { Affinity, Container, NodeSelectorTerm, PodAffinity, PodSpec, PodTemplateSpec } from '../types.gen.ts'
import { appArmorPrefix, seccompContainerPrefix, seccompPodAnnotation } from './annotations.ts'
import { appArmorOfAnnotation, sameProfile } from './app-armor.ts'
import { portWarnings } from './port-warnings.ts'
import { visitContainers } from './visit.ts'
import { volumeWarnings } from './volume-warnings.ts'

/** Warnings about a template at `path`, e.g. `spec.template`. */
export function podTemplateWarnings(template: PodTemplateSpec, path: string): readonly string[] {
  return podWarnings(template.spec, template.metadata, path)
}

/** Warnings about a pod (`path` empty) or about the template at `path`. */
export function podWarnings(spec: PodSpec, metadata: ObjectMeta | undefined, path: string): readonly string[] {
  const prefix = path === '' ? '' : `${path}.`
  const specPath = `${prefix}spec`
  const annotationsPath = `${prefix}metadata.annotations`
  const annotations = metadata?.annotations ?? {}
  const warnings: string[] = []
  schedulingWarnings(spec, specPath, warnings)
  for (const [key, text] of Object.entries(deprecatedAnnotations)) {
    if (annotations[key] !== undefined) warnings.push(`${annotationsPath}[${key}]: ${text}`)
  }
  warnings.push(...volumeWarnings(spec.volumes ?? [], `${specPath}.volumes`))
  listWarnings(spec, specPath, warnings)
  fractionWarnings(spec.overhead, `${specPath}.overhead`, warnings)
  if (spec.securityContext?.seccompProfile === undefined && annotations[seccompPodAnnotation] !== undefined) {
    warnings.push(seccompWarning(annotationsPath, seccompPodAnnotation))
  }
  visitContainers(spec, specPath, (container, at) => {
    containerWarnings(container, at, annotations, annotationsPath, path === '' ? undefined : spec, warnings)
  })
  warnings.push(...portWarnings(spec, specPath))
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1'
    warnings.push(`${specPath}.terminationGracePeriodSeconds: ${text}`)
  }
  affinityWarnings(spec.affinity, `${specPath}.affinity`, warnings)
  spec.dnsConfig?.nameservers?.forEach((address, index) => {
    warnings.push(...ipWarnings(address, `${specPath}.dnsConfig.nameservers[${index}]`))
  })
  spec.hostAliases?.forEach(({ ip }, index) => {
    warnings.push(...ipWarnings(ip, `${specPath}.hostAliases[${index}].ip`))
  })
  return warnings
}

const deprecatedNodeLabels = dictionary<string>({
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
})

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
}

function schedulingWarnings(spec: PodSpec, path: string, warnings: string[]): void {
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const text = deprecatedNodeLabels[key]
    if (text !== undefined) warnings.push(`${path}.nodeSelector[${key}]: ${text}`)
  }
  const nodes = spec.affinity?.nodeAffinity
  const at = `${path}.affinity.nodeAffinity`
  nodes?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.forEach((term, index) => {
    const termPath = `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`
    nodeTermWarnings(term, false, termPath, warnings)
  })
  nodes?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ preference }, index) => {
    const termPath = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`
    nodeTermWarnings(preference, true, termPath, warnings)
  })
  spec.topologySpreadConstraints?.forEach(({ topologyKey, labelSelector }, index) => {
    const constraint = `${path}.topologySpreadConstraints[${index}]`
    const text = deprecatedNodeLabels[topologyKey]
    if (text !== undefined) warnings.push(`${constraint}.topologyKey: ${topologyKey} is ${text}`)
    if (labelSelector === undefined) warnings.push(nullSelector(constraint))
  })
}

const nullSelector = (path: string): string => `${path}.labelSelector: a null labelSelector results in matching no pod`

function nodeTermWarnings(term: NodeSelectorTerm | undefined, values: boolean, path: string, warnings: string[]): void {
  term?.matchExpressions?.forEach((expression, index) => {
    const at = `${path}.matchExpressions[${index}]`
    const text = deprecatedNodeLabels[expression.key]
    if (text !== undefined) warnings.push(`${at}.key: ${expression.key} is ${text}`)
    if (!values) return
    expression.values?.forEach((value, valueIndex) => {
      for (const fault of isLabelValue(value)) {
        warnings.push(`${at}.values[${valueIndex}]: ${value} is invalid, ${fault}`)
      }
    })
  })
}

function listWarnings(spec: PodSpec, path: string, warnings: string[]): void {
  const addresses = new Set<string>()
  spec.hostAliases?.forEach(({ ip }, index) => {
    if (addresses.has(ip)) warnings.push(`${path}.hostAliases[${index}].ip: duplicate ip ${quoted(ip)}`)
    addresses.add(ip)
  })
  const names = new Set<string>()
  spec.imagePullSecrets?.forEach(({ name = '' }, index) => {
    if (names.has(name)) warnings.push(`${path}.imagePullSecrets[${index}].name: duplicate name ${quoted(name)}`)
    names.add(name)
  })
  spec.imagePullSecrets?.forEach(({ name }, index) => {
    if (!name) warnings.push(`${path}.imagePullSecrets[${index}].name: invalid empty name ""`)
  })
}

function fractionWarnings(list: ResourceList | undefined, path: string, warnings: string[]): void {
  for (const name of ['memory', 'ephemeral-storage']) fractionWarning(list, name, path, warnings)
}

function fractionWarning(list: ResourceList | undefined, name: string, path: string, warnings: string[]): void {
  const text = list?.[name]
  if (text === undefined) return
  const quantity = quantityOf(text)
  if (!isFractional(quantity)) return
  const value = quoted(formatQuantity(quantity))
  warnings.push(`${path}[${name}]: fractional byte value ${value} is invalid, must be an integer`)
}

const seccompWarning = (path: string, key: string): string =>
  `${path}[${key}]: non-functional in v1.27+; use the "seccompProfile" field instead`

function containerWarnings(
  container: Container,
  path: string,
  annotations: Readonly<Record<string, string>>,
  annotationsPath: string,
  template: PodSpec | undefined,
  warnings: string[],
): void {
  const seccompKey = `${seccompContainerPrefix}${container.name}`
  if (container.securityContext?.seccompProfile === undefined && annotations[seccompKey] !== undefined) {
    warnings.push(seccompWarning(annotationsPath, seccompKey))
  }
  if (template !== undefined && container.securityContext?.appArmorProfile === undefined) {
    const key = `${appArmorPrefix}${container.name}`
    const text = annotations[key]
    const ofPod = template.securityContext?.appArmorProfile
    if (text !== undefined && (ofPod === undefined || !sameProfile(ofPod, appArmorOfAnnotation(text)))) {
      warnings.push(appArmorWarning(annotationsPath, key))
    }
  }
  const { limits, requests } = container.resources ?? {}
  for (const name of ['memory', 'ephemeral-storage']) {
    fractionWarning(limits, name, `${path}.resources.limits`, warnings)
    fractionWarning(requests, name, `${path}.resources.requests`, warnings)
  }
  envWarnings(container, path, warnings)
}

/** An old annotation that stands where a field is meant. */
export const appArmorWarning = (path: string, key: string): string =>
  `${path}[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`

function envWarnings({ env }: Container, path: string, warnings: string[]): void {
  const names = new Set<string>()
  env?.forEach(({ name, value = '', valueFrom }, index) => {
    const reference = `$(${name})`
    const hides = valueFrom !== undefined || value === reference || !value.includes(reference)
    if (names.has(name) && hides) {
      const text = `hides previous definition of ${quoted(name)}, which may be dropped when using apply`
      warnings.push(`${path}.env[${index}]: ${text}`)
    }
    names.add(name)
  })
}

function affinityWarnings(affinity: Affinity | undefined, path: string, warnings: string[]): void {
  for (const side of ['podAffinity', 'podAntiAffinity'] as const) {
    podAffinityWarnings(affinity?.[side], `${path}.${side}`, warnings)
  }
}

function podAffinityWarnings(affinity: PodAffinity | undefined, path: string, warnings: string[]): void {
  affinity?.requiredDuringSchedulingIgnoredDuringExecution?.forEach(({ labelSelector }, index) => {
    if (labelSelector !== undefined) return
    warnings.push(nullSelector(`${path}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`))
  })
  affinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach(({ podAffinityTerm }, index) => {
    if (podAffinityTerm?.labelSelector !== undefined) return
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
    warnings.push(nullSelector(`${at}.podAffinityTerm`))
  })
}
