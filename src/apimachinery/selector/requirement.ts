/**
 * One requirement of a label selector, checked as it is made.
 *
 * @source kubernetes v1.36 apimachinery/pkg/labels/selector.go, NewRequirement
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { fieldErrorText, invalid, keyed } from '../field/errors.ts'
import { labelValueProblems, qualifiedNameProblems } from '../validation/names.ts'
import { type LabelOperator, type LabelRequirement, parseInt64 } from './requirements.ts'

const countProblem: Readonly<
  Record<LabelOperator, { readonly wrong: (count: number) => boolean; readonly text: string }>
> = {
  in: { wrong: (count) => count === 0, text: "for 'in', 'notin' operators, values set can't be empty" },
  notin: { wrong: (count) => count === 0, text: "for 'in', 'notin' operators, values set can't be empty" },
  '=': { wrong: (count) => count !== 1, text: 'exact-match compatibility requires one single value' },
  '==': { wrong: (count) => count !== 1, text: 'exact-match compatibility requires one single value' },
  '!=': { wrong: (count) => count !== 1, text: 'exact-match compatibility requires one single value' },
  exists: { wrong: (count) => count !== 0, text: 'values set must be empty for exists and does not exist' },
  '!': { wrong: (count) => count !== 0, text: 'values set must be empty for exists and does not exist' },
  gt: { wrong: (count) => count !== 1, text: "for 'Gt', 'Lt' operators, exactly one value is required" },
  lt: { wrong: (count) => count !== 1, text: "for 'Gt', 'Lt' operators, exactly one value is required" },
}

/** The text for a malformed key at a path, or undefined. */
export function keyProblem(key: string, path: string): string | undefined {
  const problems = qualifiedNameProblems(key)
  return problems.length === 0 ? undefined : fieldErrorText(invalid(path, key, problems.join('; ')))
}

/** The requirement, or all that is wrong with it as one text. */
export function requirement(
  key: string,
  operator: LabelOperator,
  values: readonly string[],
): Result<LabelRequirement, string> {
  const problems: string[] = []
  const badKey = keyProblem(key, 'key')
  if (badKey !== undefined) problems.push(badKey)
  const { wrong, text } = countProblem[operator]
  if (wrong(values.length)) problems.push(fieldErrorText(invalid('values', values, text)))
  if (operator === 'gt' || operator === 'lt') {
    const text = "for 'Gt', 'Lt' operators, the value must be an integer"
    values.forEach((value, index) => {
      if (parseInt64(value) === undefined) problems.push(fieldErrorText(invalid(`values[${index}]`, value, text)))
    })
  }
  values.forEach((value, index) => {
    const bad = labelValueProblems(value)
    if (bad.length > 0) problems.push(fieldErrorText(invalid(keyed(`values[${index}]`, key), value, bad.join('; '))))
  })
  const distinct = [...new Set(problems)]
  if (distinct.length === 0) return ok({ key, operator, values })
  return fail(distinct.length === 1 ? (distinct[0] as string) : `[${distinct.join(', ')}]`)
}
