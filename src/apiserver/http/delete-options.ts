/** DeleteOptions of a request body. */
import { badRequest, type DeleteOptions, type KindSchema, type Status } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import { requestBody } from './media.ts'

export async function deleteOptionsOfBody(
  contentType: string | undefined,
  body: Buffer,
  kind: KindSchema,
): Promise<Result<DeleteOptions, Status>> {
  const parsed = await requestBody(contentType, body, kind)
  if (!parsed.ok) return parsed
  if (parsed.value.kind === 'Value') return ok(parsed.value.value as DeleteOptions)
  try {
    return ok(JSON.parse(parsed.value.text) as DeleteOptions)
  } catch {
    return fail(badRequest("couldn't get version/kind; json parse error"))
  }
}
