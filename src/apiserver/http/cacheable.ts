import { type Exchange, send } from './exchange.ts'

/** Answers with a document that clients may keep: 304 when they have it already, and then `body` is not even built. */
export function sendCacheable(
  x: Exchange,
  contentType: string,
  etag: string,
  body: string | Uint8Array | (() => string | Uint8Array),
  cacheControl: string,
  extra: readonly string[] = [],
): void {
  const headers = ['ETag', etag, 'Vary', 'Accept', ...extra]
  const known = x.req.headers['if-none-match']
  x.cacheControl = cacheControl
  if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) {
    x.code = 304
    x.res.begin(304, ['Audit-Id', x.auditId, 'Cache-Control', cacheControl, ...headers])
    x.res.body.end()
    return
  }
  send(x, 200, contentType, typeof body === 'function' ? body() : body, headers)
}
