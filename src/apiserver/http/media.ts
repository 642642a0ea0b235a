/**
 * Bytes of request bodies as the registry takes them: JSON as text, YAML and protobuf as values.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/negotiation/negotiate.go, NegotiateInputSerializer; rest.go, transformDecodeError, summarizeData
 */
import {
  apiVersionOf,
  badRequest,
  decodeMessage,
  encodeMessage,
  envelopeText,
  type KindSchema,
  type ObjectKind,
  openEnvelope,
  type Status,
  type TypeName,
  typeOfKind,
  unsupportedMediaType,
} from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { RequestBody } from '../registry/index.ts'
import { type Media, mediaTypes } from './negotiate.ts'

const unknownFormat: Result<never, Status> = fail(
  unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${mediaTypes.join(', ')}`,
  ),
)
const json: Result<Media, Status> = ok('json')
const yaml: Result<Media, Status> = ok('yaml')
const protobuf: Result<Media, Status> = ok('protobuf')

/** The media type of a body; 415 for unknown and malformed ones. No header means JSON. */
export function bodyMedia(contentType: string | undefined): Result<Media, Status> {
  if (contentType === undefined || contentType === '' || contentType === 'application/json') return json
  const match = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(?:;.*)?$/.exec(contentType)
  switch (match?.[1]?.toLowerCase()) {
    case 'application/json':
      return json
    case 'application/yaml':
      return yaml
    case 'application/vnd.kubernetes.protobuf':
      return protobuf
    default:
      return unknownFormat
  }
}

const summaryBytes = 30

/** The first bytes of a body as an error shows them: an object as it is, everything else as hexadecimal digits. */
export function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>'
  const more = body.length > summaryBytes ? ' ...' : ''
  return body.subarray(0, summaryBytes).toString(body[0] === 0x7b ? 'utf8' : 'hex') + more
}

const unrecognized = (kind: KindSchema, why: string, body: Buffer): Status =>
  badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${why} (${summary(body)})`)

/** Strict decoding tells all of them as one error, warnings tell them one by one. */
function yamlProblems(problems: readonly string[], validation: string | undefined): readonly string[] {
  return validation === 'Strict' && problems.length > 0
    ? [`yaml: unmarshal errors:\n  ${problems.join('\n  ')}`]
    : problems
}

async function yamlBody(
  body: Buffer,
  kind: KindSchema,
  validation: string | undefined,
): Promise<Result<RequestBody, Status>> {
  const { parseYaml } = await import('../../yaml/parse/index.ts')
  const parsed = parseYaml(body.toString('utf8'))
  if (!parsed.ok) return fail(unrecognized(kind, parsed.error, body))
  const { value, problems } = parsed.value
  return ok({ kind: 'Value', value, problems: yamlProblems(problems, validation) })
}

/** A protobuf body as a value of the type that it names; of an unknown type only the name is told. */
function protobufBody(body: Buffer, kind: KindSchema): Result<RequestBody, Status> {
  const envelope = openEnvelope(body)
  if (!envelope.ok) return fail(unrecognized(kind, envelope.error, body))
  const named = {
    apiVersion:
      envelope.value.apiVersion || apiVersionOf(kind.bodyGroup ?? kind.group, kind.bodyVersion ?? kind.version),
    kind: envelope.value.kind || kind.kind,
  }
  const type = typeOfKind(named.apiVersion, named.kind)
  if (type === undefined) return ok({ kind: 'Value', value: named })
  const message = decodeMessage(type, envelope.value.raw, named)
  return message.ok ? ok({ kind: 'Value', value: message.value }) : fail(unrecognized(kind, message.error, body))
}

/** The body of a request for an object of `kind`. `validation` is the request's `fieldValidation`. */
export function requestBody(
  contentType: string | undefined,
  body: Buffer,
  kind: KindSchema,
  validation?: string,
): Result<RequestBody, Status> | Promise<Result<RequestBody, Status>> {
  const media = bodyMedia(contentType)
  if (!media.ok) return media
  switch (media.value) {
    case 'json':
      return ok({ kind: 'Text', text: body.toString('utf8') })
    case 'yaml':
      return yamlBody(body, kind, validation)
    case 'protobuf':
      return protobufBody(body, kind)
  }
}

const looksLikeJson = (text: string): boolean => /^\s*\{/.test(text)

/** The body of a patch: JSON, except for apply patches, which are YAML (and so may be JSON). */
export async function patchBody(type: string, body: Buffer, validation?: string): Promise<Result<RequestBody, Status>> {
  const text = body.toString('utf8')
  if (type !== 'apply' || looksLikeJson(text)) return ok({ kind: 'Text', text })
  const { parseYaml } = await import('../../yaml/parse/index.ts')
  const parsed = parseYaml(text)
  const converting = 'error converting YAML to JSON'
  if (!parsed.ok) return fail(badRequest(`error decoding YAML: ${converting}: ${parsed.error}`))
  const { value, problems } = parsed.value
  if (Array.isArray(value) || (typeof value !== 'object' && value !== undefined)) {
    const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    const into = `json: cannot unmarshal ${what} into Go value of type map[string]interface {}`
    return fail(badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${into}`))
  }
  if (validation === 'Strict' && problems.length > 0) {
    return fail(badRequest(`error strict decoding YAML: ${converting}: ${yamlProblems(problems, validation)[0]}`))
  }
  return ok({ kind: 'Value', value: value ?? {}, problems })
}

type Named = { readonly apiVersion?: string | undefined; readonly kind?: string | undefined }

/** The type of an object by its own word, in which protobuf has it. Everything served has one; all else is a defect. */
export function protobufType(kind: ObjectKind): TypeName {
  // Metadata-only objects have one form in all versions of their group.
  const type = typeOfKind(kind.apiVersion === 'meta.k8s.io/v1beta1' ? 'meta.k8s.io/v1' : kind.apiVersion, kind.kind)
  if (type === undefined) throw new Error(`${kind.apiVersion} ${kind.kind} has no protobuf form`)
  return type
}

const kindOf = ({ apiVersion = '', kind = '' }: Named): ObjectKind => ({ apiVersion, kind })

/**
 * The bare protobuf message of a value as a text of a character per byte: node joins and writes these as it does JSON,
 * in one go with the headers.
 */
export const messageText = (type: TypeName, value: object): string =>
  Buffer.from(encodeMessage(type, value).buffer).toString('latin1')

export const messageOf = (value: object): string => messageText(protobufType(kindOf(value)), value)

/** The protobuf body of an object, list or Status as such a text. `message` is its message where that is known. */
export const protobufOf = (value: object, message = messageOf(value)): string => envelopeText(kindOf(value), message)
