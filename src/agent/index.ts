export { type Agent, type AgentOptions, startAgent } from './agent.ts'
export type { LogRequest, PodLogs } from './logs/index.ts'
export type { ExecRequest, PodStreams, PortOutput, PortSession, PortTarget } from './streams/index.ts'
