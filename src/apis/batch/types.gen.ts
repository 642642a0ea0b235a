// Written by tools/generate-types.ts from schema.json. Do not edit.
import type { LabelSelector, ListMeta, ObjectMeta } from '../../apimachinery/index.ts'
import type { ObjectReference, PodTemplateSpec } from '../core/index.ts'

export type CronJob = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: CronJobSpec
  readonly status: CronJobStatus
}

export type CronJobList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly CronJob[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type CronJobSpec = {
  readonly concurrencyPolicy?: string | undefined
  readonly failedJobsHistoryLimit?: number | undefined
  readonly jobTemplate: JobTemplateSpec
  readonly schedule: string
  readonly startingDeadlineSeconds?: number | undefined
  readonly successfulJobsHistoryLimit?: number | undefined
  readonly suspend?: boolean | undefined
  readonly timeZone?: string | undefined
}

export type CronJobStatus = {
  readonly active?: readonly ObjectReference[] | undefined
  readonly lastScheduleTime?: string | undefined
  readonly lastSuccessfulTime?: string | undefined
}

export type Job = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: JobSpec
  readonly status: JobStatus
}

export type JobCondition = {
  readonly lastProbeTime?: string | undefined
  readonly lastTransitionTime?: string | undefined
  readonly message?: string | undefined
  readonly reason?: string | undefined
  readonly status: string
  readonly type: string
}

export type JobList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Job[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type JobSpec = {
  readonly activeDeadlineSeconds?: number | undefined
  readonly backoffLimit?: number | undefined
  readonly backoffLimitPerIndex?: number | undefined
  readonly completionMode?: string | undefined
  readonly completions?: number | undefined
  readonly managedBy?: string | undefined
  readonly manualSelector?: boolean | undefined
  readonly maxFailedIndexes?: number | undefined
  readonly parallelism?: number | undefined
  readonly podFailurePolicy?: PodFailurePolicy | undefined
  readonly podReplacementPolicy?: string | undefined
  readonly selector?: LabelSelector | undefined
  readonly successPolicy?: SuccessPolicy | undefined
  readonly suspend?: boolean | undefined
  readonly template: PodTemplateSpec
  readonly ttlSecondsAfterFinished?: number | undefined
}

export type JobStatus = {
  readonly active?: number | undefined
  readonly completedIndexes?: string | undefined
  readonly completionTime?: string | undefined
  readonly conditions?: readonly JobCondition[] | undefined
  readonly failed?: number | undefined
  readonly failedIndexes?: string | undefined
  readonly ready?: number | undefined
  readonly startTime?: string | undefined
  readonly succeeded?: number | undefined
  readonly terminating?: number | undefined
  readonly uncountedTerminatedPods?: UncountedTerminatedPods | undefined
}

export type JobTemplateSpec = {
  readonly metadata: ObjectMeta
  readonly spec: JobSpec
}

export type PodFailurePolicy = {
  readonly rules: readonly PodFailurePolicyRule[]
}

export type PodFailurePolicyOnExitCodesRequirement = {
  readonly containerName?: string | undefined
  readonly operator: string
  readonly values: readonly number[]
}

export type PodFailurePolicyOnPodConditionsPattern = {
  readonly status?: string | undefined
  readonly type: string
}

export type PodFailurePolicyRule = {
  readonly action: string
  readonly onExitCodes?: PodFailurePolicyOnExitCodesRequirement | undefined
  readonly onPodConditions?: readonly PodFailurePolicyOnPodConditionsPattern[] | undefined
}

export type SuccessPolicy = {
  readonly rules: readonly SuccessPolicyRule[]
}

export type SuccessPolicyRule = {
  readonly succeededCount?: number | undefined
  readonly succeededIndexes?: string | undefined
}

export type UncountedTerminatedPods = {
  readonly failed?: readonly string[] | undefined
  readonly succeeded?: readonly string[] | undefined
}
