/**
 * Whether the completed indexes are enough by `spec.successPolicy`.
 *
 * @source kubernetes v1.36 pkg/controller/job/success_policy.go, matchSuccessPolicy
 */
import type { SuccessPolicy, SuccessPolicyRule } from '../../apis/batch/index.ts'
import { countCommonIndexes, countIndexes, type IndexSet, parseIndexes } from './indexes.ts'

/** The message of the first rule that is met; undefined when none is, or nothing has completed yet. */
export function metSuccessPolicy(
  policy: SuccessPolicy | undefined,
  completions: number,
  succeeded: IndexSet,
): string | undefined {
  if (policy === undefined || succeeded.length === 0) return undefined
  const met = policy.rules.findIndex((rule) => isMet(rule, completions, succeeded))
  return met < 0 ? undefined : `Matched rules at index ${met}`
}

function isMet({ succeededIndexes, succeededCount }: SuccessPolicyRule, completions: number, succeeded: IndexSet) {
  if (succeededIndexes === undefined) return succeededCount !== undefined && countIndexes(succeeded) >= succeededCount
  const required = parseIndexes(succeededIndexes, completions)
  if (required.length === 0) return false
  const reached = countCommonIndexes(required, succeeded)
  return reached === countIndexes(required) || (succeededCount !== undefined && reached >= succeededCount)
}
