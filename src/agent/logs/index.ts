export { createTimeKeeper, type TimeKeeper } from './log-times.ts'
export { type LogSource, openLog } from './open-log.ts'
export type { LogRequest, PodLogs } from './pod-logs.ts'
