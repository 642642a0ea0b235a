/**
 * Pods.
 *
 * @source kubernetes v1.36 pkg/registry/core/pod/strategy.go (facts: rules, fields, deletion)
 */
import { schema } from '../../../apimachinery/index.ts'
import { formatTime } from '../../../base/index.ts'
import { buildStrategy } from '../../generic/index.ts'
import { ipWarnings, isDNS1123Label } from '../../meta/index.ts'
import type { ApiOptions, Strategy } from '../../strategy.ts'
import { disabledFieldWarnings } from '../podspec/disabled-fields.ts'
import { appArmorWarning, podWarnings } from '../podspec/warnings.ts'
import type { Pod } from '../types.gen.ts'
import { defaultPod } from './defaults.ts'
import {
  appArmorAnnotationsInUse,
  prepareEphemeralContainers,
  preparePodForCreate,
  preparePodForUpdate,
  preparePodStatus,
  prepareResize,
} from './prepare.ts'
import { validatePodResize } from './resize-validation.ts'
import { validateEphemeralContainersUpdate, validatePodStatusUpdate } from './status-validation.ts'
import { podTable } from './table.ts'
import { validatePodCreate, validatePodUpdate } from './validation.ts'

/** All paths of the spec but those that an endpoint writes. */
const specPathsBut = (...kept: readonly string[]): readonly (readonly string[])[] =>
  Object.keys(schema.types['core.v1.PodSpec']?.fields ?? {})
    .filter((name) => !kept.includes(name))
    .map((name) => ['spec', name])

/** Upstream shows the faults of a name as a list in brackets. */
function createWarnings(pod: Pod, requested: Pod | undefined, options: ApiOptions): readonly string[] {
  const warnings: string[] = []
  const annotations = requested?.metadata?.annotations
  if (requested?.spec !== undefined && annotations !== undefined) {
    for (const key of appArmorAnnotationsInUse(requested.spec, annotations)) {
      warnings.push(appArmorWarning('metadata.annotations', key))
    }
  }
  const faults = isDNS1123Label(pod.metadata.name ?? '')
  if (faults.length > 0) {
    const text =
      "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended"
    warnings.push(`metadata.name: ${text}: [${faults.join(' ')}]`)
  }
  warnings.push(...podWarnings(pod.spec, pod.metadata, ''))
  if (!options.exact) {
    warnings.push(
      ...disabledFieldWarnings(requested?.spec, 'spec'),
      ...(options.nodeWarnings?.(pod.spec, 'spec') ?? []),
    )
  }
  return warnings
}

/** How long a pod may take to end: no time at all where nothing runs. */
function gracePeriod({ spec, status }: Pod, requested: number | undefined): number {
  const finished = status?.phase === 'Succeeded' || status?.phase === 'Failed'
  if (!spec.nodeName || finished) return 0
  const seconds = requested ?? spec.terminationGracePeriodSeconds ?? 0
  return seconds < 0 ? 1 : seconds
}

export const podStrategy: Strategy<Pod> = buildStrategy<Pod>({
  type: 'core.v1.Pod',
  namespaced: true,
  defaults: defaultPod,
  prepareForCreate: (pod, { now }) => preparePodForCreate(pod, formatTime(now)),
  metadata: 'Own',
  validateCreate: (pod) => validatePodCreate(pod),
  warningsOnCreate: (pod, { requested, options }) => createWarnings(pod, requested as Pod | undefined, options),
  prepareForUpdate: preparePodForUpdate,
  validateUpdate: (pod, old) => validatePodUpdate(pod, old),
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: preparePodStatus,
      validateUpdate: (pod, old) => validatePodStatusUpdate(pod, old),
      warningsOnUpdate: ({ status }) => [
        ...(status.podIPs ?? []).flatMap(({ ip }, index) => ipWarnings(ip, `status.podIPs[${index}].ip`)),
        ...(status.hostIPs ?? []).flatMap(({ ip }, index) => ipWarnings(ip, `status.hostIPs[${index}].ip`)),
      ],
      resetFields: [['spec'], ['metadata', 'deletionTimestamp'], ['metadata', 'ownerReferences']],
    },
    ephemeralcontainers: {
      prepareForUpdate: prepareEphemeralContainers,
      validateUpdate: (pod, old, { options }) =>
        validateEphemeralContainersUpdate(pod, old, options.noEphemeralContainers),
      resetFields: [['status'], ['metadata'], ...specPathsBut('ephemeralContainers')],
    },
    resize: {
      prepareForUpdate: prepareResize,
      validateUpdate: (pod, old) => validatePodResize(pod, old),
      resetFields: [['status'], ['metadata'], ...specPathsBut('containers', 'initContainers', 'resources')],
    },
  },
  table: podTable,
  fields: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.host': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork === true),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIPs?.[0]?.ip ?? '',
    'status.podIPs': () => '',
    'status.nominatedNodeName': ({ status }) => status?.nominatedNodeName ?? '',
  },
  unknownField: (label) => `field label not supported: ${label}`,
  deletion: { gracePeriod, returnsObject: true },
})
