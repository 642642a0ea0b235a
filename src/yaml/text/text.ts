/**
 * YAML as upstream's API server writes it: sorted keys, sequences not indented under their key, lines folded at 80.
 *
 * @source kubernetes v1.36 sigs.k8s.io/yaml goyaml.v2 (facts: which texts are quoted and how, where lines fold, key order)
 */

const bestWidth = 80

const oldWords =
  /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON|n|N|no|No|NO|false|False|FALSE|off|Off|OFF|~|null|Null|NULL|<<|\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF))$/
const integer = /^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|[0-9][0-9_]*)$/
const float = /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/
const base60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/
const timestamp =
  /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d{2}:\d{2}(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d{1,2}(?::?\d{2})?))?)?$/

/** Whether a text read back without quotes would be something other than a text. */
const resolves = (text: string): boolean =>
  text === '' ||
  oldWords.test(text) ||
  integer.test(text) ||
  float.test(text) ||
  base60.test(text) ||
  timestamp.test(text)

const special = /[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u

/** Whether a text can stand bare in a block. Texts with line breaks never come here. */
function canBePlain(text: string): boolean {
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^(?:---|\.\.\.)/.test(text)) return false
  if (/^[?:-](?:[ \t]|$)/.test(text) || /:(?:[ \t]|$)/.test(text) || /[ \t]#/.test(text)) return false
  return !/^[ \t]|[ \t]$/.test(text) && !text.includes('\t')
}

const pad = (width: number): string => ' '.repeat(width)

/** Breaks at single blanks once the line is longer than the best width; continuation lines stand at `indent`. */
function folded(text: string, column: number, indent: number, inner: (index: number) => boolean): string {
  let out = ''
  let at = column
  let spaces = false
  for (let index = 0; index < text.length; index++) {
    const letter = text[index] as string
    if (letter === ' ' && !spaces && at > bestWidth && inner(index) && text[index + 1] !== ' ') {
      out += `\n${pad(indent)}`
      at = indent
    } else {
      out += letter
      at++
    }
    spaces = letter === ' '
  }
  return out
}

const escapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\xa0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function escaped(letter: string): string {
  const short = escapes[letter]
  if (short !== undefined) return short
  const code = letter.codePointAt(0) as number
  if (!special.test(letter) && letter !== '\ufeff') return letter
  if (code <= 0xff) return `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
  if (code <= 0xffff) return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
  return `\\U${code.toString(16).toUpperCase().padStart(8, '0')}`
}

function doubleQuoted(text: string, column: number, indent: number, fold: boolean): string {
  const letters = Array.from(text)
  let out = '"'
  let at = column + 1
  let spaces = false
  for (const [index, letter] of letters.entries()) {
    if (letter === ' ' && fold && !spaces && at > bestWidth && index > 0 && index < letters.length - 1) {
      out += `\n${pad(indent)}`
      at = indent
      if (letters[index + 1] === ' ') {
        out += '\\'
        at++
      }
      spaces = true
      continue
    }
    const shown = escaped(letter)
    out += shown
    at += shown.length
    spaces = letter === ' '
  }
  return `${out}"`
}

function literal(text: string, indent: number): string {
  const end = /\n*$/.exec(text)?.[0].length ?? 0
  const chomp = end === 0 ? '-' : end === 1 && text.length > 1 ? '' : '+'
  const hint = /^[ \n]/.test(text) ? '2' : ''
  const body = text.slice(0, text.length - (end > 0 ? 1 : 0))
  const lines = body.split('\n').map((line) => (line === '' ? '' : pad(indent) + line))
  return `|${hint}${chomp}\n${lines.join('\n')}`
}

/** A text as a value whose line has `column` letters already; nested lines stand at `indent`. */
function textScalar(text: string, column: number, indent: number): string {
  if (text.includes('\n')) {
    const blockAllowed = !special.test(text) && !/ \n| $/.test(text)
    return blockAllowed ? literal(text, indent) : doubleQuoted(text, column, indent, true)
  }
  if (resolves(text) || special.test(text)) return doubleQuoted(text, column, indent, true)
  if (canBePlain(text)) return folded(text, column, indent, () => true)
  if (/^ | $/.test(text) && text.includes('\n')) return doubleQuoted(text, column, indent, true)
  const last = text.length - 1
  return `'${folded(text, column + 1, indent, (index) => index > 0 && index < last).replaceAll("'", "''")}'`
}

function keyText(key: string): string {
  if (key.includes('\n') || key.length > 128 || resolves(key) || special.test(key))
    return doubleQuoted(key, 0, 0, false)
  return canBePlain(key) ? key : `'${key.replaceAll("'", "''")}'`
}

function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value)
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}

const isLetter = (letter: string): boolean => /\p{L}/u.test(letter)
const digitsAt = (text: string, index: number): string => /^\d*/.exec(text.slice(index))?.[0] ?? ''

/** Letters by code, letters behind everything else, runs of digits by their number. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const x = a[index] as string
    const y = b[index] as string
    if (x === y) continue
    const xLetter = isLetter(x)
    const yLetter = isLetter(y)
    if (xLetter && yLetter) return x < y ? -1 : 1
    if (xLetter || yLetter) return yLetter ? -1 : 1
    const insideNumber = (x === '0' || y === '0') && /[1-9]\d*$/.test(a.slice(0, index))
    const prefix = insideNumber ? '1' : ''
    const xDigits = digitsAt(a, index)
    const yDigits = digitsAt(b, index)
    const difference = Number(prefix + (xDigits || '0')) - Number(prefix + (yDigits || '0'))
    if (xDigits !== '' && yDigits !== '' && difference !== 0) return difference
    if (xDigits.length !== yDigits.length) return xDigits.length - yDigits.length
    return x < y ? -1 : 1
  }
  return a.length - b.length
}

type Mapping = Readonly<Record<string, unknown>>

function mappingText(value: Mapping, indent: number): string {
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort(compareKeys)
  let out = ''
  for (const [index, key] of keys.entries()) {
    if (index > 0) out += pad(indent)
    const name = keyText(key)
    out += `${name}:${valueText(value[key], indent, indent + name.length + 1, false)}`
  }
  return out
}

/** What stands behind `key:` or `-`, with its leading blank or line break and its final line break. */
function valueText(value: unknown, indent: number, column: number, inSequence: boolean): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []\n'
    const deeper = inSequence ? indent + 2 : indent
    const items = value.map((item) => `-${valueText(item, deeper, deeper + 1, true)}`)
    return inSequence ? ` ${items.join(pad(deeper))}` : `\n${pad(deeper)}${items.join(pad(deeper))}`
  }
  if (typeof value === 'object' && value !== null) {
    if (Object.values(value).every((field) => field === undefined)) return ' {}\n'
    const text = mappingText(value as Mapping, indent + 2)
    return inSequence ? ` ${text}` : `\n${pad(indent + 2)}${text}`
  }
  return ` ${scalarText(value, column + 1, indent + 2)}\n`
}

function scalarText(value: unknown, column: number, indent: number): string {
  if (typeof value === 'string') return textScalar(value, column, indent)
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return 'null'
}

/** The YAML document of a JSON value. Fields that are undefined are left out. */
export function yamlText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]\n' : valueText(value, 0, 0, true).slice(1)
  if (typeof value === 'object' && value !== null) {
    const text = mappingText(value as Mapping, 0)
    return text === '' ? '{}\n' : text
  }
  return `${scalarText(value, 0, 2)}\n`
}
