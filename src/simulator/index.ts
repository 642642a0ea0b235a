export { type Entry, type Scenario, simulateCronJob, simulateCronJobs } from './cronjobs.ts'
