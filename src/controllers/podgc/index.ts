export {
  defaultTerminatedPodThreshold,
  nodeQuarantine,
  type PodGcAction,
  type PodGcSnapshot,
  planPodGc,
  podGcPeriod,
} from './plan.ts'
