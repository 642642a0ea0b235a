/**
 * YAML as upstream reads it: the words of YAML 1.1 for booleans, dates as texts, keys as texts. The library gives the
 * structure; what plain texts mean is decided here.
 *
 * @source kubernetes v1.36 sigs.k8s.io/yaml goyaml.v2 (facts: what resolves to what, error texts)
 */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { fail, ok, type Result } from '../../base/index.ts'

/** A parsed document; `problems` are keys that stand twice, as `line 3: key "a" already set in map`. */
export type ParsedYaml = { readonly value: unknown; readonly problems: readonly string[] }

const texts: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'found character that cannot start any token',
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MULTILINE_IMPLICIT_KEY: "could not find expected ':'",
  MISSING_CHAR: 'did not find expected key',
  BAD_INDENT: 'did not find expected key',
  BAD_ALIAS: 'unknown anchor referenced',
  UNEXPECTED_TOKEN: 'did not find expected node content',
  BAD_DQ_ESCAPE: 'found unknown escape character',
}

const truths = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'])
const falsehoods = new Set(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'])
const nulls = new Set(['', '~', 'null', 'Null', 'NULL'])
const notFinite = /^(?:\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF))$/
const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/
const integers: readonly (readonly [RegExp, number])[] = [
  [/^([-+]?)0[xX]([0-9a-fA-F]+)$/, 16],
  [/^([-+]?)0[bB]([01]+)$/, 2],
  [/^([-+]?)0[oO]?([0-7]+)$/, 8],
]

/** What a text without quotes means. */
export function resolvePlain(text: string): string | number | boolean | null {
  if (nulls.has(text)) return null
  if (truths.has(text)) return true
  if (falsehoods.has(text)) return false
  if (!/^[-+.\d]/.test(text)) return text
  const digits = text.replaceAll('_', '')
  for (const [pattern, base] of integers) {
    const match = pattern.exec(digits)
    if (match !== null) return Number.parseInt(match[2] as string, base) * (match[1] === '-' ? -1 : 1)
  }
  return float.test(digits) ? Number(digits) : text
}

/** Nodes that aliases may stand for, all in all. */
const maxNodes = 1_000_000

/** Containers within each other; more than any manifest has, and few enough for the stack. */
const deepest = 1000
/** Words and marks of one document: about what 1.5 MiB, the most that upstream stores, can hold. Each costs about 2 µs. */
const maxWords = 500_000

class YamlError extends Error {}

type Reading = {
  readonly anchors: ReadonlyMap<string, Node>
  readonly lineOf: (node: unknown) => number
  readonly problems: { readonly line: number; readonly text: string }[]
  nodes: number
}

function scalarValue(node: Scalar): unknown {
  const { tag, type } = node
  const source = String(node.value ?? '')
  if (tag === '!!binary' || tag === 'tag:yaml.org,2002:binary') return Buffer.from(source, 'base64').toString('utf8')
  if (type !== 'PLAIN' || tag === '!' || tag === '!!str' || tag === 'tag:yaml.org,2002:str') return source
  if (notFinite.test(source)) throw new YamlError(`json: unsupported value: ${source}`)
  return resolvePlain(source)
}

function setField(object: Record<string, unknown>, key: string, value: unknown): void {
  // By definition, not by assignment: `__proto__` is a key like any other.
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

function mergeInto(object: Record<string, unknown>, node: unknown, reading: Reading): void {
  const sources = isSeq(node) ? node.items : [node]
  for (const source of sources) {
    const value = valueOfNode(source, reading)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new YamlError('map merge requires map or sequence of maps as the value')
    }
    for (const [key, field] of Object.entries(value)) if (!Object.hasOwn(object, key)) setField(object, key, field)
  }
}

function mapValue(map: YAMLMap, reading: Reading): unknown {
  const object: Record<string, unknown> = {}
  const merges: unknown[] = []
  const seen = new Set<string>()
  for (const { key, value } of map.items) {
    if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN') {
      merges.push(value)
      continue
    }
    const name = String(valueOfNode(key, reading))
    if (seen.has(name)) {
      const line = reading.lineOf(key)
      reading.problems.push({ line, text: `line ${line}: key ${JSON.stringify(name)} already set in map` })
    }
    seen.add(name)
    setField(object, name, valueOfNode(value, reading))
  }
  for (const merge of merges) mergeInto(object, merge, reading)
  return object
}

