/**
 * The bridge from client-side to server-side apply: the annotation in which kubectl keeps what it applied last.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/managedfields/internal/{lastapplied,lastappliedmanager,
 * lastappliedupdater}.go
 */
import { jsonValue } from '../decode/json.ts'
import type { TypeName } from '../schema/schema.ts'
import { compare } from './compare.ts'
import { difference, type Fields } from './field-set.ts'
import { sortedJson } from './go-json.ts'
import { isObject, type JsonObject, member, withMember, withoutMember } from './json-value.ts'
import { typeNode } from './type-node.ts'
import { fieldsOf, problemsOf } from './typed.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const maxAnnotationBytes = 256 * 1024

function annotationsOf(object: JsonObject): JsonObject | undefined {
  const metadata = member(object, 'metadata')
  const annotations = isObject(metadata) ? member(metadata, 'annotations') : undefined
  return isObject(annotations) ? annotations : undefined
}

function withAnnotations(object: JsonObject, annotations: JsonObject): JsonObject {
  const metadata = member(object, 'metadata')
  return withMember(object, 'metadata', withMember(isObject(metadata) ? metadata : {}, 'annotations', annotations))
}

/**
 * The fields that client-side apply set and that still have its values: kubectl may take them over without a conflict.
 * Undefined when the object has no such annotation, or one that cannot be read.
 */
export function allowedByLastApplied(
  live: JsonObject,
  { type, apiVersion }: { readonly type: TypeName; readonly apiVersion: string },
): Fields {
  const text = annotationsOf(live)?.[lastApplied]
  if (typeof text !== 'string' || text === '') return undefined
  const config = jsonValue(text)
  const node = typeNode(type)
  if (!isObject(config) || config['apiVersion'] !== apiVersion || problemsOf(node, config).length > 0) return undefined
  const change = compare(node, config, live)
  return difference(difference(fieldsOf(node, config), change?.changed), change?.removed)
}

/** The object with the annotation renewed, where it has one: client-side apply then knows what was applied. */
export function withLastApplied(object: JsonObject, config: JsonObject): JsonObject {
  const annotations = annotationsOf(object)
  if (annotations === undefined || !annotations[lastApplied]) return object
  const own = annotationsOf(config)
  const bare = own === undefined ? config : withAnnotations(config, withoutMember(own, lastApplied))
  const text = `${sortedJson(bare)}\n`
  const next = withMember(annotations, lastApplied, text)
  const bytes = Object.entries(next).reduce((sum, [key, value]) => sum + utf8Length(key) + utf8Length(String(value)), 0)
  return withAnnotations(object, bytes > maxAnnotationBytes ? withoutMember(next, lastApplied) : next)
}

const utf8Length = (text: string): number => {
  let bytes = 0
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}
