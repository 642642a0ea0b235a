/**
 * What is wrong with the spec of a Job, new or updated.
 *
 * @source kubernetes v1.36 pkg/apis/batch/validation/validation.go, ValidateJob, ValidateJobSpec, ValidateJobUpdate
 */
import {
  child,
  type FieldError,
  invalid,
  keyed,
  type LabelSelector,
  matchesLabels,
  notSupported,
  type ObjectMeta,
  required,
  requirementsOf,
  tooLong,
} from '../../apimachinery/index.ts'
import {
  type PodTemplateSpec,
  type PodValidationOptions,
  podTemplateValidationOptions,
  validatePodTemplateSpec,
} from '../core/index.ts'
import {
  byteLength,
  equal,
  invalidEach,
  isDNS1123Label,
  isDNS1123Subdomain,
  nameIsDNSSubdomain,
  validateCoreObjectMeta,
  validateCoreObjectMetaUpdate,
  validateImmutable,
  validateLabelSelector,
  validateNonnegative,
} from '../meta/index.ts'
import { hasTrueCondition } from './conditions.ts'
import {
  internalPodFailurePolicy,
  internalPodSpec,
  internalPodTemplate,
  internalSuccessPolicy,
} from './internal-form.ts'
import { controllerUidLabel, jobNameLabel, legacyControllerUidLabel, legacyJobNameLabel } from './names.ts'
import { validatePodFailurePolicy, validateSuccessPolicy } from './policy-validation.ts'
import type { Job, JobSpec } from './types.gen.ts'

const maxManagedByBytes = 63
const maxParallelismIndexed = 100_000
const maxFailedIndexesIndexed = 100_000
/** Above so many completions, a Job with a limit per index must bound what the API has to track. */
export const manyCompletions = 100_000
export const manyCompletionsParallelism = 10_000
const manyCompletionsFailedIndexes = 10_000

/** What is wrong with a new Job, besides its metadata. */
export const validateJobCreate = (job: Job): readonly FieldError[] =>
  validateJob(job, true, podTemplateValidationOptions(undefined))

/** The checks of a new Job run again on the updated one, some of them twice: clients see each cause as often as upstream tells it. */
export function validateJobUpdate(job: Job, old: Job): readonly FieldError[] {
  const { metadata, spec } = job
  // A write that leaves the spec alone, as of our controllers, has nothing to be checked there.
  const sameSpec = spec === old.spec && metadata.uid === old.metadata.uid && metadata.name === old.metadata.name
  if (sameSpec) {
    const errors = validateCoreObjectMetaUpdate(metadata, old.metadata)
    // Upstream checks metadata as that of a new object as well, and tells both.
    return errors.length === 0 ? errors : [...validateCoreObjectMeta(metadata, true, nameIsDNSSubdomain), ...errors]
  }
  const oldLabels = old.spec.template.metadata?.labels
  // Jobs from before the labels had a prefix keep working.
  const prefixed = oldLabels?.[jobNameLabel] !== undefined && oldLabels[controllerUidLabel] !== undefined
  const options = podTemplateValidationOptions(old.spec.template)
  return [
    ...validateCoreObjectMeta(metadata, true, nameIsDNSSubdomain),
    ...validateJob(job, prefixed, options),
    ...validateCoreObjectMetaUpdate(metadata, old.metadata),
    ...validateJobSpecUpdate(spec, old, options),
  ]
}

function validateJob(job: Job, prefixedLabels: boolean, options: PodValidationOptions): readonly FieldError[] {
  const { metadata, spec } = job
  const errors: FieldError[] = [
    ...validateGeneratedSelector(job, prefixedLabels),
    ...validateJobSpec(spec, 'spec', options),
  ]
  const { completions = 0 } = spec
  if (spec.completionMode === 'Indexed' && completions > 0) {
    const podName = `${metadata.name ?? ''}-${completions - 1}`
    if (isDNS1123Label(podName).length > 0) {
      const text = `will not able to create pod with invalid DNS label: ${podName}`
      errors.push(invalid('metadata.name', metadata.name ?? '', text))
    }
  }
  return errors
}

