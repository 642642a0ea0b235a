/** Carrying out what probes and hooks ask for: a command in the container, a request, a connection, a pause. */
import { connect } from 'node:net'
import type {
  Container,
  GRPCAction,
  HTTPGetAction,
  LifecycleHandler,
  Probe,
  TCPSocketAction,
} from '../../apis/core/index.ts'
import { type Clock, type Millis, millis, pause } from '../../base/index.ts'
import type { ContainerKey, Runtime } from '../runtime/index.ts'
import { askHealth } from './grpc-health.ts'

export type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>
export type HandlerResult = { readonly ok: boolean; readonly output: string }
export type HandlerTarget = { readonly key: ContainerKey; readonly container: Container; readonly host: string }

const OUTPUT_LIMIT = 1024

/** `ended` tells that the run is over: a pause is over then, too. */
export type HandlerTask = {
  readonly target: HandlerTarget
  readonly timeout: Millis
  readonly ended?: (() => Promise<void>) | undefined
}

/** Runs a handler to its end, or to its timeout, which is a failure. */
export function runHandler(
  { runtime, clock }: { readonly runtime: Runtime; readonly clock: Pick<Clock, 'wake'> },
  handler: Handler,
  { target, timeout, ended }: HandlerTask,
): Promise<HandlerResult> {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  const cut: Cut = { over: false, cancel: () => undefined }
  const seconds = Math.round(timeout / 1000)
  const result = new Promise<HandlerResult>((resolve) => {
    const begin = (late: string, work: Promise<HandlerResult>) => {
      const silence = clock.wake(timeout, () => {
        resolve({ ok: false, output: late })
        cut.over = true
        cut.cancel()
      })
      void work.then((outcome) => {
        silence()
        resolve(outcome)
      })
    }
    if (exec !== undefined) {
      const late = `command timed out: "${(exec.command ?? []).join(' ')}" timed out after ${seconds}s`
      begin(late, runCommand(runtime, exec.command ?? [], target.key, cut))
    } else if (httpGet !== undefined) {
      const late = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      begin(`Get "${urlOf(httpGet, target)}": ${late}`, getOverHttp(httpGet, target, cut))
    } else if (tcpSocket !== undefined) {
      begin(`dial tcp ${placeOf(tcpSocket, target)}: i/o timeout`, connectTo(tcpSocket, target, cut))
    } else if (grpc !== undefined) {
      begin(`timeout: health rpc did not complete within ${seconds}s`, askProgram(grpc, target, cut))
    } else if (sleep !== undefined) {
      // Whoever has less time goes on without the rest; a timer that is left would keep a program from ending.
      const asked = millis(1000 * sleep.seconds)
      void pause(clock, asked < timeout ? asked : timeout, ended?.()).then(() => resolve({ ok: true, output: '' }))
    } else resolve({ ok: false, output: 'this node runs exec, httpGet, tcpSocket, grpc and sleep handlers only' })
  })
  return result
}

/** How to stop what has begun; `over` is for what has not. */
type Cut = { over: boolean; cancel: () => void }

async function runCommand(
  runtime: Runtime,
  command: readonly string[],
  key: ContainerKey,
  cut: Cut,
): Promise<HandlerResult> {
  let output = ''
  const take = (bytes: Uint8Array) => {
    if (output.length < OUTPUT_LIMIT) output += Buffer.from(bytes).toString()
    return true
  }
  return new Promise<HandlerResult>((resolve) => {
    const started = runtime.exec(
      key,
      { command, stdin: false, tty: false },
      {
        stdout: take,
        stderr: take,
        end: (end) =>
          resolve(
            end.kind === 'Exited'
              ? { ok: end.exitCode === 0, output: output.slice(0, OUTPUT_LIMIT) }
              : { ok: false, output: end.message },
          ),
      },
    )
    void started.then((handle) => {
      if (!handle.ok) resolve({ ok: false, output: handle.error })
      else cut.cancel = handle.value.close
    })
  })
}

