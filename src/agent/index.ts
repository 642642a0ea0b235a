export { type Agent, type AgentOptions, startAgent } from './agent.ts'
export type { LogRequest, PodLogs } from './logs/index.ts'
