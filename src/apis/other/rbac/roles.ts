/**
 * Roles and cluster roles.
 *
 * @source kubernetes v1.36 pkg/registry/rbac/{role,clusterrole}/strategy.go
 */
import { buildStrategy } from '../../generic/index.ts'
import { hasInvalidLabelValue, validateCoreObjectMeta, validateCoreObjectMetaUpdate } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import type { ClusterRole, Role } from '../types.gen.ts'
import { rbacName, validateAggregation, validateRules } from './validation.ts'

export const roleStrategy: Strategy<Role> = buildStrategy<Role>({
  type: 'rbac.v1.Role',
  namespaced: true,
  nameRule: rbacName,
  validateCreate: ({ rules }) => validateRules(rules, true),
  validateUpdate: ({ metadata, rules }, old) => [
    ...validateCoreObjectMeta(metadata, true, rbacName),
    ...validateRules(rules, true),
    ...validateCoreObjectMetaUpdate(metadata, old.metadata),
  ],
  allowCreateOnUpdate: true,
})

const roleErrors = ({ rules, aggregationRule }: ClusterRole, lenient: boolean) => [
  ...validateRules(rules, false),
  ...(aggregationRule === undefined ? [] : validateAggregation(aggregationRule.clusterRoleSelectors, lenient)),
]

export const clusterRoleStrategy: Strategy<ClusterRole> = buildStrategy<ClusterRole>({
  type: 'rbac.v1.ClusterRole',
  namespaced: false,
  nameRule: rbacName,
  validateCreate: (role) => roleErrors(role, false),
  validateUpdate: (role, old) => [
    ...validateCoreObjectMeta(role.metadata, false, rbacName),
    ...roleErrors(role, (old.aggregationRule?.clusterRoleSelectors ?? []).some(hasInvalidLabelValue)),
    ...validateCoreObjectMetaUpdate(role.metadata, old.metadata),
  ],
  allowCreateOnUpdate: true,
})
