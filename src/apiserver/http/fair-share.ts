/**
 * How many requests may be under way at a time, and that one user cannot take all of it: beyond a bound, each user has an
 * equal share. Watches, logs and streams do not count: they wait, and hold little.
 *
 * @source kubernetes v1.36 apiserver/pkg/server/config.go (facts: 400 and 200 requests in flight, which are not counted)
 */
import type { RequestInfo } from './request-info.ts'

/** Requests under way, by user. Users without any are not in it. */
export type FairShare = { readonly running: Map<string, number>; total: number }

export const newFairShare = (): FairShare => ({ running: new Map(), total: 0 })

/** Upstream's 400 that read and 200 that write, together. */
const usual = 600
/** What those who have not had their share may come to on top. */
const most = 2 * usual

const long = new Set(['log', 'exec', 'attach', 'portforward'])
/** Whether a request counts. */
export const isShort = ({ verb, subresource }: RequestInfo): boolean => verb !== 'watch' && !long.has(subresource)

/** Counts a request of `user`; false when it has to come again later. */
export function enter(share: FairShare, user: string): boolean {
  const { running, total } = share
  const own = running.get(user) ?? 0
  if (total >= usual) {
    const users = own === 0 ? running.size + 1 : running.size
    if (total >= most || own >= usual / users) return false
  }
  running.set(user, own + 1)
  share.total = total + 1
  return true
}

/** The request of `user` that was counted is over. */
export function leave(share: FairShare, user: string): void {
  const own = share.running.get(user) ?? 0
  if (own > 1) share.running.set(user, own - 1)
  else share.running.delete(user)
  share.total--
}