/** What stands in the template must be what the API generated, or pods of other Jobs would be counted. */
function validateGeneratedSelector({ metadata, spec }: Job, prefixedLabels: boolean): readonly FieldError[] {
  if (spec.manualSelector === true || spec.selector === undefined) return none
  const { name = '', uid = '' } = metadata
  const expected: Record<string, string> = {
    [legacyControllerUidLabel]: uid,
    [legacyJobNameLabel]: name,
    ...(prefixedLabels ? { [controllerUidLabel]: uid, [jobNameLabel]: name } : {}),
  }
  const template = spec.template.metadata
  // The usual case, without the general way of matching.
  if (uid !== '' && hasLabels(template?.labels, expected) && selectsPlainly(spec.selector, expected)) return none
  const errors: FieldError[] = uid === '' ? [required('metadata.uid')] : []
  errors.push(...Object.keys(expected).flatMap((key) => validateHasLabel(template, key, expected[key] ?? '')))
  const requirements = requirementsOf(spec.selector)
  if (requirements.ok && requirements.value !== undefined && !matchesLabels(requirements.value, expected)) {
    errors.push(invalid('spec.selector', sortedSelector(spec.selector), '`selector` not auto-generated'))
  }
  return errors
}

type Labels = Readonly<Record<string, string>>

const none: readonly FieldError[] = []

function hasLabels(labels: Labels | undefined, wanted: Labels): boolean {
  for (const key in wanted) if (labels?.[key] !== wanted[key]) return false
  return true
}

/** Whether a selector of labels only selects. False may also mean that the general way is needed. */
const selectsPlainly = ({ matchLabels, matchExpressions }: LabelSelector, labels: Labels | undefined): boolean =>
  matchLabels !== undefined && matchExpressions === undefined && hasLabels(labels, matchLabels)

function validateHasLabel(metadata: ObjectMeta | undefined, key: string, expected: string): readonly FieldError[] {
  const labels = metadata?.labels
  const value = labels?.[key]
  const path = keyed('spec.template.metadata.labels', key)
  if (value === undefined) return [required(path, `must be '${expected}'`)]
  return value === expected ? [] : [invalid(path, sortedMap(labels), `must be '${expected}'`)]
}

/** Maps are shown as Go prints them: by key. */
const sortedMap = (map: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> | undefined =>
  map && Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))

function sortedSelector(selector: JobSpec['selector']): JobSpec['selector'] {
  return selector?.matchLabels === undefined ? selector : { ...selector, matchLabels: sortedMap(selector.matchLabels) }
}

/** The spec of a Job of its own, with its selector; `path` is the spec's. */
function validateJobSpec(spec: JobSpec, path: string, options: PodValidationOptions): readonly FieldError[] {
  const errors: FieldError[] = [...validateSpecWithoutSelector(spec, path, options)]
  if (spec.selector === undefined) errors.push(required(child(path, 'selector')))
  else errors.push(...validateLabelSelector(spec.selector, child(path, 'selector')))
  const labels = spec.template.metadata?.labels
  if (spec.selector !== undefined && selectsPlainly(spec.selector, labels)) return errors
  const requirements = requirementsOf(spec.selector)
  const selects = requirements.ok && requirements.value !== undefined && matchesLabels(requirements.value, labels ?? {})
  if (requirements.ok && !selects) {
    const text = '`selector` does not match template `labels`'
    errors.push(invalid(child(path, 'template', 'metadata', 'labels'), sortedMap(labels), text))
  }
  return errors
}

const counters = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const

/** The spec of a Job, or of one that a CronJob will create: everything but the selector. */
export function validateSpecWithoutSelector(
  spec: JobSpec,
  path: string,
  options: PodValidationOptions,
): readonly FieldError[] {
  const errors: FieldError[] = counters.flatMap((name) => validateNonnegative(spec[name] ?? 0, child(path, name)))
  const indexed = spec.completionMode === 'Indexed'
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(child(path, 'backoffLimitPerIndex'), 'when maxFailedIndexes is specified'))
  }
  if (spec.managedBy !== undefined) errors.push(...validateManagedBy(spec.managedBy, child(path, 'managedBy')))
  errors.push(...validateCompletionMode(spec, path))
  if (spec.podFailurePolicy !== undefined) errors.push(...validatePodFailurePolicy(spec, path))
  if (spec.successPolicy !== undefined) {
    if (indexed) errors.push(...validateSuccessPolicy(spec, path))
    else {
      const shown = internalSuccessPolicy(spec.successPolicy)
      errors.push(invalid(child(path, 'successPolicy'), shown, requiresIndexed))
    }
  }
  errors.push(...validatePodReplacementPolicy(spec, child(path, 'podReplacementPolicy')))
  errors.push(...validatePodTemplateSpec(spec.template, child(path, 'template'), options))
  errors.push(...validateRestartPolicy(spec, child(path, 'template', 'spec', 'restartPolicy')))
  return errors
}

