/**
 * Connections from inside a pod's network, for programs that listen on its own loopback only: a short-lived process enters
 * the network, and hands on what goes through a pair of sockets.
 */
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fail, ok, type Result } from '../../base/index.ts'
import type { PortConnection } from '../runtime/index.ts'
import { isProcessOf } from './processes.ts'
import type { State } from './state.ts'

/** Says on its error output that it is connected, or why not. */
const RELAY = `
const { connect, Socket } = require('node:net')
const port = connect({ host: '127.0.0.1', port: Number(process.argv[1]), allowHalfOpen: true })
port.on('connect', () => {
  process.stderr.write('connected')
  const ours = new Socket({ fd: 3, allowHalfOpen: true })
  ours.on('error', () => port.destroy())
  ours.pipe(port).pipe(ours)
})
port.on('error', ({ message }) => {
  process.stderr.write(message)
  process.exit(1)
})`

/** Fails with a sentence, also where the pod's processes are not those of this machine. */
export async function dialInside(
  { pods }: State,
  podUid: string,
  port: number,
): Promise<Result<PortConnection, string>> {
  const runs = [...(pods.get(podUid)?.runs.values() ?? [])]
  const [inside] = runs.flatMap(({ id, observed: { state } }) =>
    state.kind === 'Running' && state.pid !== undefined && isProcessOf(state.pid, id) ? [state.pid] : [],
  )
  if (inside === undefined) return fail('its network cannot be entered from here')
  return dialThrough('nsenter', [`--net=/proc/${inside}/ns/net`, process.execPath, '-e', RELAY, String(port)])
}

/** The connection that a relay makes, which is told on its error output; fails with a sentence when it ends before. */
export function dialThrough(program: string, words: readonly string[]): Promise<Result<PortConnection, string>> {
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
  const relayed = child.stdio[3] as Socket
  relayed.allowHalfOpen = true
  relayed.once('close', () => child.kill())
  // Told by its end as well.
  relayed.on('error', () => undefined)
  return new Promise((resolve) => {
    const end = { isTold: false }
    const tell = (dialled: Result<PortConnection, string>) => {
      if (end.isTold) return
      end.isTold = true
      // Nobody would read it to its end.
      if (!dialled.ok) relayed.destroy()
      resolve(dialled)
    }
    child.once('error', ({ message }) => tell(fail(message)))
    child.stderr?.once('data', (said: Buffer) => {
      const text = said.toString()
      tell(text === 'connected' ? ok(relayed) : fail(text.trim()))
    })
    child.once('exit', (code, signal) => {
      const ended = () =>
        tell(fail(`what enters its network ended before it was connected (${signal ?? `exit code ${code}`})`))
      // What it said last may still be on its way.
      if (child.stderr?.closed === false) child.stderr.once('close', ended)
      else ended()
    })
  })
}