async function getOverHttp(action: HTTPGetAction, target: HandlerTarget, cut: Cut): Promise<HandlerResult> {
  const port = portOf(action.port, target.container)
  if (port === undefined) return { ok: false, output: `unknown port ${action.port}` }
  const isHttps = action.scheme === 'HTTPS'
  // Loaded late: `node:http` brings all of Node's own HTTP client along, 15 ms of every start and 3 MB.
  const { request: begin } = isHttps ? await import('node:https') : await import('node:http')
  if (cut.over) return { ok: false, output: '' }
  const host = hostOf(action, target)
  const headers = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]))
  return new Promise((resolve) => {
    const options = {
      host,
      port,
      path: action.path ?? '/',
      headers: { 'User-Agent': 'kube-probe/1.36', Accept: '*/*', ...headers },
      // A probe asks whether the program answers, not who it is.
      rejectUnauthorized: false,
      agent: false,
    }
    const request = begin(options, (response) => {
      response.resume()
      const code = response.statusCode ?? 0
      const ok = code >= 200 && code < 400
      resolve({ ok, output: ok ? '' : `HTTP probe failed with statuscode: ${code}` })
    })
    request.on('error', (error) => {
      resolve({ ok: false, output: `Get "${urlOf(action, target)}": ${connectionError(error, `${host}:${port}`)}` })
    })
    cut.cancel = () => request.destroy()
    request.end()
  })
}

function connectTo(action: TCPSocketAction, target: HandlerTarget, cut: Cut): Promise<HandlerResult> {
  const port = portOf(action.port, target.container)
  if (port === undefined) return Promise.resolve({ ok: false, output: `unknown port ${action.port}` })
  const host = hostOf(action, target)
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve({ ok: true, output: '' })
    })
    socket.once('error', (error) => resolve({ ok: false, output: connectionError(error, `${host}:${port}`) }))
    cut.cancel = () => socket.destroy()
  })
}

async function askProgram(
  { port, service = '' }: GRPCAction,
  { host }: HandlerTarget,
  cut: Cut,
): Promise<HandlerResult> {
  const answered = await askHealth({ host, port, service }, (giveUp) => {
    cut.cancel = giveUp
    if (cut.over) giveUp()
  })
  return answered.ok ? { ok: true, output: '' } : { ok: false, output: answered.error }
}

const hostOf = ({ host = '' }: HTTPGetAction | TCPSocketAction, target: HandlerTarget): string =>
  host === '' ? target.host : host

const placeOf = (action: HTTPGetAction | TCPSocketAction, target: HandlerTarget): string =>
  `${hostOf(action, target)}:${portOf(action.port, target.container)}`

const urlOf = (action: HTTPGetAction, target: HandlerTarget): string =>
  `${(action.scheme ?? 'HTTP').toLowerCase()}://${placeOf(action, target)}${action.path ?? '/'}`

/** As a kubelet's probes say it. @source golang syscall/zerrors_linux_amd64.go, errors */
const REFUSALS = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'network is unreachable'],
  ['ETIMEDOUT', 'connection timed out'],
])

/** Why nobody answered at a place, in a kubelet's words. */
function connectionError(error: NodeJS.ErrnoException, place: string): string {
  const refusal = REFUSALS.get(error.code ?? '')
  if (refusal !== undefined) return `dial tcp ${place}: connect: ${refusal}`
  if (error.code === 'ENOTFOUND') return `dial tcp: lookup ${place.slice(0, place.lastIndexOf(':'))}: no such host`
  // The program has closed the connection without a word.
  return error.code === 'ECONNRESET' && error.message === 'socket hang up' ? 'EOF' : error.message
}

/** A number, or the number that a name has in the container's list of ports. */
function portOf(port: string | number, { ports = [] }: Container): number | undefined {
  const number = Number(port)
  if (Number.isInteger(number)) return number
  return ports.find(({ name }) => name === port)?.containerPort
}
