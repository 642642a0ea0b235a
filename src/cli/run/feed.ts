/** `jobd run -i`: hands standard input to the command, as bytes, with its end. */
import type { Pod } from '../../apis/core/index.ts'
import { type Clock, millis, pause } from '../../base/index.ts'
import type { InputSession } from '../../client/index.ts'
import type { Connection } from '../connection.ts'
import { statusText } from '../printing.ts'

/** How long a lost server is given before it is asked again. */
const retryDelay = millis(500)

/** What is handed on, and how to let go of it before its end. */
export type Input = { readonly chunks: AsyncIterable<Uint8Array>; readonly close: () => void }

export type FeedContext = {
  readonly connection: Pick<Connection, 'client' | 'input'>
  readonly clock: Clock
  readonly input: Input
  /** Told what keeps the command from its input. */
  readonly onTrouble: (text: string) => void
}

export type Feed = {
  /** Begins with the first pod whose container runs. */
  readonly onPod: (pod: Pod) => void
  /** Nobody reads any more. */
  readonly stop: () => void
  /** Whether the command saw an end of its input that is none. */
  readonly wasCut: () => boolean
}

type State = { begun: boolean; stopped: boolean; cut: boolean; session?: InputSession | undefined }

export function newFeed(context: FeedContext): Feed {
  const state: State = { begun: false, stopped: false, cut: false }
  return {
    onPod(pod) {
      const [status] = pod.status.containerStatuses ?? []
      if (state.begun || status?.state?.running === undefined) return
      state.begun = true
      void feed(context, state, pod, status.name)
    },
    stop() {
      state.stopped = true
      state.session?.close()
      context.input.close()
    },
    wasCut: () => state.cut,
  }
}

async function feed(context: FeedContext, state: State, pod: Pod, container: string): Promise<void> {
  const session = await sessionFor(context, state, pod, container)
  if (session === undefined) return
  state.session = session
  if (state.stopped) return session.close()
  const isWhole = await copy(context, state, session)
  const end = await session.ended
  if (state.stopped || end.kind === 'Over' || !(await isRunning(context, pod, container))) return
  // It read the end all the same, or will when it gets there.
  state.cut ||= !isWhole
  context.onTrouble(`the command may not get all of its input: ${end.message}`)
}

/** Undefined where the command has ended, or nobody may give it anything. */
async function sessionFor(
  { connection, clock, onTrouble }: FeedContext,
  state: State,
  { metadata: { namespace = '', name = '' } }: Pod,
  container: string,
): Promise<InputSession | undefined> {
  while (!state.stopped) {
    const opened = await connection.input({ namespace, pod: name, container })
    if (opened.ok) return opened.value
    if (opened.error.reason !== 'ServiceUnavailable') {
      state.cut = true
      onTrouble(`the command gets no input: ${statusText(opened.error)}`)
      return undefined
    }
    await pause(clock, retryDelay)
  }
  return undefined
}

/** Whether all was handed on; false where the session ended before. */
async function copy({ input, onTrouble }: FeedContext, state: State, session: InputSession): Promise<boolean> {
  const over = session.ended.then(() => 'Over' as const)
  const chunks = input.chunks[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), over])
      if (next === 'Over') return false
      if (next.done === true) break
      await Promise.race([session.write(next.value), over])
    }
    session.end()
    return true
  } catch (error) {
    // What the system refuses, such as a directory for a file.
    if (!state.stopped) {
      state.cut = true
      onTrouble(`standard input cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
    session.end()
    return false
  }
}

async function isRunning({ connection }: FeedContext, pod: Pod, container: string): Promise<boolean> {
  const { namespace, name = '', uid } = pod.metadata
  const found = await connection.client.get<Pod>({ resource: 'pods', namespace, name })
  // A server that does not answer says nothing of the command.
  if (!found.ok) return found.error.reason === 'ServiceUnavailable'
  const status = found.value.status.containerStatuses?.find((one) => one.name === container)
  return found.value.metadata.uid === uid && status?.state?.running !== undefined
}
