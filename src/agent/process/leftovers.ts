/**
 * What runs leave behind: without namespaces, processes of an ended run may live on in sessions of their own. They are
 * looked for after each end, many ends at once when they come fast, until a look finds nobody of the run any more.
 */
import { millis } from '../../base/index.ts'
import { sweep } from './process-tree.ts'
import type { State } from './state.ts'

/** What was killed takes a moment to be gone: no sooner than after this is it looked for again. */
const LEAST_PAUSE = 10

/** Kills what an ended run has left, soon; the next daemon does for a run that ends after this one was closed. */
export function sweepSoon(state: State, id: string): void {
  if (state.closed) return
  if (!state.doomed.has(id)) state.doomed.set(id, [])
  sweepLater(state)
}

/** Fulfilled once nobody is left of an ended run, or nobody looks any more because the runtime is closed. */
export const gone = ({ doomed }: State, id: string): Promise<void> =>
  new Promise((resolve) => {
    const waiters = doomed.get(id)
    if (waiters === undefined) resolve()
    else waiters.push(resolve)
  })

function sweepLater(state: State): void {
  if (state.cancelSweep !== undefined) return
  const { clock } = state.options
  state.cancelSweep = clock.wake(state.sweepPause, () => {
    state.cancelSweep = undefined
    const began = clock.monotonic()
    const found = sweep((id) => state.doomed.has(id))
    // At most a twentieth of the time goes into looking.
    state.sweepPause = millis(Math.max(LEAST_PAUSE, 20 * (clock.monotonic() - began)))
    for (const id of [...state.doomed.keys()]) if (!found.has(id)) forget(state, id)
    if (state.doomed.size > 0) sweepLater(state)
  })
}

function forget({ doomed }: State, id: string): void {
  const waiters = doomed.get(id) ?? []
  doomed.delete(id)
  for (const waiter of waiters) waiter()
}

/** Kills at once what is still to be killed, and looks no more. */
export function endSweeps(state: State): void {
  state.cancelSweep?.()
  if (state.doomed.size > 0) sweep((id) => state.doomed.has(id))
  for (const id of [...state.doomed.keys()]) forget(state, id)
}
