/**
 * Who sends a request: client certificate, bearer token (static or of a ServiceAccount), nobody.
 *
 * @source kubernetes v1.36 apiserver/pkg/authentication/request (facts: order, what is refused)
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { fail, ok, type Result } from '../../base/index.ts'
import type { User } from '../registry/index.ts'
import { type TokenTable, tokenDigest } from './token-file.ts'
import { anonymous, authenticated } from './users.ts'

/** Wrong credentials are refused even where nobody at all would be let in. */
export type Refused = 'Unauthorized'
const refused = fail<Refused>('Unauthorized')

/** What a request shows of its sender. */
export type Shown = { readonly headers: IncomingHttpHeaders; readonly connection: Socket }

export type Authenticate = (shown: Shown) => Result<User, Refused>

/** Users of tokens that are not in the file, e.g. of ServiceAccounts; undefined when the token is none of those. */
export type TokenUser = (token: string) => User | undefined

export const websocketTokenPrefix = 'base64url.bearer.authorization.k8s.io.'

/** The bearer token of a header; undefined when it has another scheme or no token, which counts as no credentials. */
const bearerOf = (header: string): string | undefined => /^\s*bearer (\S+)/i.exec(header)?.[1]

/** Browsers cannot set headers on a WebSocket: the token comes as one of the offered protocols. */
function websocketToken(headers: IncomingHttpHeaders): string | undefined {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return undefined
  const offered = headers['sec-websocket-protocol']?.split(',') ?? []
  for (const protocol of offered) {
    const name = protocol.trim()
    if (name.startsWith(websocketTokenPrefix)) {
      return Buffer.from(name.slice(websocketTokenPrefix.length), 'base64url').toString('utf8')
    }
  }
  return undefined
}

/** What is known of one connection: certificates are looked at once, and an unchanged header is not judged again. */
type Known = {
  certificate: User | Refused | undefined
  header: string | undefined
  user: User | undefined
}

function certificateUser(socket: TLSSocket): User | Refused | undefined {
  if (typeof socket.getPeerCertificate !== 'function') return undefined
  const certificate = socket.getPeerCertificate()
  const subject = certificate.subject as { readonly CN?: string | string[]; readonly O?: string | string[] } | undefined
  if (subject === undefined || Object.keys(certificate).length === 0) return undefined
  if (!socket.authorized) return 'Unauthorized'
  const name = Array.isArray(subject.CN) ? subject.CN.at(-1) : subject.CN
  if (name === undefined || name === '') return 'Unauthorized'
  const groups = subject.O === undefined ? [] : Array.isArray(subject.O) ? subject.O : [subject.O]
  return authenticated({ name, groups })
}

export type AuthenticateOptions = {
  readonly tokens: TokenTable
  readonly tokenUser: TokenUser
}

/** Judges requests. Tokens of ServiceAccounts are looked at on every request, since they may be revoked at any time. */
export function newAuthenticate({ tokens, tokenUser }: AuthenticateOptions): Authenticate {
  const connections = new WeakMap<object, Known>()

  const judge = (headers: IncomingHttpHeaders, known: Known): Result<User, Refused> => {
    const { certificate } = known
    if (certificate !== undefined && certificate !== 'Unauthorized') return ok(certificate)
    const header = headers.authorization
    const token = header === undefined ? websocketToken(headers) : bearerOf(header)
    if (token === undefined) return certificate === 'Unauthorized' ? refused : ok(anonymous)
    const fixed = tokens.get(tokenDigest(token))
    if (fixed !== undefined) {
      const user = authenticated(fixed)
      if (header !== undefined) {
        known.header = header
        known.user = user
      }
      return ok(user)
    }
    const user = tokenUser(token)
    return user === undefined ? refused : ok(authenticated(user))
  }

  return ({ headers, connection }) => {
    let known = connections.get(connection)
    if (known === undefined) {
      known = { certificate: certificateUser(connection as TLSSocket), header: undefined, user: undefined }
      connections.set(connection, known)
    }
    const { header, user } = known
    if (user !== undefined && header === headers.authorization) return ok(user)
    return judge(headers, known)
  }
}
