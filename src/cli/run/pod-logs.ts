/** The logs of a Job's pods as they come: every container, every attempt, each once. */
import type { Container, ContainerStatus, Pod } from '../../apis/core/index.ts'
import type { Connection, Terminal } from '../connection.ts'

export type PodLogStreams = {
  /** Starts what the pod's status shows to have started and is not being read yet. */
  readonly onPod: (pod: Pod) => void
  /** Resolves when all that was started has been read to its end. */
  readonly finished: () => Promise<void>
}

/** `prefixed`: each line tells its pod, and its container where there are several. */
export function newPodLogStreams(connection: Connection, terminal: Terminal, prefixed: boolean): PodLogStreams {
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
          const previous = chain.attempts < (status.restartCount ?? 0)
          // Only the last attempt but one can still be asked for.
          if (previous && chain.attempts < (status.restartCount ?? 0) - 1) continue
          const prefix = prefixed ? prefixOf(pod, status.name) : ''
          const read = () =>
            copyLog(connection, terminal, { namespace, pod: name, container: status.name, previous }, prefix)
          chain.done = chain.done.then(read)
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
  readonly container: string
  readonly previous: boolean
}

async function copyLog(connection: Connection, terminal: Terminal, attempt: Attempt, prefix: string): Promise<void> {
  const opened = await connection.logs({ ...attempt, follow: !attempt.previous })
  if (!opened.ok) {
    terminal.err(`the log of ${attempt.pod}/${attempt.container} cannot be read: ${opened.error.message}\n`)
    return
  }
  const write = prefix === '' ? terminal.out : linesWith(prefix, terminal)
  for await (const chunk of opened.value) write(chunk)
}

/** Puts the prefix before each line; what has no newline yet waits, so that lines of several pods do not mix. */
function linesWith(prefix: string, terminal: Terminal): (chunk: string | Uint8Array) => void {
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n')
    rest = lines.pop() ?? ''
    // A line of this length is passed on in pieces: a pod that writes no newline must not fill the memory.
    if (rest.length > 65_536) {
      lines.push(rest)
      rest = ''
    }
    for (const line of lines) terminal.out(`${prefix}${line}\n`)
  }
}
