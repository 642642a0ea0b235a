/** The Job's own words read once, with the defaults that decoding gives. */
import type { Job, PodFailurePolicy } from '../../apis/batch/index.ts'

export type JobFacts = {
  readonly job: Job
  /** The number of indexes of an Indexed Job; undefined for the others. */
  readonly indexCount: number | undefined
  readonly completions: number | undefined
  readonly parallelism: number
  readonly backoffLimit: number
  readonly backoffLimitPerIndex: number | undefined
  readonly policy: PodFailurePolicy | undefined
  /** Pods are replaced only when they have failed, not already when they terminate. */
  readonly replacesOnlyFailed: boolean
  readonly suspended: boolean
  readonly deleting: boolean
}

export function factsOf(job: Job): JobFacts {
  const { spec, metadata } = job
  const completions = spec.completions ?? undefined
  return {
    job,
    indexCount: spec.completionMode === 'Indexed' ? (completions ?? 0) : undefined,
    completions,
    parallelism: spec.parallelism ?? 1,
    backoffLimit: spec.backoffLimit ?? 6,
    backoffLimitPerIndex: spec.backoffLimitPerIndex,
    policy: spec.podFailurePolicy,
    replacesOnlyFailed: spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined,
    suspended: spec.suspend === true,
    deleting: metadata.deletionTimestamp !== undefined,
  }
}

const ownName = 'kubernetes.io/job-controller'
const modes: readonly (string | undefined)[] = [undefined, 'NonIndexed', 'Indexed']

/** The name of another controller that this Job belongs to. */
export const foreignManager = ({ spec }: Job): string | undefined =>
  spec.managedBy === undefined || spec.managedBy === ownName ? undefined : spec.managedBy

export const hasKnownMode = ({ spec }: Job): boolean => modes.includes(spec.completionMode)
