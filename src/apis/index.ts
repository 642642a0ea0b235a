/** The kinds that are served, each with its rules. */
import { type KubeObject, schema, type TypeName } from '../apimachinery/index.ts'
import { batchStrategies } from './batch/index.ts'
import { coreStrategies } from './core/index.ts'
import { buildStrategy } from './generic/index.ts'
import { otherStrategies } from './other/index.ts'
import type { Strategy } from './strategy.ts'

export type {
  ApiOptions,
  Cell,
  Column,
  DeletionStrategy,
  Propagation,
  Row,
  RowCondition,
  Strategy,
  TableDefinition,
  UpdateStrategy,
  WriteContext,
} from './strategy.ts'

function allStrategies(): ReadonlyMap<TypeName, Strategy> {
  const strategies = new Map<TypeName, Strategy>()
  for (const { resource, type, namespaced } of schema.kinds) {
    if (type === undefined || resource.includes('/')) continue
    strategies.set(type, buildStrategy<KubeObject>({ type, namespaced }))
  }
  for (const strategy of [...coreStrategies, ...batchStrategies, ...otherStrategies]) {
    strategies.set(strategy.type, strategy)
  }
  return strategies
}

/** The rules of every kind with a resource of its own, by the name of its type: `batch.v1.Job`. */
export const strategies: ReadonlyMap<TypeName, Strategy> = allStrategies()
export const strategyOf = (type: TypeName): Strategy | undefined => strategies.get(type)
