export { inScope, totalUsage, type Usage, usageOf } from './usage.ts'
