export {
  anyKind,
  buildStrategy,
  changed,
  countGeneration,
  firstGeneration,
  type KindDefinition,
  keepFields,
  keepGeneration,
  type UpdateDefinition,
} from './strategy.ts'
