/**
 * What a pod spec may have only because the stored object has it already. Absent means no: the rules for new objects.
 *
 * @source kubernetes v1.36 pkg/api/pod/util.go, GetValidationOptionsFromPodSpecAndMeta
 */
import type { ObjectMeta } from '../../../apimachinery/index.ts'
import { hasInvalidLabelValue, isLabelValue, validateLabelSelector } from '../../meta/index.ts'
import { isDivisibleByPage, isHugePageResourceName } from '../resources/names.ts'
import { quantityOf, type ResourceList } from '../resources/quantities.ts'
import type { Container, PodSpec, PodTemplateSpec } from '../types.gen.ts'

export type PodValidationOptions = {
  /** The spec of a pod itself, not of a template. */
  readonly resourceIsPod?: boolean
  /** Label selectors of affinities may have values that are no label values. */
  readonly allowInvalidSelectorValues?: boolean
  /** Required node affinities may have values that are no label values. */
  readonly allowInvalidNodeAffinityValues?: boolean
  /** Spread constraints may have malformed label selectors. */
  readonly allowInvalidSpreadSelector?: boolean
  /** Amounts of huge pages need be no multiple of the page. */
  readonly allowIndivisibleHugePages?: boolean
  /** Projected tokens may have absolute paths. */
  readonly allowNonLocalTokenPath?: boolean
  /** The annotation of the deletion cost may be no number. */
  readonly allowInvalidDeletionCost?: boolean
  /** Tolerations may compare numbers. */
  readonly allowTolerationComparison?: boolean
  /** User namespaces and block devices may stand together. */
  readonly allowUserNamespacesWithDevices?: boolean
  /** Volumes may be labelled by mount option. */
  readonly allowAnySELinuxChangePolicy?: boolean
  /** Init containers that are no sidecars may be restarted for a resize. */
  readonly allowResizeRestartOfInitContainers?: boolean
}

/** Whether a text is the whole number that the annotation of the deletion cost must be. */
export const isDeletionCost = (text: string): boolean =>
  /^(0|-?[1-9]\d*)$/.test(text) && Number(text) >= -(2 ** 31) && Number(text) < 2 ** 31

/** The annotation that says which pods of a controller go first. */
export const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost'

/** The rules for a new spec beside a stored one; without a stored one, the rules for new objects. */
export function podValidationOptions(
  old: PodSpec | undefined,
  oldMetadata: ObjectMeta | undefined,
  resourceIsPod: boolean,
): PodValidationOptions {
  if (old === undefined) return { resourceIsPod }
  const cost = oldMetadata?.annotations?.[deletionCostAnnotation]
  const containers = [...(old.containers ?? []), ...(old.initContainers ?? [])]
  return {
    resourceIsPod,
    allowInvalidSelectorValues: affinitySelectors(old).some(hasInvalidLabelValue),
    allowInvalidNodeAffinityValues: hasInvalidNodeAffinityValue(old),
    allowInvalidSpreadSelector: (old.topologySpreadConstraints ?? []).some(
      ({ labelSelector }) => validateLabelSelector(labelSelector, '').length > 0,
    ),
    allowNonLocalTokenPath: (old.volumes ?? []).some(({ projected }) =>
      projected?.sources?.some(({ serviceAccountToken: token }) => token?.path.startsWith('/') === true),
    ),
    allowInvalidDeletionCost: cost !== undefined && !isDeletionCost(cost),
    allowTolerationComparison: (old.tolerations ?? []).some(({ operator }) => operator === 'Lt' || operator === 'Gt'),
    allowUserNamespacesWithDevices:
      old.hostUsers === false && containers.some(({ volumeDevices = [] }) => volumeDevices.length > 0),
    allowAnySELinuxChangePolicy: old.securityContext?.seLinuxChangePolicy !== undefined,
    allowIndivisibleHugePages: [old.overhead, ...containers.flatMap(amountsOf)].some(hasUnevenHugePages),
    allowResizeRestartOfInitContainers: (old.initContainers ?? []).some(
      ({ restartPolicy, resizePolicy = [] }) =>
        restartPolicy !== 'Always' && resizePolicy.some((policy) => policy.restartPolicy === 'RestartContainer'),
    ),
  }
}

const amountsOf = ({ resources }: Container) => [resources?.requests, resources?.limits]
const hasUnevenHugePages = (list: ResourceList | undefined): boolean =>
  Object.entries(list ?? {}).some(
    ([name, amount]) => isHugePageResourceName(name) && !isDivisibleByPage(name, quantityOf(amount)),
  )

/** The same for templates. */
export const podTemplateValidationOptions = (old: PodTemplateSpec | undefined): PodValidationOptions =>
  podValidationOptions(old?.spec, old?.metadata, false)

function affinitySelectors({ affinity }: PodSpec) {
  const sides = [affinity?.podAffinity, affinity?.podAntiAffinity]
  const terms = sides.flatMap((side) => [
    ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  return terms.flatMap(({ labelSelector, namespaceSelector }) => [labelSelector, namespaceSelector])
}

function hasInvalidNodeAffinityValue({ affinity }: PodSpec): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return terms.some(({ matchExpressions = [] }) =>
    matchExpressions.some(({ values = [] }) => values.some((value) => isLabelValue(value).length > 0)),
  )
}
