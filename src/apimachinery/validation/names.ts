/**
 * The stock rules for names, keys and values: each function returns the texts of what is wrong, none when all is well.
 *
 * Lengths count UTF-8 bytes. Most texts of upstream say "characters" for them, those for labels "bytes".
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/validation/validation.go and apimachinery/pkg/api/validate/content
 */

type Rule = { readonly text: string; readonly format: string; readonly examples: readonly string[] }
type CompiledRule = { readonly pattern: RegExp; readonly problem: string }

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const underscored1123 = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const subdomain1123 = `${label1123}(\\.${label1123})*`

/** How a broken pattern is told: what should be, examples, and the pattern itself. */
export function patternProblem(text: string, format: string, examples: readonly string[] = []): string {
  if (examples.length === 0) return `${text} (regex used for validation is '${format}')`
  return `${text} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}regex used for validation is '${format}')`
}

const compile = ({ text, format, examples }: Rule): CompiledRule => ({
  pattern: new RegExp(`^(?:${format})$`),
  problem: patternProblem(text, format, examples),
})

const dnsLabel = compile({
  text: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  format: label1123,
  examples: ['my-name', '123-abc'],
})
const dnsSubdomain = compile({
  text: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  format: subdomain1123,
  examples: ['example.com'],
})
const underscoredSubdomain = compile({
  text: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  format: `${underscored1123}(\\.${underscored1123})*`,
  examples: ['example.com'],
})
const wildcardSubdomain = compile({
  text: "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  format: `\\*\\.${subdomain1123}`,
  examples: ['*.example.com'],
})
const dns1035Label = compile({
  text: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  format: '[a-z]([-a-z0-9]*[a-z0-9])?',
  examples: ['my-name', 'abc-123'],
})
const qualifiedText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const qualifiedExamples = ['MyName', 'my.name', '123-abc']
const namePart = compile({
  text: `name part ${qualifiedText}`,
  format: qualified,
  examples: qualifiedExamples,
})
const labelKeyProblem = `${patternProblem(`a valid label key ${qualifiedText}`, qualified, qualifiedExamples)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`
const labelValue = compile({
  text: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  format: `(${qualified})?`,
  examples: ['MyValue', 'my_value', '12345'],
})
const cIdentifier = compile({
  text: "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  format: '[A-Za-z_][A-Za-z0-9_]*',
  examples: ['my_name', 'MY_NAME', 'MyName'],
})
const percentage = compile({
  text: "a valid percent string must be a numeric string followed by an ending '%'",
  format: '[0-9]+%',
  examples: ['1%', '93%'],
})
const httpHeader = compile({
  text: "a valid HTTP header must consist of alphanumeric characters or '-'",
  format: '[-A-Za-z0-9]+',
  examples: ['X-Header-Name'],
})
const strictEnvVar = compile({
  text: "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  format: '[-._a-zA-Z][-._a-zA-Z0-9]*',
  examples: ['my.env-name', 'MY_ENV.NAME', 'MyEnvName1'],
})
const configKey = compile({
  text: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  format: '[-._a-zA-Z0-9]+',
  examples: ['key.name', 'KEY_NAME', 'key-name'],
})
const httpPath = compile({ text: 'Invalid path', format: "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+", examples: [] })

const none: readonly string[] = []

/** The number of bytes of a text in UTF-8. */
function byteLength(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    // A surrogate pair is two units and four bytes: each half counts two.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2
  }
  return bytes
}

const isLonger = (text: string, max: number): boolean =>
  text.length > max || (text.length * 3 > max && byteLength(text) > max)

/** The text of a value that is too long, as rules other than those for labels have it. */
export const tooManyCharacters = (max: number): string => `must be no more than ${max} characters`
const tooManyBytes = (max: number): string => `must be no more than ${max} bytes`
const mustNotBeEmpty = 'must be non-empty'

function bounded(value: string, max: number, { pattern, problem }: CompiledRule): readonly string[] {
  const long = isLonger(value, max)
  if (pattern.test(value)) return long ? [tooManyCharacters(max)] : none
  return long ? [tooManyCharacters(max), problem] : [problem]
}

/** A DNS label of RFC 1123: container names, namespaces, host names. */
export function dns1123LabelProblems(value: string): readonly string[] {
  const problems = bounded(value, 63, dnsLabel)
  // A valid subdomain that is no label can only have dots too many.
  if (problems.includes(dnsLabel.problem) && dnsSubdomain.pattern.test(value))
    return problems.map((problem) => (problem === dnsLabel.problem ? 'must not contain dots' : problem))
  return problems
}

/** A DNS subdomain of RFC 1123: names of most objects. */
export const dns1123SubdomainProblems = (value: string): readonly string[] => bounded(value, 253, dnsSubdomain)
/** The same, with underscores allowed: search domains of a pod. */
export const underscoredSubdomainProblems = (value: string): readonly string[] =>
  bounded(value, 253, underscoredSubdomain)
