/**
 * OpenAPI documents in the protobuf form of gnostic, which is what kubectl reads of OpenAPI 2. Written from the JSON form:
 * only what our documents hold is known here.
 *
 * @source google/gnostic openapiv2/OpenAPIv2.proto, openapiv3/OpenAPIv3.proto (facts: field numbers)
 */
import {
  newWriter,
  numberTag,
  putBytes,
  putLength,
  putText,
  putVarint,
  size,
  sizedTag,
  type Writer,
  written,
} from '../../apimachinery/index.ts'
import type { Json, JsonObject } from './schemas.ts'

/** Writes the fields of a message. Writers run from the end to the start, so the last field comes first. */
type Content = (writer: Writer, value: Json) => void
/** Writes what an object holds under one key. */
type Part = (writer: Writer, object: JsonObject) => void

const fixed64 = 1

function putField(writer: Writer, field: number, content: Content, value: Json): void {
  const before = size(writer)
  content(writer, value)
  putLength(writer, sizedTag(field), before)
}

const textContent: Content = (writer, value) => putText(writer, String(value))
const asObject = (value: Json): JsonObject => value as JsonObject
const asList = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : [])

const part =
  (field: number, key: string, content: Content): Part =>
  (writer, object) => {
    const value = object[key]
    if (value !== undefined) putField(writer, field, content, value)
  }
const text = (field: number, key: string): Part => part(field, key, textContent)
const parts =
  (field: number, key: string, content: Content): Part =>
  (writer, object) => {
    for (const value of asList(object[key]).toReversed()) putField(writer, field, content, value)
  }
const texts = (field: number, key: string): Part => parts(field, key, textContent)
const flag =
  (field: number, key: string): Part =>
  (writer, object) => {
    if (object[key] === true) putFlag(writer, field, true)
  }

const message =
  (...fields: readonly Part[]): Content =>
  (writer, value) => {
    for (const field of fields.toReversed()) field(writer, asObject(value))
  }
/** One case of a union: a message whose only field is the case that was taken. */
const wrapped =
  (field: number, content: Content): Content =>
  (writer, value) =>
    putField(writer, field, content, value)
/** A map, as a list of names and values. */
const entries =
  (field: number, content: Content): Content =>
  (writer, value) => {
    for (const [name, each] of Object.entries(asObject(value)).toReversed())
      putNamed(writer, field, name, content, each)
  }

function putNamed(writer: Writer, field: number, name: string, content: Content, value: Json): void {
  const before = size(writer)
  putField(writer, 2, content, value)
  putField(writer, 1, textContent, name)
  putLength(writer, sizedTag(field), before)
}

/** Any value, as YAML text; JSON is YAML. */
const anyContent: Content = (writer, value) => putField(writer, 2, textContent, `${JSON.stringify(value)}\n`)
const extensions =
  (field: number): Part =>
  (writer, object) => {
    for (const [name, value] of Object.entries(object).toReversed()) {
      if (name.startsWith('x-')) putNamed(writer, field, name, anyContent, value)
    }
  }
const lazy =
  (content: () => Content): Content =>
  (writer, value) =>
    content()(writer, value)

const info = (version: number): Content => message(text(1, 'title'), text(version, 'version'))
const security: Content = entries(1, (writer, scopes) => {
  for (const scope of asList(scopes).toReversed()) putField(writer, 1, textContent, scope)
})

const schemaV2: Content = message(
  text(1, '$ref'),
  text(2, 'format'),
  text(4, 'description'),
  part(5, 'default', anyContent),
  texts(19, 'required'),
  parts(20, 'enum', anyContent),
  part(
    21,
    'additionalProperties',
    wrapped(
      1,
      lazy(() => schemaV2),
    ),
  ),
  part(22, 'type', wrapped(1, textContent)),
  part(
    23,
    'items',
    wrapped(
      1,
      lazy(() => schemaV2),
    ),
  ),
  part(
    25,
    'properties',
    entries(
      1,
      lazy(() => schemaV2),
    ),
  ),
  extensions(31),
)

const bodyParameter = message(
  text(1, 'description'),
  text(2, 'name'),
  text(3, 'in'),
  flag(4, 'required'),
  part(5, 'schema', schemaV2),
)
const pathParameter = message(
  flag(1, 'required'),
  text(2, 'in'),
  text(3, 'description'),
  text(4, 'name'),
  text(5, 'type'),
  flag(19, 'uniqueItems'),
)
const queryParameter = message(
  flag(1, 'required'),
  text(2, 'in'),
  text(3, 'description'),
  text(4, 'name'),
  text(6, 'type'),
  flag(20, 'uniqueItems'),
)

/** A parameter stands in unions of three levels: no reference, body or not, and where it is. */
const parameterV2: Content = (writer, value) => {
  const place = asObject(value)['in']
  const content =
    place === 'body'
      ? wrapped(1, bodyParameter)
      : wrapped(2, place === 'path' ? wrapped(4, pathParameter) : wrapped(3, queryParameter))
  wrapped(1, content)(writer, value)
}

