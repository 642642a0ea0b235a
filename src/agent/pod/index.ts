export { RESET_REASON, slotOf } from './containers.ts'
export { type PodAction, type PodPlan, planPod } from './lifecycle.ts'
export { type PodEvent, podEvent } from './pod-events.ts'
export {
  type FailedStart,
  type NodeFacts,
  newMemory,
  type PodInput,
  type PodMemory,
  type ProbeFacts,
  shiftMemory,
  type Unhealthy,
} from './pod-input.ts'
