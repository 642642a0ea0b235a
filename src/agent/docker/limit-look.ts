/**
 * Looks now and then whether the kernel has refused a container more processes, which no engine tells. Nothing is looked at
 * while nothing runs, nor where containers are no processes of this machine.
 */
import { millis } from '../../base/index.ts'
import { refusalsIn, refusedText } from '../runtime/index.ts'
import { cgroupsOf, kernelText } from './processes.ts'
import { type Run, type State, tellRun } from './state.ts'

const LOOK = millis(5000)

/** Begins to look, unless that goes on already. */
export function watchLimits(state: State): void {
  if (state.cancelLimitLook !== undefined || state.closed || watched(state).length === 0) return
  state.cancelLimitLook = state.options.clock.wake(LOOK, () => {
    state.cancelLimitLook = undefined
    for (const run of watched(state)) tellRefused(state, run)
    watchLimits(state)
  })
}

/** Those that run and of which nothing is told yet. */
const watched = ({ byId }: State): readonly Run[] =>
  [...byId.values()].filter(({ observed }) => observed.state.kind === 'Running' && observed.trouble === undefined)

function tellRefused(state: State, run: Run): void {
  const { state: standing } = run.observed
  const pid = standing.kind === 'Running' ? standing.pid : undefined
  const group = pid === undefined ? undefined : pidsGroupOf(pid, run.id)
  const times = group === undefined ? 0 : refusalsIn(kernelText(`${group}/pids.events`))
  if (times === 0) return
  const limit = Number.parseInt(kernelText(`${group}/pids.max`), 10)
  run.observed = { ...run.observed, trouble: refusedText(times, Number.isNaN(limit) ? undefined : limit) }
  tellRun(state, run)
}

/** The group that counts the processes of a container: of either version, mounted where every system has it. */
function pidsGroupOf(pid: number, containerId: string): string | undefined {
  const groups = cgroupsOf(pid)
  const [, own] = /^\d+:pids:(.*)$/m.exec(groups) ?? []
  const [, unified] = /^0::(.*)$/m.exec(groups) ?? []
  const path = own ?? unified
  if (path === undefined || !path.includes(containerId)) return undefined
  return own === undefined ? `/sys/fs/cgroup${path}` : `/sys/fs/cgroup/pids${path}`
}
