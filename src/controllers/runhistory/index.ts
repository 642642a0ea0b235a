export { type DeleteRun, dueOf, type HistoryLimits, planHistory } from './plan.ts'
