/**
 * Whether two values of the API mean the same.
 *
 * @source kubernetes v1.36 apimachinery/pkg/api/equality (facts: empty and absent lists and maps are equal)
 */

/**
 * Deep equality in which an absent list equals an empty one, and keys without a value count as absent.
 * The same object is equal without a look inside, so that shared parts cost nothing.
 */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (a === undefined || a === null) return b === undefined || b === null || isEmptyList(b)
  if (b === undefined || b === null) return isEmptyList(a)
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!equal(a[i], b[i])) return false
    return true
  }
  return equalFields(a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>)
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

function equalFields(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  for (const key in a) if (!equal(a[key], b[key])) return false
  for (const key in b) if (!(key in a) && !equal(undefined, b[key])) return false
  return true
}
