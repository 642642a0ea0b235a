/**
 * The grammar of label selectors: `a=b, c!=d, e in (f, g), h notin (i), j, !k, l>5, m<6`.
 *
 * @source kubernetes v1.36 apimachinery/pkg/labels/selector.go, Lexer and Parser
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { keyProblem, requirement } from './requirement.ts'
import type { LabelOperator, LabelRequirement } from './requirements.ts'

type TokenKind = 'end' | 'word' | 'in' | 'notin' | '(' | ')' | ',' | '!' | '==' | '=' | '!=' | '>' | '<'
type Token = { readonly kind: TokenKind; readonly text: string }
type Cursor = { readonly tokens: readonly Token[]; at: number }

// Longest first; everything else up to a blank or one of these characters is a word.
const TOKEN = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^ \t\r\n=!(),<>]+))/y

function scan(text: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  // A NUL ends the text, as it does upstream.
  const input = text.split('\0', 1)[0] as string
  for (let match = TOKEN.exec(input); match !== null; match = TOKEN.exec(input)) {
    const [, symbol, word] = match
    if (symbol !== undefined) tokens.push({ kind: symbol as TokenKind, text: symbol })
    else if (word === 'in' || word === 'notin') tokens.push({ kind: word, text: word })
    else tokens.push({ kind: 'word', text: word as string })
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

const end: Token = { kind: 'end', text: '' }
const peek = (cursor: Cursor): Token => cursor.tokens[cursor.at] ?? end
const take = (cursor: Cursor): Token => cursor.tokens[cursor.at++] ?? end
/** `in` and `notin` are plain words wherever no operator can stand. */
const isWord = ({ kind }: Token): boolean => kind === 'word' || kind === 'in' || kind === 'notin'

/** The requirements in the order of the text. */
export function parseLabelRequirements(text: string): Result<readonly LabelRequirement[], string> {
  const cursor: Cursor = { tokens: scan(text), at: 0 }
  const requirements: LabelRequirement[] = []
  for (;;) {
    const first = peek(cursor)
    if (first.kind === 'end') return ok(requirements)
    if (!isWord(first) && first.kind !== '!')
      return fail(`found '${first.text}', expected: !, identifier, or 'end of string'`)
    const parsed = parseRequirement(cursor)
    if (!parsed.ok) return fail(`unable to parse requirement: ${parsed.error}`)
    requirements.push(parsed.value)
    const next = take(cursor)
    if (next.kind === 'end') return ok(requirements)
    if (next.kind !== ',') return fail(`found '${next.text}', expected: ',' or 'end of string'`)
    const following = peek(cursor)
    if (!isWord(following) && following.kind !== '!')
      return fail(`found '${following.text}', expected: identifier after ','`)
  }
}

function parseRequirement(cursor: Cursor): Result<LabelRequirement, string> {
  let token = take(cursor)
  const negated = token.kind === '!'
  if (negated) token = take(cursor)
  if (!isWord(token)) return fail(`found '${token.text}', expected: identifier`)
  const key = token.text
  // Upstream has no path here, and its text shows it.
  const problem = keyProblem(key, '<nil>')
  if (problem !== undefined) return fail(problem)
  if (negated) return requirement(key, '!', [])
  const next = peek(cursor)
  if (next.kind === 'end' || next.kind === ',') return requirement(key, 'exists', [])
  const operator = parseOperator(take(cursor))
  if (!operator.ok) return operator
  const isSet = operator.value === 'in' || operator.value === 'notin'
  const values = isSet ? parseValues(cursor) : parseExactValue(cursor)
  return values.ok ? requirement(key, operator.value, values.value) : values
}

function parseOperator({ kind, text }: Token): Result<LabelOperator, string> {
  switch (kind) {
    case 'in':
    case 'notin':
    case '=':
    case '==':
    case '!=':
      return ok(kind)
    case '>':
      return ok('gt')
    case '<':
      return ok('lt')
    default:
      return fail(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`)
  }
}

function parseExactValue(cursor: Cursor): Result<readonly string[], string> {
  const { kind } = peek(cursor)
  if (kind === 'end' || kind === ',') return ok([''])
  const token = take(cursor)
  return isWord(token) ? ok([token.text]) : fail(`found '${token.text}', expected: identifier`)
}

function parseValues(cursor: Cursor): Result<readonly string[], string> {
  const open = take(cursor)
  if (open.kind !== '(') return fail(`found '${open.text}' expected: '('`)
  const first = peek(cursor)
  if (first.kind === ')') {
    take(cursor)
    return ok([''])
  }
  if (!isWord(first) && first.kind !== ',') return fail(`found '${first.text}', expected: ',', ')' or identifier`)
  const values = new Set<string>()
  for (;;) {
    const token = take(cursor)
    const next = peek(cursor)
    if (isWord(token)) {
      values.add(token.text)
      if (next.kind !== ',' && next.kind !== ')') return fail(`found '${next.text}', expected: ',' or ')'`)
    } else if (token.kind === ',') {
      // `(,a)`, `(a,)` and `(a,,b)` all hold the empty value.
      if (values.size === 0 || next.kind === ')' || next.kind === ',') values.add('')
    } else {
      return fail(`found '${token.text}', expected: ',', or identifier`)
    }
    if (next.kind === ')') {
      take(cursor)
      return ok([...values].sort())
    }
  }
}
