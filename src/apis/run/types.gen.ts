// Written by tools/generate-types.ts from schema.json. Do not edit.
import type { ListMeta, ObjectMeta } from '../../apimachinery/index.ts'

export type Run = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: RunSpec
  readonly status: RunStatus
}

export type RunList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Run[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type RunSpec = {
  readonly cronJobName: string
  readonly cronJobUID: string
  readonly scheduledTime: string
}

export type RunStatus = {
  readonly result?: string | undefined
  readonly reason?: string | undefined
  readonly message?: string | undefined
  readonly jobName?: string | undefined
  readonly jobUID?: string | undefined
  readonly startTime?: string | undefined
  readonly finishTime?: string | undefined
  readonly exitCode?: number | undefined
}
