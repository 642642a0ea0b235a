/**
 * exec and attach over SPDY/3.1, as kubectl up to 1.29 asks for them: a stream for each channel, which says by a header
 * what it carries.
 *
 * @source kubernetes v1.36 cri-streaming/pkg/streaming/remotecommand/httpstream.go (facts: headers, streams, time to open
 * them)
 */
import type { Duplex } from 'node:stream'
import { type Clock, millis } from '../../base/index.ts'
import { type SpdyConnection, type SpdyStream, type StreamHandlers, serveSpdy } from '../spdy/index.ts'
import type { Exchange } from './exchange.ts'
import type { ExecInput, ExecTransport, ExecWanted, OpenExec } from './exec-session.ts'

/** Leaves HTTP, and tells which protocol the streams follow. */
export type AcceptSpdy = (protocol: string) => Duplex

export type SpdyProtocol = { readonly name: string; readonly version: number }

const execVersions: Readonly<Record<string, number>> = {
  'v4.channel.k8s.io': 4,
  'v3.channel.k8s.io': 3,
  'v2.channel.k8s.io': 2,
  'channel.k8s.io': 1,
}
const portVersions: Readonly<Record<string, number>> = { 'portforward.k8s.io': 1 }

/** The first offered protocol that is spoken; a client that offers none speaks the oldest. Undefined when none is. */
export function spdyProtocol(offered: readonly string[], use: 'exec' | 'portforward'): SpdyProtocol | undefined {
  if (offered.length === 0) return { name: '', version: 1 }
  const versions = use === 'exec' ? execVersions : portVersions
  const name = offered.find((each) => Object.hasOwn(versions, each))
  return name === undefined ? undefined : { name, version: versions[name] as number }
}

/** How long a client may take to open the streams that belong together. */
export const streamsDeadline = millis(30_000)
/** What a stream carries, in the client's words; empty when it does not say. */
export const typeOf = ({ headers }: SpdyStream): string => headers.get('streamtype') ?? ''

function handlersFor(type: string, input: ExecInput): StreamHandlers {
  const none = (): void => undefined
  return {
    data: type === 'stdin' ? input.stdin : type === 'resize' ? input.resize : none,
    end: type === 'stdin' ? input.endStdin : none,
    broken: type === 'stdin' ? input.endStdin : none,
  }
}

function wantedTypes({ stdin, stdout, stderr, tty }: ExecWanted, version: number): ReadonlySet<string> {
  const types = ['error']
  if (stdin) types.push('stdin')
  if (stdout) types.push('stdout')
  if (stderr) types.push('stderr')
  if (tty && version >= 3) types.push('resize')
  return new Set(types)
}

/** exec and attach over SPDY: a stream for each channel, all of which are there before the command runs. */
export function execOverSpdy(x: Exchange, clock: Clock, protocol: SpdyProtocol, accept: AcceptSpdy): OpenExec {
  return (input, wanted) =>
    new Promise<ExecTransport | undefined>((resolve) => {
      const types = wantedTypes(wanted, protocol.version)
      const streams = new Map<string, SpdyStream>()
      const cancel = clock.wake(streamsDeadline, () => connection.finish())
      const connection = serveSpdy(accept(protocol.name), {
        clock,
        log: x.log,
        open(stream) {
          const type = typeOf(stream)
          if (!types.has(type) || streams.has(type)) return undefined
          streams.set(type, stream)
          if (streams.size === types.size) {
            cancel()
            resolve(transportOf(connection, streams, protocol.version))
          }
          return handlersFor(type, input)
        },
        drained: input.drained,
        closed() {
          cancel()
          // Without effect when the streams were all there.
          resolve(undefined)
          input.closed(false)
        },
      })
    })
}

function transportOf(
  { pause, resume, finish }: SpdyConnection,
  streams: ReadonlyMap<string, SpdyStream>,
  version: number,
): ExecTransport {
  const writer = (type: string) => (bytes: Uint8Array) => streams.get(type)?.write(bytes) ?? true
  return {
    version,
    stdout: writer('stdout'),
    stderr: writer('stderr'),
    end(text) {
      if (text !== '') writer('error')(Buffer.from(text, 'utf8'))
      for (const stream of streams.values()) stream.end()
      finish()
    },
    pause,
    resume,
  }
}
