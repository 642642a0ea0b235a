/**
 * YAML bodies as upstream reads them: YAML 1.1 words for booleans, no dates, the first document only, keys as texts.
 * Loaded with the first YAML body.
 *
 * @source kubernetes v1.36 sigs.k8s.io/yaml (facts: what resolves to what, error texts)
 */
import { type Document, isAlias, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument, visit } from 'yaml'
import { fail, ok, type Result } from '../../base/index.ts'
import type { ParsedYaml } from './media.ts'

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
/** Upstream keeps what looks like a date as a text. */
const dropped = new Set(['tag:yaml.org,2002:timestamp'])

function textOfKey(pair: Pair): string {
  const key = pair.key
  if (isScalar(key)) return key.value === null ? 'null' : String(key.value)
  return String(key)
}

/** Keys that stand twice in one mapping, with their lines. */
function repeatedKeys(document: Document, counter: LineCounter): readonly string[] {
  const problems: string[] = []
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>()
      for (const pair of map.items) {
        if (isScalar(pair.key) && pair.key.value === '<<') continue
        const key = textOfKey(pair)
        const range = (pair.key as Node | null)?.range
        if (seen.has(key))
          problems.push(`line ${counter.linePos(range?.[0] ?? 0).line}: key "${key}" already set in map`)
        seen.add(key)
      }
    },
  })
  return problems
}

/** A document as JSON values. Aliases may not repeat more than a bounded number of nodes. */
function plain(value: unknown): unknown {
  if (value instanceof Map) {
    const object: Record<string, unknown> = {}
    for (const [key, field] of value) {
      Object.defineProperty(object, String(key), {
        value: plain(field),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return object
  }
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  return value
}

/** The first document of a text, or what is wrong with it as upstream says it. An empty text is null. */
export function parseYaml(text: string): Result<ParsedYaml, string> {
  const counter = new LineCounter()
  const document = parseDocument(text.slice(0, firstDocumentEnd(text)), {
    version: '1.1',
    uniqueKeys: false,
    lineCounter: counter,
    merge: true,
    strict: false,
    logLevel: 'silent',
    customTags: (tags) =>
      tags.filter(
        (tag) => typeof tag === 'string' || (!dropped.has(tag.tag) && !('format' in tag && tag.format === 'TIME')),
      ),
  })
  const error = document.errors[0]
  if (error !== undefined) {
    const line = error.linePos?.[0].line ?? 1
    const what = texts[error.code] ?? 'did not find expected key'
    return fail(line <= 1 ? `yaml: ${what}` : `yaml: line ${line}: ${what}`)
  }
  let value: unknown
  try {
    value = plain(document.toJS({ mapAsMap: true, maxAliasCount: 100 }))
  } catch {
    return fail('yaml: document contains excessive aliasing')
  }
  if (isAlias(document.contents)) return fail('yaml: unknown anchor referenced')
  return ok({ value, problems: isMap(document.contents) ? repeatedKeys(document, counter) : [] })
}

/** Where the first document with content ends. */
function firstDocumentEnd(text: string): number {
  const marks = [...text.matchAll(/^---(?=[\s]|$)/gm)].map((match) => match.index)
  for (const mark of marks) {
    const before = text
      .slice(0, mark)
      .replace(/^(?:---|%|#).*$/gm, '')
      .trim()
    if (before !== '') return mark
  }
  return text.length
}