export const wildcardSubdomainProblems = (value: string): readonly string[] => bounded(value, 253, wildcardSubdomain)
/** A DNS label of RFC 1035: names of services. */
export const dns1035LabelProblems = (value: string): readonly string[] => bounded(value, 63, dns1035Label)

/** A qualified name, which label keys are: an optional DNS subdomain and a slash, then a name. */
export function qualifiedNameProblems(value: string): readonly string[] {
  const parts = value.split('/')
  if (parts.length > 2) return [labelKeyProblem]
  const name = parts[parts.length - 1] as string
  const problems: string[] = []
  if (parts.length === 2) {
    const prefix = parts[0] as string
    if (prefix === '') problems.push(`prefix part ${mustNotBeEmpty}`)
    else for (const problem of subdomainProblemsInBytes(prefix)) problems.push(`prefix part ${problem}`)
  }
  if (name === '') problems.push(`name part ${mustNotBeEmpty}`)
  else if (isLonger(name, 63)) problems.push(`name part ${tooManyBytes(63)}`)
  if (!namePart.pattern.test(name)) problems.push(namePart.problem)
  return problems.length === 0 ? none : problems
}

/** The prefix of a label key has its length told in bytes. */
function subdomainProblemsInBytes(value: string): readonly string[] {
  return bounded(value, 253, dnsSubdomain).map((problem) =>
    problem === tooManyCharacters(253) ? tooManyBytes(253) : problem,
  )
}

/** The value of a label; may be empty. */
export function labelValueProblems(value: string): readonly string[] {
  const long = isLonger(value, 63)
  if (labelValue.pattern.test(value)) return long ? [tooManyBytes(63)] : none
  return long ? [tooManyBytes(63), labelValue.problem] : [labelValue.problem]
}

const matching = (value: string, { pattern, problem }: CompiledRule): readonly string[] =>
  pattern.test(value) ? none : [problem]

/** An identifier of the language C. */
export const cIdentifierProblems = (value: string): readonly string[] => matching(value, cIdentifier)
/** A percentage such as `25%`. */
export const percentProblems = (value: string): readonly string[] => matching(value, percentage)
export const httpHeaderNameProblems = (value: string): readonly string[] => matching(value, httpHeader)

/** An environment variable's name as of Kubernetes v1.32: any printable ASCII without `=`. */
export function envVarNameProblems(value: string): readonly string[] {
  const problems: string[] = []
  if (value === '') problems.push(`environment variable name ${mustNotBeEmpty}`)
  if (!/^[ -<>-~]*$/.test(value))
    problems.push("a valid environment variable name must consist only of printable ASCII characters other than '='")
  return problems
}

/** An environment variable's name by the older, stricter rule. */
export const strictEnvVarNameProblems = (value: string): readonly string[] => [
  ...matching(value, strictEnvVar),
  ...parentFolderProblems(value),
]

/** A key of a ConfigMap or Secret, which may become a file name. */
export const configMapKeyProblems = (value: string): readonly string[] => [
  ...bounded(value, 253, configKey),
  ...parentFolderProblems(value),
]

function parentFolderProblems(value: string): readonly string[] {
  if (value === '.') return ["must not be '.'"]
  if (value === '..') return ["must not be '..'"]
  return value.startsWith('..') ? ["must not start with '..'"] : none
}

/** The name of a port of a container. */
export function portNameProblems(value: string): readonly string[] {
  const problems: string[] = []
  if (isLonger(value, 15)) problems.push(tooManyCharacters(15))
  if (!/^[-a-z0-9]+$/.test(value))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)')
  if (value.includes('--')) problems.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen')
  return problems
}

/** A whole number within bounds, both included. */
export const rangeProblems = (value: number, min: number, max: number): readonly string[] =>
  value >= min && value <= max ? none : [`must be between ${min} and ${max}, inclusive`]

export const portNumberProblems = (value: number): readonly string[] => rangeProblems(value, 1, 65535)
/** A user or group id of Unix. */
export const unixIdProblems = (value: number): readonly string[] => rangeProblems(value, 0, 0x7fffffff)

/** A name that may stand as one segment of a URL path: names of roles and bindings, and of every object at least. */
export function pathSegmentNameProblems(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`)
}

/** The beginning of such a name, before a suffix is generated. */
export const pathSegmentPrefixProblems = (value: string): readonly string[] =>
  ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`)

/** What is wrong with `host/path`, and with which part; the value itself when the split fails. Empty is the caller's. */
export function domainPrefixedPathProblems(
  value: string,
): readonly { readonly value: string; readonly problem: string }[] {
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1)
    return [{ value, problem: 'must be a domain-prefixed path (such as "acme.io/foo")' }]
  const host = value.slice(0, slash)
  const path = value.slice(slash + 1)
  return [
    ...dns1123SubdomainProblems(host).map((problem) => ({ value: host, problem })),
    ...matching(path, httpPath).map((problem) => ({ value: path, problem })),
  ]
}
