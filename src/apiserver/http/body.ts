/** Reading request bodies, never more than the limit. */
import { plainError, type Status, tooLarge } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { Request } from './protocol.ts'

/** Upstream's limit of a request body, in bytes. */
export const bodyLimit = 3 * 1024 * 1024
/** What a client may still send after its body was found too large, before the connection is cut. */
const drainLimit = 8 * bodyLimit

const overLimit: Result<never, Status> = fail(tooLarge(`Request entity too large: limit is ${bodyLimit}`))
const gone: Result<never, Status> = fail(plainError('the client closed the connection', 400))
const empty: Result<Buffer, Status> = ok(Buffer.alloc(0))

/**
 * The whole body. One that is too large is told as soon as it is known to be; what still comes is read and forgotten, so that
 * a client that reads no answer before it has sent everything sees it too. One that does not end is cut off.
 */
export function readBody({ body, isBodiless, isCutShort }: Request): Promise<Result<Buffer, Status>> {
  if (isBodiless) return Promise.resolve(empty)
  return new Promise((resolve) => {
    let only: Buffer | undefined
    let chunks: Buffer[] | undefined
    let length = 0
    body.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > bodyLimit) {
        only = undefined
        chunks = undefined
        resolve(overLimit)
        if (length > drainLimit) body.destroy()
      } else if (only === undefined) only = chunk
      else if (chunks === undefined) chunks = [only, chunk]
      else chunks.push(chunk)
    })
    body.on('end', () => {
      if (isCutShort()) resolve(gone)
      else if (chunks !== undefined) resolve(ok(Buffer.concat(chunks, length)))
      else resolve(only === undefined ? empty : ok(only))
    })
    body.on('error', (error) => resolve(fail(plainError(error.message, 400))))
    body.on('close', () => resolve(gone))
  })
}
