export { requestsOf } from './fit.ts'
export { type Scheduler, startScheduler } from './scheduler.ts'
