export { expiryOf, planTtl, type TtlAction } from './plan.ts'
