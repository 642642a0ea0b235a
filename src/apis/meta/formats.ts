/**
 * The formats of names, labels, keys and ports. Each check takes one text (or number) and returns what is wrong with it,
 * as upstream words it; an empty list means that nothing is.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/validation, pkg/api/validate/content (facts: patterns, limits, texts)
 */

/** What is wrong with a text: one sentence for each broken rule. */
export type FormatCheck = (value: string) => readonly string[]

const fine: readonly string[] = []

/** Upstream counts bytes of UTF-8 where it says characters. */
export function byteLength(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) bytes += 1
    else if (code < 0x800) bytes += 2
    else if (code >= 0xd800 && code < 0xdc00) {
      bytes += 4
      i++
    } else bytes += 3
  }
  return bytes
}

const maxCharacters = (max: number): string => `must be no more than ${max} characters`
const maxBytes = (max: number): string => `must be no more than ${max} bytes`
export const emptyText = 'must be non-empty'
export const inclusiveRange = (low: number, high: number): string => `must be between ${low} and ${high}, inclusive`
export const isNegativeText = 'must be greater than or equal to 0'
export const immutableText = 'field is immutable'

function regexText(rule: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${rule} (regex used for validation is '${pattern}')`
  return `${rule} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${pattern}')`
}

const labelFormat = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomainFormat = `${labelFormat}(\\.${labelFormat})*`
const label1035Format = '[a-z]([-a-z0-9]*[a-z0-9])?'
const underscoreLabelFormat = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const underscoreSubdomainFormat = `${underscoreLabelFormat}(\\.${underscoreLabelFormat})*`
const keyFormat = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const valueFormat = `(${keyFormat})?`
const identifierFormat = '[A-Za-z_][A-Za-z0-9_]*'
const percentFormat = '[0-9]+%'
const headerFormat = '[-A-Za-z0-9]+'
const configKeyFormat = '[-._a-zA-Z0-9]+'
const envNameFormat = '[-._a-zA-Z][-._a-zA-Z0-9]*'

const whole = (format: string): RegExp => new RegExp(`^(?:${format})$`)
const labelPattern = whole(labelFormat)
const subdomainPattern = whole(subdomainFormat)
const label1035Pattern = whole(label1035Format)
const underscoreSubdomainPattern = whole(underscoreSubdomainFormat)
const wildcardPattern = whole(`\\*\\.${subdomainFormat}`)
const keyPattern = whole(keyFormat)
const valuePattern = whole(valueFormat)
const identifierPattern = whole(identifierFormat)
const percentPattern = whole(percentFormat)
const headerPattern = whole(headerFormat)
const configKeyPattern = whole(configKeyFormat)
const envNamePattern = whole(envNameFormat)

const keyRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"

/** A name of at most 63 lower-case letters, digits and dashes. */
export function isDNS1123Label(value: string): readonly string[] {
  const long = byteLength(value) > 63
  if (!long && labelPattern.test(value)) return fine
  const errors: string[] = []
  if (long) errors.push(maxCharacters(63))
  if (!labelPattern.test(value)) {
    errors.push(
      subdomainPattern.test(value)
        ? 'must not contain dots'
        : regexText(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            labelFormat,
            'my-name',
            '123-abc',
          ),
    )
  }
  return errors
}

/** Labels joined by dots, at most 253 bytes. */
export function isDNS1123Subdomain(value: string): readonly string[] {
  const long = byteLength(value) > 253
  const matches = subdomainPattern.test(value)
  if (!long && matches) return fine
  const errors: string[] = []
  if (long) errors.push(maxCharacters(253))
  if (!matches) {
    errors.push(
      regexText(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        subdomainFormat,
        'example.com',
      ),
    )
  }
  return errors
}

/** A subdomain whose labels may start with an underscore (DNS search paths). */
export function isDNS1123SubdomainWithUnderscore(value: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(value) > 253) errors.push(maxCharacters(253))
  if (!underscoreSubdomainPattern.test(value)) {
    errors.push(
      regexText(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
        underscoreSubdomainFormat,
        'example.com',
      ),
    )
  }
  return errors
}

/** A subdomain after `*.`. */
export function isWildcardDNS1123Subdomain(value: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(value) > 253) errors.push(maxCharacters(253))
  if (!wildcardPattern.test(value)) {
    errors.push(
      regexText(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        `\\*\\.${subdomainFormat}`,
        '*.example.com',
      ),
    )
  }
  return errors
}

/** A label that starts with a letter: names of Services. */
export function isDNS1035Label(value: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(value) > 63) errors.push(maxCharacters(63))
  if (!label1035Pattern.test(value)) {
    errors.push(
      regexText(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        label1035Format,
        'my-name',
        'abc-123',
      ),
    )
  }
  return errors
}

