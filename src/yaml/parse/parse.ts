/**
 * YAML as upstream reads it: the words of YAML 1.1 for booleans, dates as texts, keys as texts. The library gives the
 * structure; what plain texts mean is decided here.
 *
 * @source kubernetes v1.36 sigs.k8s.io/yaml goyaml.v2 (facts: what resolves to what, error texts)
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
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
  for (const { index } of text.matchAll(/^---(?=\s|$)/gm)) {
    const before = text.slice(0, index).replace(/^(?:---|%|#).*$/gm, '')
    if (before.trim() !== '') return index
  }
  return text.length
}

const options = { schema: 'failsafe', uniqueKeys: false, strict: false, logLevel: 'silent' } as const

/** The first document of a text, or what is wrong with it as upstream says it. An empty text is null. */
export function parseYaml(text: string): Result<ParsedYaml, string> {
  const lineCounter = new LineCounter()
  return read(parseDocument(text.slice(0, firstDocumentEnd(text)), { ...options, lineCounter }), lineCounter)
}

/** All documents of a text; empty ones are null. Lines count from the start of the text. */
export function parseYamlDocuments(text: string): readonly Result<ParsedYaml, string>[] {
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(text, { ...options, lineCounter })
  return Array.isArray(documents) ? documents.map((document) => read(document, lineCounter)) : []
}

function read(document: Document.Parsed, counter: LineCounter): Result<ParsedYaml, string> {
  const error = document.errors[0]
  if (error !== undefined) {
    const line = error.linePos?.[0].line ?? 1
    // The parser runs out of stack where brackets stand in brackets thousands of times.
    const isDeep = error.message.includes('call stack')
    const what = isDeep ? 'exceeded max depth' : (texts[error.code] ?? 'did not find expected key')
    return fail(line <= 1 ? `yaml: ${what}` : `yaml: line ${line}: ${what}`)
  }
  const reading: Reading = {
    anchors: anchorsOf(document.contents, new Map()),
    lineOf: (node) => counter.linePos((node as Node | null)?.range?.[0] ?? 0).line,
    problems: [],
    nodes: 0,
  }
  try {
    const value = valueOfNode(document.contents, reading)
    const problems = reading.problems.toSorted((a, b) => a.line - b.line).map((problem) => problem.text)
    return ok({ value, problems })
  } catch (thrown) {
    if (!(thrown instanceof YamlError) && !(thrown instanceof RangeError)) throw thrown
    return fail(`yaml: ${thrown instanceof YamlError ? thrown.message : 'exceeded max depth'}`)
  }
}