const requiresIndexed = 'requires indexed completion mode'
const managedByPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/

/** @source kubernetes v1.36 apimachinery/pkg/util/validation/validation.go, IsDomainPrefixedPath */
function validateManagedBy(value: string, path: string): readonly FieldError[] {
  const errors: FieldError[] = []
  const slash = value.indexOf('/')
  const domain = value.slice(0, slash)
  const rest = value.slice(slash + 1)
  if (value === '') errors.push(required(path))
  else if (slash < 0 || domain === '' || rest === '') {
    errors.push(invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'))
  } else {
    errors.push(...invalidEach(path, domain, isDNS1123Subdomain(domain)))
    if (!managedByPath.test(rest)) {
      const text = `Invalid path (regex used for validation is '${managedByPath.source.slice(1, -1)}')`
      errors.push(invalid(path, rest, text))
    }
  }
  if (byteLength(value) > maxManagedByBytes) errors.push(tooLong(path, maxManagedByBytes))
  return errors
}

function validateCompletionMode(spec: JobSpec, path: string): readonly FieldError[] {
  const { completionMode, backoffLimitPerIndex, maxFailedIndexes } = spec
  switch (completionMode) {
    case 'Indexed':
      return validateIndexed(spec, path)
    case undefined:
    case 'NonIndexed': {
      const given = Object.entries({ backoffLimitPerIndex, maxFailedIndexes })
      return given.flatMap(([name, value]) =>
        value === undefined ? [] : [invalid(child(path, name), value, requiresIndexed)],
      )
    }
    default:
      return [notSupported(child(path, 'completionMode'), completionMode, ['NonIndexed', 'Indexed'])]
  }
}

function validateIndexed(spec: JobSpec, path: string): readonly FieldError[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec
  const errors: FieldError[] = []
  const failedIndexesPath = child(path, 'maxFailedIndexes')
  const atMost = (field: string, value: number, limit: number, when = ''): void => {
    if (value > limit) errors.push(invalid(field, value, `must be less than or equal to ${limit}${when}`))
  }
  if (completions === undefined) errors.push(required(child(path, 'completions'), 'when completion mode is Indexed'))
  atMost(child(path, 'parallelism'), parallelism, maxParallelismIndexed, ' when completion mode is Indexed')
  if (maxFailedIndexes !== undefined) {
    if (completions !== undefined && maxFailedIndexes > completions) {
      errors.push(invalid(failedIndexesPath, maxFailedIndexes, 'must be less than or equal to completions'))
    }
    atMost(failedIndexesPath, maxFailedIndexes, maxFailedIndexesIndexed)
  }
  if ((completions ?? 0) <= manyCompletions || backoffLimitPerIndex === undefined) return errors
  const when = ` when completions are above ${manyCompletions} and used with backoff limit per index`
  if (maxFailedIndexes === undefined) {
    errors.push(required(failedIndexesPath, `must be specified when completions is above ${manyCompletions}`))
  }
  atMost(child(path, 'parallelism'), parallelism, manyCompletionsParallelism, when)
  atMost(failedIndexesPath, maxFailedIndexes ?? 0, manyCompletionsFailedIndexes, when)
  return errors
}

function validatePodReplacementPolicy(
  { podReplacementPolicy, podFailurePolicy }: JobSpec,
  path: string,
): readonly FieldError[] {
  if (podReplacementPolicy === undefined) return []
  const supported = podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
  return supported.includes(podReplacementPolicy) ? [] : [notSupported(path, podReplacementPolicy, supported)]
}

function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: string): readonly FieldError[] {
  const { restartPolicy = '' } = template.spec
  switch (restartPolicy) {
    case 'Never':
      return []
    case 'OnFailure':
      return podFailurePolicy === undefined
        ? []
        : [invalid(path, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified')]
    case '':
    case 'Always':
      return [required(path, 'valid values: "OnFailure", "Never"')]
    default:
      return [notSupported(path, restartPolicy, ['OnFailure', 'Never'])]
  }
}

const immutableAfterTemplate = [
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
] as const

function validateJobSpecUpdate(spec: JobSpec, old: Job, options: PodValidationOptions): readonly FieldError[] {
  const shown: Partial<Record<(typeof immutableAfterTemplate)[number], unknown>> = {
    podFailurePolicy: internalPodFailurePolicy(spec.podFailurePolicy),
    successPolicy: internalSuccessPolicy(spec.successPolicy),
  }
  return [
    ...validateJobSpec(spec, 'spec', options),
    ...validateCompletionsUpdate(spec, old.spec),
    ...(equal(spec.selector, old.spec.selector)
      ? []
      : [invalid('spec.selector', sortedSelector(spec.selector), immutable)]),
    ...validateTemplateUpdate(spec.template, old),
    ...immutableAfterTemplate.flatMap((name) =>
      equal(spec[name], old.spec[name])
        ? []
        : [invalid(child('spec', name), name in shown ? shown[name] : spec[name], immutable)],
    ),
  ]
}

const immutable = 'field is immutable'

/** An Indexed Job may be resized, with as many pods as completions ("elastic"). */
function validateCompletionsUpdate(spec: JobSpec, old: JobSpec): readonly FieldError[] {
  const path = 'spec.completions'
  if (spec.completionMode !== 'Indexed') return validateImmutable(spec.completions, old.completions, path)
  if (spec.completions === old.completions || spec.completions === undefined) return []
  return spec.completions === spec.parallelism
    ? []
    : [invalid(path, spec.completions, 'can only be modified in tandem with spec.parallelism')]
}

/**
 * The template stays as it is, except in a suspended Job that has no pods: where its pods go and what they may use can
 * still be decided then.
 *
 * @source kubernetes v1.36.3 pkg/registry/batch/job/strategy.go, and validation.go, validatePodTemplateUpdate
 */
function validateTemplateUpdate(template: PodTemplateSpec, old: Job): readonly FieldError[] {
  if (equal(template, old.spec.template)) return []
  const stopped = hasTrueCondition(old, 'Suspended') && (old.status.active ?? 0) === 0
  const open = old.spec.suspend === true && (old.status.startTime === undefined || stopped)
  if (!open) return [invalid('spec.template', internalPodTemplate(template), immutable)]
  return equal(template.spec, withOpenFields(old.spec.template.spec, template.spec))
    ? []
    : [invalid('spec.template.spec', internalPodSpec(template.spec), immutable)]
}

type PodSpec = PodTemplateSpec['spec']

/** `old` with the fields of `next` that are open while a Job is suspended. */
function withOpenFields(old: PodSpec, next: PodSpec): PodSpec {
  const { nodeSelector, tolerations, schedulingGates } = next
  return {
    ...old,
    nodeSelector,
    tolerations,
    schedulingGates,
    affinity: withNodeAffinity(old.affinity, next.affinity),
    containers: withResources(old.containers, next.containers) ?? [],
    initContainers: withResources(old.initContainers, next.initContainers),
  }
}

function withNodeAffinity(old: PodSpec['affinity'], next: PodSpec['affinity']): PodSpec['affinity'] {
  const { nodeAffinity: _, ...others } = old ?? {}
  if (next !== undefined) return { ...others, nodeAffinity: next.nodeAffinity }
  return Object.values(others).every((value) => value === undefined) ? undefined : others
}

function withResources<T extends { readonly name: string; readonly resources?: unknown }>(
  old: readonly T[] | undefined,
  next: readonly T[] | undefined,
): readonly T[] | undefined {
  return old?.map((container, index) => {
    const other = next?.[index]
    return other !== undefined && other.name === container.name
      ? { ...container, resources: other.resources }
      : container
  })
}