const responseV2 = message(text(1, 'description'), part(2, 'schema', wrapped(1, schemaV2)))
const operationV2 = message(
  texts(1, 'tags'),
  text(3, 'description'),
  text(5, 'operationId'),
  texts(6, 'produces'),
  texts(7, 'consumes'),
  parts(8, 'parameters', parameterV2),
  part(9, 'responses', entries(1, wrapped(1, responseV2))),
  texts(10, 'schemes'),
  extensions(13),
)
const pathV2 = message(
  part(2, 'get', operationV2),
  part(3, 'put', operationV2),
  part(4, 'post', operationV2),
  part(5, 'delete', operationV2),
  part(8, 'patch', operationV2),
  parts(9, 'parameters', parameterV2),
)
const apiKeyV2 = message(text(1, 'type'), text(2, 'name'), text(3, 'in'), text(4, 'description'))
const documentV2 = message(
  text(1, 'swagger'),
  part(2, 'info', info(2)),
  part(8, 'paths', entries(2, pathV2)),
  part(9, 'definitions', entries(1, schemaV2)),
  parts(12, 'security', security),
  part(13, 'securityDefinitions', entries(1, wrapped(2, apiKeyV2))),
)

const referenceV3 = message(text(1, '$ref'))
/** Wherever a schema may stand, a reference may stand instead. */
const schemaOrReference: Content = (writer, value) =>
  ('$ref' in asObject(value) ? wrapped(2, referenceV3) : wrapped(1, schemaV3))(writer, value)

function putDouble(writer: Writer, field: number, value: number): void {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value, true)
  putBytes(writer, bytes)
  putVarint(writer, field * 8 + fixed64)
}

function putFlag(writer: Writer, field: number, value: boolean): void {
  putVarint(writer, value ? 1 : 0)
  putVarint(writer, numberTag(field))
}

/** Defaults of OpenAPI 3 hold single values only; an empty object cannot be said. */
const defaultV3: Part = (writer, object) => {
  const value = object['default']
  const before = size(writer)
  if (typeof value === 'string') putField(writer, 3, textContent, value)
  else if (typeof value === 'boolean') putFlag(writer, 2, value)
  else if (typeof value === 'number') putDouble(writer, 1, value)
  else return
  putLength(writer, sizedTag(33), before)
}

const schemaV3: Content = message(
  flag(20, 'uniqueItems'),
  texts(23, 'required'),
  parts(24, 'enum', anyContent),
  text(25, 'type'),
  parts(26, 'allOf', schemaOrReference),
  parts(27, 'oneOf', schemaOrReference),
  part(30, 'items', wrapped(1, schemaOrReference)),
  part(31, 'properties', entries(1, schemaOrReference)),
  part(32, 'additionalProperties', wrapped(1, schemaOrReference)),
  defaultV3,
  text(34, 'description'),
  text(35, 'format'),
  extensions(36),
)
const contentV3 = entries(1, message(part(1, 'schema', schemaOrReference)))
const parameterV3 = wrapped(
  1,
  message(
    text(1, 'name'),
    text(2, 'in'),
    text(3, 'description'),
    flag(4, 'required'),
    part(10, 'schema', schemaOrReference),
  ),
)
const bodyV3 = wrapped(1, message(part(2, 'content', contentV3), flag(3, 'required')))
const responseV3 = wrapped(1, message(text(1, 'description'), part(3, 'content', contentV3)))
const operationV3 = message(
  texts(1, 'tags'),
  text(3, 'description'),
  text(5, 'operationId'),
  parts(6, 'parameters', parameterV3),
  part(7, 'requestBody', bodyV3),
  part(8, 'responses', entries(2, responseV3)),
  extensions(13),
)
const pathV3 = message(
  part(4, 'get', operationV3),
  part(5, 'put', operationV3),
  part(6, 'post', operationV3),
  part(7, 'delete', operationV3),
  part(10, 'patch', operationV3),
  parts(13, 'parameters', parameterV3),
)
const apiKeyV3 = wrapped(1, message(text(1, 'type'), text(2, 'description'), text(3, 'name'), text(4, 'in')))
const documentV3 = message(
  text(1, 'openapi'),
  part(2, 'info', info(6)),
  part(4, 'paths', entries(1, pathV3)),
  part(
    5,
    'components',
    message(part(1, 'schemas', entries(1, schemaOrReference)), part(7, 'securitySchemes', entries(1, apiKeyV3))),
  ),
  parts(6, 'security', security),
)

/** The protobuf form of a document of ours; `swagger` or `openapi` in it tells which of both it is. */
export function encodeGnostic(document: JsonObject): Uint8Array {
  const writer = newWriter()
  const content = 'swagger' in document ? documentV2 : documentV3
  content(writer, document)
  return written(writer)
}
