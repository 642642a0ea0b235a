export { type Agent, type AgentOptions, startAgent } from './agent.ts'
export type { LogLimits } from './agent-logs.ts'
export type { JobLogRequest, LogRequest, PodLogs } from './logs/index.ts'
export type { ExecRequest, PodStreams, PortOutput, PortSession, PortTarget } from './streams/index.ts'
