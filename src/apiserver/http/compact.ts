/**
 * `POST /jobd/v1/compact`: forgets the history of the store, as `etcdctl compact` does for upstream. A path of jobd's own
 * beside the resources, so that who may is a rule about non-resource URLs.
 */
import { methodNotAllowed, type Status, serviceUnavailable } from '../../apimachinery/index.ts'
import type { Result, Revision } from '../../base/index.ts'
import { type Exchange, sendStatus } from './exchange.ts'

/** Forgets all but the newest version of every object; answers up to which revision. Fails with a sentence. */
export type Compact = () => Promise<Result<Revision, string>>

export const compactPath = '/jobd/v1/compact'

const noMethod: Status = methodNotAllowed('the server does not allow this method on the requested resource')

/** Answers once the history is gone from the disk. */
export async function serveCompact(x: Exchange, compact: Compact): Promise<void> {
  if (x.req.method !== 'POST') return sendStatus(x, noMethod)
  const done = await compact()
  if (!done.ok) return sendStatus(x, serviceUnavailable(done.error))
  const message = `the history up to revision ${done.value} is forgotten`
  sendStatus(x, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', message, code: 200 })
}
