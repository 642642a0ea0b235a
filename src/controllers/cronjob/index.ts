export { tooManyMissedText } from './events.ts'
export { isControlledBy, jobNameFor, scheduledTimeOf } from './job-template.ts'
export { planCronJob } from './plan.ts'
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
  type SlotFate,
} from './snapshot.ts'
