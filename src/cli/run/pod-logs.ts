/** The logs of a Job's pods as they come: every container, every attempt, each once. */
import type { Status } from '../../apimachinery/index.ts'
import type { Container, ContainerStatus, Pod } from '../../apis/core/index.ts'
import { type Clock, fail, millis, ok, pause, type Result } from '../../base/index.ts'
import type { Connection, Terminal } from '../connection.ts'
import { readLog } from '../log-reading.ts'
import { statusText } from '../printing.ts'

/** How long a lost server is given before it is asked again. */
const retryDelay = millis(500)

export type PodLogContext = {
  readonly connection: Connection
  readonly terminal: Terminal
  readonly clock: Clock
  /** Told the last text of each log that was read to its end. */
  readonly onEnd?: ((of: { readonly uid: string; readonly container: string }, text: string) => void) | undefined
}

/** In bytes: enough for the trace that a program leaves behind what went wrong. */
const lastText = 8192

export type PodLogStreams = {
  /** Starts what the pod's status shows to have started and is not being read yet. */
  readonly onPod: (pod: Pod) => void
  /** Resolves when all that was started has been read to its end. */
  readonly finished: () => Promise<void>
}

/** `prefixed`: each line tells its pod, and its container where there are several. */
export function newPodLogStreams(context: PodLogContext, prefixed: boolean): PodLogStreams {
  // One chain for each container: attempts are read one after the other, containers side by side.
  const chains = new Map<string, { attempts: number; done: Promise<void> }>()
  return {
    onPod(pod) {
      const { name = '', namespace = '', uid = '' } = pod.metadata
      const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])]
      for (const status of statuses) {
        const key = `${uid}/${status.name}`
        const chain = chains.get(key) ?? { attempts: 0, done: Promise.resolve() }
        chains.set(key, chain)
        for (const started = attemptsOf(status); chain.attempts < started; chain.attempts++) {
          const back = (status.restartCount ?? 0) - chain.attempts
          // Only the last attempt but one can still be asked for.
          if (back > 1) continue
          const prefix = prefixed ? prefixOf(pod, status.name) : ''
          const attempt = { namespace, pod: name, uid, container: status.name, number: chain.attempts }
          chain.done = chain.done.then(() => copyLog(context, attempt, back === 1, prefix))
        }
      }
    },
    async finished() {
      await Promise.all([...chains.values()].map(({ done }) => done))
    },
  }
}

const attemptsOf = ({ restartCount, state }: ContainerStatus): number =>
  (restartCount ?? 0) + (state?.running !== undefined || state?.terminated !== undefined ? 1 : 0)

function prefixOf(pod: Pod, container: string): string {
  const containers: readonly Container[] = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  return containers.length > 1 ? `[${pod.metadata.name}/${container}] ` : `[${pod.metadata.name}] `
}

type Attempt = {
  readonly namespace: string
  readonly pod: string
  readonly uid: string
  readonly container: string
  /** How many times the container was started before. */
  readonly number: number
}

/** The whole log of an attempt, each byte once, also where the server goes away meanwhile and comes back. */
async function copyLog(context: PodLogContext, attempt: Attempt, isPrevious: boolean, prefix: string): Promise<void> {
  const { connection, terminal, clock } = context
  const { number: _, uid: __, ...place } = attempt
  const { write, end } = prefix === '' ? { write: terminal.out, end() {} } : linesWith(prefix, terminal)
  let taken = 0
  let last = Buffer.alloc(0)
  let previous = isPrevious
  for (;;) {
    const opened = await connection.logs({ ...place, previous, follow: !previous })
    if (opened.ok) {
      let known = taken
      const isWhole = await readLog(opened.value, (chunk) => {
        const news = chunk.subarray(known)
        known = Math.max(0, known - chunk.length)
        taken += news.length
        last = Buffer.concat([last, news.subarray(-lastText)]).subarray(-lastText)
        return news.length === 0 ? undefined : write(news)
      })
      if (isWhole) {
        context.onEnd?.(attempt, last.toString('utf8'))
        return end()
      }
    } else if (!isAway(opened.error)) return tellUnread(context, attempt, statusText(opened.error))
    await pause(clock, retryDelay)
    const back = await attemptsSince(context, attempt)
    if (!back.ok) return tellUnread(context, attempt, back.error)
    previous = back.value > 0
  }
}

const isAway = ({ reason }: Status): boolean => reason === 'ServiceUnavailable'

function tellUnread({ terminal }: PodLogContext, { pod, container }: Attempt, why: string): void {
  terminal.err(`the log of ${pod}/${container} cannot be read: ${why}\n`)
}

/** How often the container was started since: meanwhile another attempt may be the one that is read without `previous`. */
async function attemptsSince({ connection, clock }: PodLogContext, attempt: Attempt): Promise<Result<number, string>> {
  const { namespace, pod: name, uid, container, number } = attempt
  for (;;) {
    const pod = await connection.client.get<Pod>({ resource: 'pods', namespace, name })
    if (pod.ok) {
      const { initContainerStatuses = [], containerStatuses = [] } = pod.value.status
      const status = [...initContainerStatuses, ...containerStatuses].find((one) => one.name === container)
      const back = (status?.restartCount ?? number) - number
      return pod.value.metadata.uid === uid && back <= 1 ? ok(back) : fail('it is gone')
    }
    if (!isAway(pod.error)) return fail(statusText(pod.error))
    await pause(clock, retryDelay)
  }
}

type Lines = { readonly write: (chunk: Uint8Array) => ReturnType<Terminal['out']>; readonly end: () => void }

/** Puts the prefix before each line; what has no newline yet waits, so that lines of several pods do not mix. */
function linesWith(prefix: string, terminal: Terminal): Lines {
  const decoder = new TextDecoder()
  let rest = ''
  return {
    write(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      // A line of this length is passed on in pieces: a pod that writes no newline must not fill the memory.
      if (rest.length > 65_536) {
        lines.push(rest)
        rest = ''
      }
      // The last one that asks to be waited for asks for all.
      return lines.map((line) => terminal.out(`${prefix}${line}\n`)).findLast((asked) => asked !== undefined)
    },
    end() {
      rest += decoder.decode()
      if (rest !== '') terminal.out(`${prefix}${rest}\n`)
    },
  }
}
