/** The kinds that are served, each with its rules. */
import { allKinds, type KubeObject, type TypeName } from '../apimachinery/index.ts'
import { batchStrategies } from './batch/index.ts'
import { coreStrategies } from './core/index.ts'
import { buildStrategy, keepFields } from './generic/index.ts'
import { otherStrategies } from './other/index.ts'
import { runStrategies } from './run/index.ts'
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

type SpecAndStatus = KubeObject & { readonly spec?: unknown; readonly status?: unknown }

/** Each endpoint writes its own half: the main one all but status, `status` all but spec. */
const specAndStatus = {
  prepareForUpdate: (object: KubeObject, old: KubeObject) => keepFields<SpecAndStatus, 'status'>(object, old, 'status'),
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: (object: KubeObject, old: KubeObject) => keepFields<SpecAndStatus, 'spec'>(object, old, 'spec'),
      resetFields: [['spec']],
    },
  },
}

function allStrategies(): ReadonlyMap<TypeName, Strategy> {
  const strategies = new Map<TypeName, Strategy>()
  for (const { resource, type, namespaced } of allKinds) {
    if (type === undefined || resource.includes('/')) continue
    const hasStatus = allKinds.some((kind) => kind.type === type && kind.resource === `${resource}/status`)
    strategies.set(type, buildStrategy<KubeObject>({ type, namespaced, ...(hasStatus ? specAndStatus : {}) }))
  }
  for (const strategy of [...coreStrategies, ...batchStrategies, ...otherStrategies, ...runStrategies]) {
    strategies.set(strategy.type, strategy)
  }
  return strategies
}

/** The rules of every kind with a resource of its own, by the name of its type: `batch.v1.Job`. */
export const strategies: ReadonlyMap<TypeName, Strategy> = allStrategies()
export const strategyOf = (type: TypeName): Strategy | undefined => strategies.get(type)
