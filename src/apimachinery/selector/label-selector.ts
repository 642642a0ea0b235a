/**
 * Label selectors: from text or object to requirements, matching, and back to text.
 *
 * @source kubernetes v1.36 apimachinery/pkg/labels/selector.go and pkg/apis/meta/v1/helpers.go
 */
import { dictionary, fail, ok, type Result } from '../../base/index.ts'
import { quoted } from '../field/errors.ts'
import type { LabelSelector } from '../meta/types.gen.ts'
import { parseLabelRequirements } from './label-parser.ts'
import { requirement } from './requirement.ts'
import {
  everything,
  type LabelOperator,
  type LabelRequirement,
  type LabelRequirements,
  type Labels,
  matchesLabels,
} from './requirements.ts'

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The requirements of a selector's text, sorted by key; the error is the text upstream answers with (400). */
export function parseLabelSelector(text: string): Result<LabelRequirements, string> {
  if (text === '') return ok(everything)
  const parsed = parseLabelRequirements(text)
  return parsed.ok ? ok(parsed.value.toSorted((a, b) => compareText(a.key, b.key))) : parsed
}

/** The canonical text: requirements by commas, values of sets sorted. */
export const printLabelSelector = (requirements: LabelRequirements): string => requirements.map(printOne).join(',')

function printOne({ key, operator, values }: LabelRequirement): string {
  const sorted = values.length > 1 ? values.toSorted(compareText) : values
  switch (operator) {
    case 'exists':
      return key
    case '!':
      return `!${key}`
    case 'in':
    case 'notin':
      return `${key} ${operator} (${sorted.join(',')})`
    case 'gt':
      return `${key}>${sorted.join(',')}`
    case 'lt':
      return `${key}<${sorted.join(',')}`
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${sorted.join(',')}`
  }
}

const objectOperators = dictionary<LabelOperator>({
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
})

/** The same conditions from a LabelSelector object: an empty one matches all; an absent one matches nothing (`undefined`). */
export function requirementsOf(selector: LabelSelector | undefined): Result<LabelRequirements | undefined, string> {
  if (selector === undefined) return ok(undefined)
  const requirements: LabelRequirement[] = []
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    const made = requirement(key, '=', [value])
    if (!made.ok) return made
    requirements.push(made.value)
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = objectOperators[operator]
    if (known === undefined) return fail(`${quoted(operator)} is not a valid label selector operator`)
    const made = requirement(key, known, values ?? [])
    if (!made.ok) return made
    requirements.push(made.value)
  }
  return ok(requirements.toSorted((a, b) => compareText(a.key, b.key)))
}

/** The text of a LabelSelector object as tables show it: `<none>` when empty or absent, `<error>` when malformed. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const requirements = requirementsOf(selector)
  if (!requirements.ok) return '<error>'
  const text = printLabelSelector(requirements.value ?? everything)
  return text === '' ? '<none>' : text
}

/** Whether a LabelSelector object selects the labels; an absent or malformed selector selects nothing. */
export function selectorMatches(selector: LabelSelector | undefined, labels: Labels): boolean {
  const requirements = requirementsOf(selector)
  return requirements.ok && requirements.value !== undefined && matchesLabels(requirements.value, labels)
}
