export {
  createPodStreams,
  type ExecRequest,
  type PodStreams,
  type PortOutput,
  type PortSession,
  type PortTarget,
} from './pod-streams.ts'
