/**
 * What is wrong with a text that is not JSON, in Go's words. Runs only after the native parser has refused the text.
 *
 * @source go 1.26 encoding/json/scanner.go (facts: texts)
 */

const endOfInput = 'unexpected end of JSON input'
/** Deeper nesting than this is refused in Go's words. Go's own bound is 10,000, which is more than our stack can hold. */
export const deepest = 1000

const space = /[ \t\r\n]*/y
const plainText = /[^"\\\x00-\x1f]*/y

/** A byte in single quotes as Go writes it; texts beyond ASCII are told by their first UTF-8 byte. */
function quotedByte(text: string, at: number): string {
  const code = text.codePointAt(at) as number
  const byte =
    code < 0x80 ? code : code < 0x800 ? 0xc0 | (code >> 6) : code < 0x10000 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18)
  if (byte === 39) return "'\\''"
  const short: Record<number, string> = {
    7: '\\a',
    8: '\\b',
    9: '\\t',
    10: '\\n',
    11: '\\v',
    12: '\\f',
    13: '\\r',
    92: '\\\\',
  }
  if (short[byte] !== undefined) return `'${short[byte]}'`
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`
  return `'${String.fromCharCode(byte)}'`
}

/** A position after what was read, or the text of the error. */
type Read = number | string

const failAt = (text: string, at: number, where: string): string =>
  at >= text.length ? endOfInput : `invalid character ${quotedByte(text, at)} ${where}`

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return at + ((pattern.exec(text)?.[0].length as number) ?? 0)
}

function readString(text: string, start: number): Read {
  let at = start
  for (;;) {
    at = skip(plainText, text, at)
    if (text[at] === '"') return at + 1
    if (text[at] !== '\\') return failAt(text, at, 'in string literal')
    const escaped = text[at + 1]
    if (escaped === undefined) return endOfInput
    if (escaped !== 'u') {
      if (!'"\\/bfnrt'.includes(escaped)) return failAt(text, at + 1, 'in string escape code')
      at += 2
      continue
    }
    for (let digit = at + 2; digit < at + 6; digit++) {
      if (!/[0-9a-fA-F]/.test(text[digit] ?? '')) return failAt(text, digit, 'in \\u hexadecimal character escape')
    }
    at += 6
  }
}

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9'

function readNumber(text: string, start: number): Read {
  let at = start
  if (text[at] === '-') {
    at++
    if (!isDigit(text[at])) return failAt(text, at, 'in numeric literal')
  }
  if (text[at] === '0') at++
  else while (isDigit(text[at])) at++
  if (text[at] === '.') {
    at++
    if (!isDigit(text[at])) return failAt(text, at, 'after decimal point in numeric literal')
    while (isDigit(text[at])) at++
  }
  if (text[at] === 'e' || text[at] === 'E') {
    at++
    if (text[at] === '+' || text[at] === '-') at++
    if (!isDigit(text[at])) return failAt(text, at, 'in exponent of numeric literal')
    while (isDigit(text[at])) at++
  }
  return at
}

function readWord(text: string, start: number, word: string): Read {
  for (let index = 1; index < word.length; index++) {
    if (text[start + index] !== word[index]) {
      return failAt(text, start + index, `in literal ${word} (expecting '${word[index]}')`)
    }
  }
  return start + word.length
}

/** Reads a value that is no object and no array. */
function readLiteral(text: string, at: number): Read {
  const char = text[at]
  if (char === '"') return readString(text, at + 1)
  if (char === '-' || isDigit(char)) return readNumber(text, at)
  if (char === 't') return readWord(text, at, 'true')
  if (char === 'f') return readWord(text, at, 'false')
  if (char === 'n') return readWord(text, at, 'null')
  return failAt(text, at, 'looking for beginning of value')
}

/** Reads `"key" :` before a member's value. */
function readKey(text: string, start: number): Read {
  const key = readString(text, start + 1)
  if (typeof key === 'string') return key
  const at = skip(space, text, key)
  return text[at] === ':' ? at + 1 : failAt(text, at, 'after object key')
}

/** What Go says about a text that is not one JSON value; undefined when it is one. */
export function syntaxError(text: string): string | undefined {
  const open: ('{' | '[')[] = []
  let at = skip(space, text, 0)
  for (;;) {
    const start = text[at]
    if (start === '{' || start === '[') {
      open.push(start)
      if (open.length > deepest) return 'exceeded max depth'
      at = skip(space, text, at + 1)
      if (text[at] !== (start === '{' ? '}' : ']')) {
        if (start === '{') {
          if (text[at] !== '"') return failAt(text, at, 'looking for beginning of object key string')
          const read = readKey(text, at)
          if (typeof read === 'string') return read
          at = skip(space, text, read)
        }
        continue
      }
    } else {
      const read = readLiteral(text, at)
      if (typeof read === 'string') return read
      at = skip(space, text, read)
    }
    const next = afterValue(text, at, open)
    if (typeof next === 'string') return next
    if (next === undefined) return undefined
    at = next
  }
}

/** Closes what ends here and goes on to the next value; undefined at the end of a well-formed text. */
function afterValue(text: string, start: number, open: ('{' | '[')[]): Read | undefined {
  let at = start
  for (;;) {
    at = skip(space, text, at)
    const inside = open.at(-1)
    if (inside === undefined) return at >= text.length ? undefined : failAt(text, at, 'after top-level value')
    const close = inside === '{' ? '}' : ']'
    if (text[at] === close) {
      open.pop()
      at++
      continue
    }
    if (text[at] !== ',')
      return failAt(text, at, inside === '{' ? 'after object key:value pair' : 'after array element')
    at = skip(space, text, at + 1)
    if (inside === '[') return at
    if (text[at] !== '"') return failAt(text, at, 'looking for beginning of object key string')
    const read = readKey(text, at)
    return typeof read === 'string' ? read : skip(space, text, read)
  }
}
