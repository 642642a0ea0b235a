/** The structured selector (`matchLabels`, `matchExpressions`) as Jobs, budgets and quotas carry it. */
import type { LabelSelector, LabelSelectorRequirement } from '../meta/types.gen.ts'

type Labels = Readonly<Record<string, string>>
const none: Labels = {}

function meets(labels: Labels, { key, operator, values = [] }: LabelSelectorRequirement): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

/**
 * Whether a selector selects labels. No selector selects nothing, an empty one everything; an unknown operator selects
 * nothing.
 *
 * @source kubernetes v1.36 apimachinery/pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector
 */
export function selectsLabels(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false
  const given = labels ?? none
  const { matchLabels, matchExpressions } = selector
  if (matchLabels !== undefined) {
    for (const key in matchLabels) if (given[key] !== matchLabels[key]) return false
  }
  return matchExpressions === undefined || matchExpressions.every((requirement) => meets(given, requirement))
}
