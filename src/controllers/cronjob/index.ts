export { tooManyMissedText } from './events.ts'
export { isControlledBy, jobNameFor } from './job-template.ts'
export { planCronJob } from './plan.ts'
export { type KeptRuns, keptByDefault, mergeRun, runName, runOfJob, runsOf, runTimes } from './runs.ts'
export { type SeenJob, seenJobOf } from './seen-job.ts'
export {
  type ActionResult,
  type AskingAction,
  type CronJobAction,
  type CronJobEvent,
  type CronJobOptions,
  type CronJobPlan,
  type CronJobSnapshot,
  defaultCronJobOptions,
  exactCronJobOptions,
  hasResult,
  type MissedReason,
  type SkippedReason,
  type SlotFate,
} from './snapshot.ts'
