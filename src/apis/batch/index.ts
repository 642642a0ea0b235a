export { type BeforeEdit, beforeEditsOf, suspenderOf } from './before-edit.ts'

import { anyKind } from '../generic/index.ts'
import type { Strategy } from '../strategy.ts'
import { cronJobStrategy } from './cronjob-strategy.ts'
import { jobStrategy } from './job-strategy.ts'

export { finishedCondition, hasTrueCondition, isJobFinished, trueCondition } from './conditions.ts'
export { lastResultOf, nextDue } from './cronjob-table.ts'
export { gangScheduling } from './job-strategy.ts'
export { exitOf, resultOf } from './job-table.ts'
export {
  beforeEditAnnotation,
  completionIndexLabel,
  controllerUidLabel,
  cronJobInstantiateAnnotation,
  cronJobScheduledTimestampAnnotation,
  editedAtAnnotation,
  exitCodeAnnotation,
  failFastAnnotation,
  jobControllerName,
  jobNameLabel,
  jobTrackingFinalizer,
  lastResultAnnotation,
  legacyControllerUidLabel,
  legacyJobNameLabel,
  tooManyMissedAnnotation,
} from './names.ts'
export type * from './types.gen.ts'

/** The kinds of this group that have rules of their own. */
export const batchStrategies: readonly Strategy[] = [anyKind(jobStrategy), anyKind(cronJobStrategy)]
