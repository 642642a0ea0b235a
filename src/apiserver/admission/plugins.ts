import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './resource-quota.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'
import { defaultTolerationSeconds, taintNodesByCondition } from './tolerations.ts'

/**
 * All plugins, in upstream's order. `exact`: also those whose effect only parts that jobd does not have would undo.
 *
 * @source kubernetes v1.36 pkg/kubeapiserver/options/plugins.go, AllOrderedPlugins
 */
export const admissionPlugins = (world: AdmissionWorld, exact: boolean): readonly AdmissionPlugin[] => [
  namespaceLifecycle(world),
  limitRanger(world),
  serviceAccount(world),
  nodeRestriction(world),
  ...(exact ? [taintNodesByCondition()] : []),
  priority(world),
  defaultTolerationSeconds(),
  runtimeClass(),
  resourceQuota(world),
]
