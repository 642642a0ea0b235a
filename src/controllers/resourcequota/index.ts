export { planQuotaStatus, type QuotaSnapshot, quotaResources } from './plan.ts'
