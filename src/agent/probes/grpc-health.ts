/** Asks a program how it fares by the health protocol of gRPC, which is one call over HTTP/2 without TLS. */
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2'
import { isIPv6 } from 'node:net'
import { fail, ok, type Result } from '../../base/index.ts'

export type HealthQuestion = {
  readonly host: string
  readonly port: number
  /** What is asked about; empty for the server as a whole. */
  readonly service: string
}

/** An answer is a few bytes; whoever sends more says something else. */
const ANSWER_LIMIT = 64 * 1024
/** By number. @source grpc/health/v1/health.proto, ServingStatus */
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const SERVING = 1
/** @source google.golang.org/grpc/codes, OK and Unimplemented */
const OK = '0'
const UNIMPLEMENTED = '12'

/**
 * Fails with a sentence when the program does not say that it serves.
 *
 * @param onBegun is told how to give up
 * @source kubernetes v1.36 pkg/probe/grpc/grpc.go, Probe (facts: headers, messages)
 */
export async function askHealth(
  question: HealthQuestion,
  onBegun: (giveUp: () => void) => void,
): Promise<Result<undefined, string>> {
  // Loaded late: few pods have such a probe.
  const { connect } = await import('node:http2')
  const { host, port } = question
  const address = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  const session = connect(`http://${address}`)
  onBegun(() => session.destroy())
  try {
    const unreached = await connected(session)
    if (unreached !== undefined) return fail(`error: failed to connect service at "${address}": ${unreached}`)
    return await call(session, question)
  } finally {
    session.destroy()
  }
}

/** Why there is no connection; undefined once there is one. */
const connected = (session: ClientHttp2Session): Promise<string | undefined> =>
  new Promise((resolve) => {
    session.once('connect', () => resolve(undefined))
    // What breaks later ends the call too.
    session.on('error', ({ message }) => resolve(message))
    session.once('close', () => resolve('the connection was closed'))
  })

function call(session: ClientHttp2Session, { service }: HealthQuestion) {
  return new Promise<Result<undefined, string>>((resolve) => {
    session.once('close', () => resolve(fail('error: health rpc probe failed: the connection was closed')))
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'kube-probe/1.36',
    })
    const chunks: Buffer[] = []
    let head: IncomingHttpHeaders = {}
    let size = 0
    stream.on('response', (headers) => {
      head = headers
    })
    stream.on('trailers', (trailers) => {
      head = { ...head, ...trailers }
    })
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > ANSWER_LIMIT) stream.destroy(new Error(`its answer has more than ${ANSWER_LIMIT} bytes`))
      else chunks.push(chunk)
    })
    stream.once('error', ({ message }) => resolve(fail(`error: health rpc probe failed: ${message}`)))
    stream.once('end', () => resolve(judge(head, Buffer.concat(chunks))))
    stream.end(framed(requestOf(service)))
  })
}

function judge(head: IncomingHttpHeaders, body: Buffer): Result<undefined, string> {
  const code = head['grpc-status']
  const said = unescaped(String(head['grpc-message'] ?? ''))
  if (head[':status'] !== undefined && String(head[':status']) !== '200') {
    return fail(`error: health rpc probe failed: the server answered with HTTP status ${String(head[':status'])}`)
  }
  if (code === UNIMPLEMENTED) {
    return fail(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${said}`)
  }
  if (code !== OK) return fail(`error: health rpc probe failed: rpc error: code = ${String(code)} desc = ${said}`)
  const status = statusOf(body)
  if (status === SERVING) return ok(undefined)
  return fail(`service unhealthy (responded with "${STATUSES[status ?? 0] ?? String(status)}")`)
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not every server escapes what it says.
    return text
  }
}

/** `HealthCheckRequest`, whose only field is the service. */
function requestOf(service: string): Buffer {
  const name = Buffer.from(service)
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
}

const varint = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]

/** A message as gRPC sends it: not compressed, with its length. */
function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** The status in a framed `HealthCheckResponse`, which has no other field; undefined for what is none. */
function statusOf(body: Buffer): number | undefined {
  if (body.length < 5 || body[0] !== 0 || body.readUInt32BE(1) !== body.length - 5) return undefined
  // A field that has its default is not sent.
  if (body.length === 5) return 0
  return body[5] === 0x08 && body.length === 7 ? body[6] : undefined
}
