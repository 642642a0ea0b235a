/**
 * Field selectors: `metadata.name=a,status.phase!=Failed`, with `\\`, `\,` and `\=` as escapes in values.
 *
 * @source kubernetes v1.36 apimachinery/pkg/fields/selector.go
 */
import { fail, ok, type Result } from '../../base/index.ts'

/** One condition on one field's text; absent fields read as the empty text. */
export type FieldRequirement = {
  readonly field: string
  readonly operator: '=' | '!='
  readonly value: string
}
export type FieldRequirements = readonly FieldRequirement[]

/**
 * The requirements, sorted by their text as upstream does, so that the first unknown label is the same one.
 * Whether labels are known is the caller's to check. The error is the text upstream answers with (400).
 */
export function parseFieldSelector(text: string): Result<FieldRequirements, string> {
  const requirements: FieldRequirement[] = []
  for (const term of splitTerms(text).sort()) {
    if (term === '') continue
    const split = splitTerm(term)
    if (split === undefined) return fail(`invalid selector: '${text}'; can't understand '${term}'`)
    const value = unescapeValue(split.raw)
    if (!value.ok) return value
    requirements.push({ field: split.field, operator: split.operator, value: value.value })
  }
  return ok(requirements)
}

/** The canonical text. */
export const printFieldSelector = (requirements: FieldRequirements): string =>
  requirements.map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`).join(',')

/** Whether all requirements hold, given how to read a field's text. */
export const matchesFields = (requirements: FieldRequirements, read: (field: string) => string): boolean =>
  requirements.every(({ field, operator, value }) => (read(field) === value) === (operator === '='))

const escapeValue = (value: string): string => value.replace(/[\\,=]/g, '\\$&')

/** Splits at commas that no backslash protects; the backslashes stay. */
function splitTerms(text: string): string[] {
  const terms: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === ',') {
      terms.push(text.slice(start, at))
      start = at + 1
    }
  }
  terms.push(text.slice(start))
  return terms
}

function splitTerm(term: string): { field: string; operator: '=' | '!='; raw: string } | undefined {
  const match = /!=|==|=/.exec(term)
  if (match === null) return undefined
  const field = term.slice(0, match.index)
  return { field, operator: match[0] === '!=' ? '!=' : '=', raw: term.slice(match.index + match[0].length) }
}

function unescapeValue(raw: string): Result<string, string> {
  if (!/[\\,=]/.test(raw)) return ok(raw)
  let value = ''
  let escaped = false
  for (const char of raw) {
    const special = char === '\\' || char === ',' || char === '='
    if (escaped) {
      if (!special) return fail(`invalid field selector: invalid escape sequence: \\${char}`)
      value += char
      escaped = false
    } else if (char === '\\') {
      escaped = true
    } else if (special) {
      // Upstream prints the number of the character.
      return fail(`invalid field selector: unescaped character in value: ${char.codePointAt(0)}`)
    } else {
      value += char
    }
  }
  return escaped ? fail('invalid field selector: invalid escape sequence: \\') : ok(value)
}
