export { type BackoffRecord, backoffDelay, noBackoff } from './backoff.ts'
export { jobSelects } from './claim.ts'
export { isJobFinished, trueCondition } from './conditions.ts'
export { foreignManager } from './facts.ts'
export { asksToFailFast } from './fail-fast.ts'
export { isForgotten } from './orphan.ts'
export { planJob } from './plan.ts'
export { finishTime, isActive, isSettled, isTerminal, isTracked, trackingFinalizer } from './pod.ts'
export {
  defaultJobOptions,
  exactJobOptions,
  type JobAction,
  type JobEvent,
  type JobOptions,
  type JobPlan,
  type JobSnapshot,
  type SyncAction,
} from './snapshot.ts'
export { controllerReference } from './template.ts'
