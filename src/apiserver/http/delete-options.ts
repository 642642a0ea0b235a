/**
 * DeleteOptions of a request body, in any of the group versions under which clients send them.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/delete.go
 */
import {
  apiVersionOf,
  badRequest,
  type DeleteOptions,
  decodeValue,
  type ExactJson,
  type KindSchema,
  parseJson,
  type Status,
} from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import { bodyMedia, requestBody } from './media.ts'

const type = 'meta.v1.DeleteOptions'
type Named = { readonly apiVersion?: unknown; readonly kind?: unknown }

/** Options are registered in every group version that is served; a body without a kind is taken for them. */
function wrongKind(value: unknown, kind: KindSchema): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { apiVersion, kind: given } = value as Named
  if (given === undefined || given === '' || given === null || given === 'DeleteOptions') return undefined
  const version =
    typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : apiVersionOf(kind.group, kind.version)
  return `no kind ${JSON.stringify(given)} is registered for version ${JSON.stringify(version)} in scheme "k8s.io/apimachinery/pkg/apis/meta/v1/register.go"`
}

function decoded(value: unknown, kind: KindSchema, exact?: ExactJson): Result<DeleteOptions, Status> {
  const wrong = wrongKind(value, kind)
  if (wrong !== undefined) return fail(badRequest(wrong))
  const options = decodeValue<DeleteOptions>(type, value, 'Ignore', exact)
  return options.ok ? ok(options.value.object) : fail(badRequest(options.error.message))
}

/** Reads the options; 400 for what is none, 415 for an unknown media type. */
export async function deleteOptionsOfBody(
  contentType: string | undefined,
  body: Buffer,
  kind: KindSchema,
): Promise<Result<DeleteOptions, Status>> {
  const media = bodyMedia(contentType)
  if (!media.ok) return media
  if (media.value === 'json') {
    const parsed = parseJson(body.toString('utf8'))
    if (!parsed.ok) return fail(badRequest(`couldn't get version/kind; json parse error: ${parsed.error}`))
    return decoded(parsed.value.value, kind, parsed.value.exact)
  }
  const request = await requestBody(contentType, body, kind)
  if (!request.ok) return request
  return decoded(request.value.kind === 'Value' ? request.value.value : {}, kind)
}
