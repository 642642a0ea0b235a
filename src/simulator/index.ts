export { type Entry, type Scenario, simulateCronJob } from './cronjobs.ts'
