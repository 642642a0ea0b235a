export {
  createPodStreams,
  type ExecRequest,
  type PodStreams,
  type PortEnd,
  type PortOutput,
  type PortSession,
  type PortTarget,
} from './pod-streams.ts'
