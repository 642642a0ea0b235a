/**
 * Bytes of request bodies as the registry takes them: JSON as text, YAML and protobuf as values.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/negotiation/negotiate.go, NegotiateInputSerializer; rest.go, transformDecodeError, summarizeData
 */
import { badRequest, type KindSchema, type Status, unsupportedMediaType } from '../../apimachinery/index.ts'
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

export type ParsedYaml = { readonly value: unknown; readonly problems: readonly string[] }

/** The body of a request for an object of `kind`. */
export async function requestBody(
  contentType: string | undefined,
  body: Buffer,
  kind: KindSchema,
): Promise<Result<RequestBody, Status>> {
  const media = bodyMedia(contentType)
  if (!media.ok) return media
  if (media.value === 'json') return ok({ kind: 'Text', text: body.toString('utf8') })
  if (media.value === 'yaml') {
    const { parseYaml } = await import('./yaml-parse.ts')
    const parsed = parseYaml(body.toString('utf8'))
    if (!parsed.ok) return fail(unrecognized(kind, parsed.error, body))
    return ok({ kind: 'Value', value: parsed.value.value, problems: parsed.value.problems })
  }
  return fail(unrecognized(kind, 'protobuf is not available', body))
}

/** The body of a patch: JSON, except for apply patches, which are YAML (and so may be JSON). */
export async function patchBody(type: string, body: Buffer): Promise<Result<RequestBody, Status>> {
  const text = body.toString('utf8')
  if (type !== 'apply' || looksLikeJson(text)) return ok({ kind: 'Text', text })
  const { parseYaml } = await import('./yaml-parse.ts')
  const parsed = parseYaml(text)
  if (!parsed.ok) return fail(badRequest(`error decoding YAML: error converting YAML to JSON: ${parsed.error}`))
  return ok({ kind: 'Value', value: parsed.value.value, problems: parsed.value.problems })
}

const looksLikeJson = (text: string): boolean => /^\s*\{/.test(text)

export function encodeProtobuf(_value: unknown): Uint8Array {
  throw new Error('protobuf is not available')
}

/** One frame of a protobuf watch. */
export function watchFrame(_type: string, _object: unknown): Uint8Array {
  throw new Error('protobuf is not available')
}