function valueOfNode(node: unknown, reading: Reading): unknown {
  if (++reading.nodes > maxNodes) throw new YamlError('document contains excessive aliasing')
  if (isAlias(node)) {
    const target = reading.anchors.get(node.source)
    if (target === undefined) throw new YamlError(`unknown anchor '${node.source}' referenced`)
    return valueOfNode(target, reading)
  }
  if (isMap(node)) return mapValue(node, reading)
  if (isSeq(node)) return node.items.map((item) => valueOfNode(item, reading))
  return isScalar(node) ? scalarValue(node) : null
}

function anchorsOf(node: unknown, anchors: Map<string, Node>): ReadonlyMap<string, Node> {
  if (isMap(node) || isSeq(node) || isScalar(node)) {
    if (node.anchor !== undefined) anchors.set(node.anchor, node)
  }
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      anchorsOf(key, anchors)
      anchorsOf(value, anchors)
    }
  } else if (isSeq(node)) for (const item of node.items) anchorsOf(item, anchors)
  return anchors
}

/** Where the first document with content ends. */
function firstDocumentEnd(text: string): number {
  let from = 0
  for (const { index } of text.matchAll(/^---(?=\s|$)/gm)) {
    const before = text.slice(from, index).replace(/^(?:---|%|#).*$/gm, '')
    if (before.trim() !== '') return index
    from = index
  }
  return text.length
}

/** Gives the library one word after the other, so that it is stopped before it builds what nobody should send. */
function* tokensOf(text: string, parser: Parser) {
  let words = 0
  for (const word of new Lexer().lex(text)) {
    if (++words > maxWords) throw new YamlError('document has too many parts: send it as JSON')
    for (const token of parser.next(word)) {
      words = 0
      yield token
    }
    if (parser.stack.length > deepest) throw new YamlError(tooDeep)
  }
  yield* parser.end()
}

const tooDeep = 'exceeded max depth'
const options = {
  schema: 'failsafe',
  uniqueKeys: false,
  strict: false,
  logLevel: 'silent',
  prettyErrors: false,
} as const

function* documentsOf(text: string, isForced: boolean): Generator<Result<ParsedYaml, string>> {
  const counter = new LineCounter()
  counter.addNewLine(0)
  const parser = new Parser(counter.addNewLine)
  try {
    for (const document of new Composer(options).compose(tokensOf(text, parser), isForced, text.length)) {
      yield ok(read(document, counter))
    }
  } catch (thrown) {
    // Aliases of aliases can nest deeper than the text does.
    if (thrown instanceof RangeError) yield fail(`yaml: ${tooDeep}`)
    else if (thrown instanceof YamlError) yield fail(`yaml: ${thrown.message}`)
    else throw thrown
  }
}

/** The first document of a text, or what is wrong with it as upstream says it. An empty text is null. */
export function parseYaml(text: string): Result<ParsedYaml, string> {
  for (const document of documentsOf(text.slice(0, firstDocumentEnd(text)), true)) return document
  return ok({ value: null, problems: [] })
}

/** The documents of a text up to the first that is wrong; empty ones are null. Lines count from the start of the text. */
export const parseYamlDocuments = (text: string): readonly Result<ParsedYaml, string>[] => [...documentsOf(text, false)]

function read(document: Document.Parsed, counter: LineCounter): ParsedYaml {
  const error = document.errors[0]
  if (error !== undefined) {
    const { line } = counter.linePos(error.pos[0])
    const what = texts[error.code] ?? 'did not find expected key'
    throw new YamlError(line <= 1 ? what : `line ${line}: ${what}`)
  }
  const reading: Reading = {
    anchors: anchorsOf(document.contents, new Map()),
    lineOf: (node) => counter.linePos((node as Node | null)?.range?.[0] ?? 0).line,
    problems: [],
    nodes: 0,
  }
  const value = valueOfNode(document.contents, reading)
  const problems = reading.problems.toSorted((a, b) => a.line - b.line).map((problem) => problem.text)
  return { value, problems }
}
