/**
 * Paths of jobd's own beside the resources, so that who may is a rule about non-resource URLs: `POST /jobd/v1/compact`
 * forgets the history of the store, as `etcdctl compact` does for upstream, `POST /jobd/v1/backup` writes a copy of it.
 */
import { methodNotAllowed, type Status, serviceUnavailable } from '../../apimachinery/index.ts'
import type { Result } from '../../base/index.ts'
import { type Exchange, sendStatus } from './exchange.ts'

/** Does it, and answers what was done, or why it cannot be, in one sentence. */
export type Task = () => Promise<Result<string, string>>

/** What may be done by the last word of its path. */
export type Maintenance = Readonly<Record<'compact' | 'backup', Task>>

const paths = { '/jobd/v1/compact': 'compact', '/jobd/v1/backup': 'backup' } as const

const noMethod: Status = methodNotAllowed('the server does not allow this method on the requested resource')

/** The task of a path; undefined where there is none. */
export const taskOf = (maintenance: Maintenance | undefined, path: string): Task | undefined =>
  Object.hasOwn(paths, path) ? maintenance?.[paths[path as keyof typeof paths]] : undefined

/** Answers once it is done. */
export async function serveTask(x: Exchange, task: Task): Promise<void> {
  if (x.req.method !== 'POST') return sendStatus(x, noMethod)
  const done = await task()
  if (!done.ok) return sendStatus(x, serviceUnavailable(done.error))
  sendStatus(x, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', message: done.value, code: 200 })
}
