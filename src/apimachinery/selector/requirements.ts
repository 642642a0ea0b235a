/**
 * What label selectors are made of, and whether labels fulfil them.
 *
 * @source kubernetes v1.36 apimachinery/pkg/labels/selector.go, Requirement
 */
export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

/** One condition on one label. `values` holds none for `exists` and `!`, one for `=`, `==`, `!=`, `gt`, `lt`. */
export type LabelRequirement = {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

/** All requirements must hold, so none match everything; undefined labels stand for no labels. */
export type LabelRequirements = readonly LabelRequirement[]

export const everything: LabelRequirements = []

export type Labels = Readonly<Record<string, string>> | undefined

/** Whether labels fulfil all requirements. */
export function matchesLabels(requirements: LabelRequirements, labels: Labels): boolean {
  for (const one of requirements) if (!matchesOne(one, labels)) return false
  return true
}

function matchesOne({ key, operator, values }: LabelRequirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value)
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case '!':
      return value === undefined
    case 'gt':
    case 'lt': {
      const left = value === undefined ? undefined : parseInt64(value)
      const right = parseInt64(values[0] ?? '')
      if (left === undefined || right === undefined) return false
      return operator === 'gt' ? left > right : left < right
    }
  }
}

/** A decimal integer of 64 bits, or undefined. */
export function parseInt64(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text)) return undefined
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}
