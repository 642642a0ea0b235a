export {
  defaultServiceAccount,
  type NamespaceAction,
  type NamespaceContent,
  planNamespaceContent,
  rootCaConfigMap,
} from './plan.ts'
