import { anyKind } from '../generic/index.ts'
import type { Strategy } from '../strategy.ts'
import { selfSubjectReviewStrategy, tokenReviewStrategy } from './authentication/reviews.ts'
import {
  localSubjectAccessReviewStrategy,
  selfSubjectAccessReviewStrategy,
  selfSubjectRulesReviewStrategy,
  subjectAccessReviewStrategy,
} from './authorization/reviews.ts'
import { leaseStrategy } from './coordination/lease.ts'
import { eventsEventStrategy } from './events/event.ts'
import { podDisruptionBudgetStrategy } from './policy/pod-disruption-budget.ts'
import { clusterRoleBindingStrategy, roleBindingStrategy } from './rbac/bindings.ts'
import { clusterRoleStrategy, roleStrategy } from './rbac/roles.ts'
import { priorityClassStrategy } from './scheduling/priority-class.ts'

export { defaultTokenRequest, validateTokenRequest } from './authentication/reviews.ts'
export { coreEventOf, eventsEventOf } from './events/event.ts'
export { highestUserPriority, systemPriorities } from './scheduling/priority-class.ts'
export type * from './types.gen.ts'

/** The kinds of these groups, each with its rules. */
export const otherStrategies: readonly Strategy[] = [
  anyKind(clusterRoleBindingStrategy),
  anyKind(clusterRoleStrategy),
  anyKind(eventsEventStrategy),
  anyKind(leaseStrategy),
  anyKind(localSubjectAccessReviewStrategy),
  anyKind(podDisruptionBudgetStrategy),
  anyKind(priorityClassStrategy),
  anyKind(roleBindingStrategy),
  anyKind(roleStrategy),
  anyKind(selfSubjectAccessReviewStrategy),
  anyKind(selfSubjectReviewStrategy),
  anyKind(selfSubjectRulesReviewStrategy),
  anyKind(subjectAccessReviewStrategy),
  anyKind(tokenReviewStrategy),
]
