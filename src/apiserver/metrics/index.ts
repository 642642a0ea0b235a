export { type Gauge, type Labels, type Metrics, newMetrics, type Sample } from './metrics.ts'
