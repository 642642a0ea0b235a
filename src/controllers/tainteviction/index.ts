export {
  noExecuteTaints,
  planTaintEviction,
  type SeenTaint,
  type TaintEvictionAction,
  type TaintEvictionSnapshot,
} from './plan.ts'
