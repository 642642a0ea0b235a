export type { MetricFamily, MetricSample } from './metrics.ts'
export { type Manager, type ManagerContext, type ManagerOptions, startManager } from './start.ts'
