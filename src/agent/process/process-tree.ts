/**
 * Finding and ending the processes of a run. A namespaced run dies as a whole with the first process of its PID
 * namespace. Without namespaces its processes are found by group, session and by the cookie in their environment, again
 * and again until none is left, so that what forks, detaches or starts a session of its own dies too.
 */
import type { Signal } from '../runtime/index.ts'
import { allPids, childrenOf, commandLineOf, environOf, type ProcessIdentity, statOf } from './proc.ts'

/** The variable every process of a run carries; its value is the id of the run. */
export const COOKIE = 'JOBD_CONTAINER'

export type RunProcess = { readonly supervisor: ProcessIdentity; readonly id: string; readonly namespaced: boolean }

/** How `script` is told to run a program in a terminal. */
export const TERMINAL_FLAGS = '-qefc'

/** The main process of a run that is up; undefined when it is not, or no longer, there. */
export function mainPidOf(run: RunProcess): number | undefined {
  const root = rootOfMain(run)
  if (root === undefined || !hasTerminal(root)) return root
  return childrenOf(root)[0]
}

const hasTerminal = (pid: number): boolean => commandLineOf(pid)?.split('\0')[1] === TERMINAL_FLAGS

/** The main process, or the one that gives it a terminal. */
export function rootOfMain({ supervisor, namespaced }: RunProcess): number | undefined {
  if (!namespaced) return childrenOf(supervisor.pid)[0]
  const init = initPidOf({ supervisor })
  return init === undefined ? undefined : childrenOf(init)[0]
}

/** The first process of a run's PID namespace: the only child of `unshare`, which is that of the supervisor. */
export function initPidOf({ supervisor }: Pick<RunProcess, 'supervisor'>): number | undefined {
  const [unshare] = childrenOf(supervisor.pid)
  return unshare === undefined ? undefined : childrenOf(unshare)[0]
}

/** Sends a signal to the main process; false when there is none, not yet or not any more. */
export function signalMain(run: RunProcess, signal: Signal): boolean {
  const pid = mainPidOf(run)
  if (pid !== undefined) sendSignal(pid, signal)
  return pid !== undefined
}

/** Kills every process of a run but its supervisor, which has to write how the run ended. */
export function killTree(run: RunProcess): void {
  const [child] = childrenOf(run.supervisor.pid)
  if (child !== undefined && run.namespaced) {
    sendSignal(initPidOf(run) ?? child, 'SIGKILL')
    return
  }
  if (child !== undefined) {
    const session = child
    sendSignal(child, 'SIGKILL')
    sendSignal(-child, 'SIGKILL')
    for (const pid of allPids()) {
      const stat = statOf(pid)
      if (stat?.session === session) sendSignal(pid, 'SIGKILL')
    }
  }
  sweep((id) => id === run.id)
}

/**
 * Kills every process that belongs to a run that `isDoomed`. Goes round until a round finds nobody new, since a process
 * may fork while it is being looked for.
 *
 * @returns the runs of which somebody was there, and may be for a moment yet
 */
export function sweep(isDoomed: (id: string) => boolean): ReadonlySet<string> {
  const runs = new Set<string>()
  const killed = new Set<number>()
  for (let round = 0; round < 50; round += 1) {
    const before = killed.size
    for (const pid of allPids()) {
      const id = killed.has(pid) ? undefined : (cookieOf(pid) ?? launchedBy(pid))
      if (id === undefined || !isDoomed(id) || statOf(pid)?.state === 'Z') continue
      sendSignal(pid, 'SIGKILL')
      killed.add(pid)
      runs.add(id)
    }
    if (killed.size === before) return runs
  }
  return runs
}

/** The id of the run that a process belongs to, by its environment. */
export function cookieOf(pid: number): string | undefined {
  const environ = environOf(pid)
  if (environ === undefined) return undefined
  const start = environ.startsWith(`${COOKIE}=`) ? 0 : environ.indexOf(`\0${COOKIE}=`) + 1
  if (start === 0 && !environ.startsWith(`${COOKIE}=`)) return undefined
  const end = environ.indexOf('\0', start)
  return environ.slice(start + COOKIE.length + 1, end === -1 ? undefined : end)
}

/** The id of the run whose launch script a process reads, which carries no cookie yet. */
const launchedBy = (pid: number): string | undefined =>
  /\/([^/\0]+\/[^/\0]+)\.run\0/.exec(commandLineOf(pid) ?? '')?.[1]

/** A process that is already gone, or that is not ours to signal, is no error here. */
function sendSignal(pid: number, signal: Signal): void {
  try {
    process.kill(pid, signal as NodeJS.Signals)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'ESRCH' && code !== 'EPERM') throw error
  }
}
