export { formatMetrics, type MetricFamily, type MetricSample } from './metrics.ts'
export { type Manager, type ManagerContext, type ManagerOptions, startManager } from './start.ts'
