/**
 * The audit log: who asked for what, and what came of it; one JSON line per request, never a body.
 *
 * @source kubernetes v1.36 apiserver/pkg/apis/audit/v1/types.go (facts: fields of an Event of level Metadata)
 */
import { formatMicroTime, type Instant } from '../../base/index.ts'
import type { User } from '../registry/index.ts'
import type { Exchange } from './exchange.ts'

/** Takes one line, without its line break. */
export type AuditLog = (line: string) => void

const userOf = ({ name, uid, groups, extra }: User): object => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  ...(groups.length === 0 ? {} : { groups }),
  ...(extra === undefined ? {} : { extra }),
})

function objectRef({ info }: Exchange): object {
  const { resource, namespace, name, group, version, subresource } = info
  const fields = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
}

/** Paths whose every request would only fill the log. */
const quiet = /^\/(?:healthz|livez|readyz|version|metrics)(?:\/|$)/

/** The line for an answered request; undefined for those that are not kept. */
export function auditLine(x: Exchange, received: Instant, now: Instant): string | undefined {
  const { info, req } = x
  if (quiet.test(info.path)) return undefined
  const allowed = x.code !== 401 && x.code !== 403
  return JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: x.auditId,
    stage: 'ResponseComplete',
    requestURI: req.url,
    verb: info.verb,
    user: userOf(x.authenticated ?? x.user),
    ...(x.authenticated === undefined ? {} : { impersonatedUser: userOf(x.user) }),
    sourceIPs: [req.connection.remoteAddress ?? ''],
    userAgent: req.headers['user-agent'] ?? '',
    ...(info.isResource ? { objectRef: objectRef(x) } : {}),
    responseStatus: { metadata: {}, code: x.code },
    requestReceivedTimestamp: formatMicroTime(received),
    stageTimestamp: formatMicroTime(now),
    annotations: {
      'authorization.k8s.io/decision': allowed ? 'allow' : 'forbid',
      'authorization.k8s.io/reason': x.reason,
    },
  })
}
