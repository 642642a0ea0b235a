export { type DeleteRun, type HistoryLimits, planHistory } from './plan.ts'
