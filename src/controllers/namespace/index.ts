export {
  isEmptied,
  type NamespaceDeletionAction,
  type NamespaceSnapshot,
  namespaceFinalizer,
  planNamespaceDeletion,
  type Remainder,
} from './plan.ts'