/** A label key, also called a qualified name: `[prefix/]name`. */
export function isLabelKey(value: string): readonly string[] {
  const slash = value.indexOf('/')
  if (slash < 0 && value.length <= 63 && keyPattern.test(value)) return fine
  const errors: string[] = []
  let name = value
  if (slash >= 0) {
    if (value.indexOf('/', slash + 1) >= 0) {
      const text = regexText(keyRule, keyFormat, 'MyName', 'my.name', '123-abc')
      return [`a valid label key ${text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
    }
    const prefix = value.slice(0, slash)
    name = value.slice(slash + 1)
    if (prefix === '') errors.push(`prefix part ${emptyText}`)
    else for (const text of isDNS1123Subdomain(prefix)) errors.push(`prefix part ${text}`)
  }
  if (name === '') errors.push(`name part ${emptyText}`)
  else if (byteLength(name) > 63) errors.push(`name part ${maxBytes(63)}`)
  if (!keyPattern.test(name)) {
    errors.push(`name part ${regexText(keyRule, keyFormat, 'MyName', 'my.name', '123-abc')}`)
  }
  return errors
}

/** A label value: empty, or at most 63 letters, digits, dashes, underscores and dots. */
export function isLabelValue(value: string): readonly string[] {
  const long = byteLength(value) > 63
  const matches = valuePattern.test(value)
  if (!long && matches) return fine
  const errors: string[] = []
  if (long) errors.push(maxBytes(63))
  if (!matches) {
    errors.push(
      regexText(
        `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
        valueFormat,
        'MyValue',
        'my_value',
        '12345',
      ),
    )
  }
  return errors
}

/** An identifier of C. */
export const isCIdentifier: FormatCheck = (value) =>
  identifierPattern.test(value)
    ? fine
    : [
        regexText(
          "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
          identifierFormat,
          'my_name',
          'MY_NAME',
          'MyName',
        ),
      ]

/** The name of an environment variable in the strict form. */
export const isEnvVarName: FormatCheck = (value) => [
  ...(envNamePattern.test(value)
    ? []
    : [
        regexText(
          "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
          envNameFormat,
          'my.env-name',
          'MY_ENV.NAME',
          'MyEnvName1',
        ),
      ]),
  ...parentPrefix(value),
]

/** The name of an environment variable as v1.34 and later take it: printable ASCII without `=`. */
export function isRelaxedEnvVarName(value: string): readonly string[] {
  if (value === '') return [`environment variable name ${emptyText}`]
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 || code > 0x7e || code === 0x3d) {
      return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    }
  }
  return fine
}

/** A key of a ConfigMap or a Secret. */
export function isConfigMapKey(value: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(value) > 253) errors.push(maxCharacters(253))
  if (!configKeyPattern.test(value)) {
    errors.push(
      regexText(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configKeyFormat,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    )
  }
  errors.push(...parentPrefix(value))
  return errors
}

function parentPrefix(value: string): readonly string[] {
  if (value === '.') return ["must not be '.'"]
  if (value === '..') return ["must not be '..'"]
  return value.startsWith('..') ? ["must not start with '..'"] : fine
}

/** A TCP or UDP port: 1 to 65535. */
export const isValidPortNum = (port: number): readonly string[] => isInRange(port, 1, 65535)
export const isInRange = (value: number, low: number, high: number): readonly string[] =>
  value >= low && value <= high ? fine : [inclusiveRange(low, high)]

/** A user or group id: 0 to 2^31-1. */
export const isValidUserID = (id: number): readonly string[] => isInRange(id, 0, 2147483647)

/** The name of a port: at most 15 letters, digits and single dashes, with a letter. */
export function isValidPortName(port: string): readonly string[] {
  const errors: string[] = []
  if (byteLength(port) > 15) errors.push(maxCharacters(15))
  if (!/^[-a-z0-9]+$/.test(port)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(port)) errors.push('must contain at least one letter (a-z)')
  if (port.includes('--')) errors.push('must not contain consecutive hyphens')
  if (port !== '' && (port.startsWith('-') || port.endsWith('-'))) errors.push('must not begin or end with a hyphen')
  return errors
}

export const isValidPercent: FormatCheck = (value) =>
  percentPattern.test(value)
    ? fine
    : [
        regexText(
          "a valid percent string must be a numeric string followed by an ending '%'",
          percentFormat,
          '1%',
          '93%',
        ),
      ]

export const isHTTPHeaderName: FormatCheck = (value) =>
  headerPattern.test(value)
    ? fine
    : [regexText("a valid HTTP header must consist of alphanumeric characters or '-'", headerFormat, 'X-Header-Name')]

const reasonFormat = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const reasonPattern = whole(reasonFormat)

/** The reason of a condition: one word. */
export const isConditionReason: FormatCheck = (value) =>
  reasonPattern.test(value)
    ? fine
    : [
        regexText(
          "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'",
          reasonFormat,
          'my_name',
          'MY_NAME',
          'MyName',
          'ReasonA,ReasonB',
          'ReasonA:ReasonB',
        ),
      ]

/** A name that can stand in a URL path. */
export function isPathSegmentName(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  return isPathSegmentPrefix(value)
}

export function isPathSegmentPrefix(value: string): readonly string[] {
  return ['/', '%'].filter((char) => value.includes(char)).map((char) => `may not contain '${char}'`)
}
