/** How runs come to be known here, and how their ends are told: once, and after the last line of their log. */
import { millis, pause } from '../../base/index.ts'
import type { ContainerKey, Observed } from '../runtime/index.ts'
import { addressIn, type Inspection, judge } from './inspection.ts'
import { watchLimits } from './limit-look.ts'
import { copyLog, type LogCopy } from './log-copy.ts'
import { endOfRun, entryOf, fileOf, observedOf, type Run, type State, slotOf, tellRun } from './state.ts'

/** An engine that is away is asked again this often. */
export const AGAIN = millis(1000)
/** An engine that has told of an end has the last lines by then. */
const LAST_LINES = millis(10_000)
/** Bytes that are read again in a moment. */
const LONG = 1024 * 1024
const LOST = 'The container could not be located when the pod was terminated'

/** Takes what the engine has of a run that is not yet known here; undefined for one that was never started. */
export function admit(state: State, key: ContainerKey, inspection: Inspection): Run | undefined {
  const entry = entryOf(state, key.podUid)
  const known = entry.runs.get(slotOf(key))
  if (known !== undefined) return known
  const judgement = judge(inspection, state.options.clock.now())
  if (judgement.kind === 'Unstarted') return undefined
  const { startedAt } = judgement.kind === 'Running' ? judgement : judgement.exit
  const run: Run = {
    key,
    id: inspection.Id,
    tty: inspection.Config.Tty,
    imageId: inspection.Image,
    observed: observedOf(key, inspection, { kind: 'Running', startedAt }),
  }
  entry.runs.set(slotOf(key), run)
  state.byId.set(run.id, run)
  if (judgement.kind === 'Running') {
    run.observed = observedOf(key, inspection, judgement)
    entry.address ??= addressIn(inspection)
    startLog(state, run, true)
    watchLimits(state)
    tellRun(state, run)
  }
  return run
}

/** Takes up the copy of a log that ended while its container runs on: the engine went and came back, or a disk was full. */
export function mendLog(state: State, run: Run): void {
  const hasEnded = endOfRun(run) !== undefined || run.settling !== undefined
  if (!hasEnded && run.log?.isOver() === true) startLog(state, run, true)
}

function startLog(state: State, run: Run, follow: boolean): LogCopy {
  const path = fileOf(state, run.key, 'log')
  const log = copyLog({ engine: state.engine, id: run.id, tty: run.tty, path, follow })
  run.log = log
  return log
}

/** Looks how a run stands, and tells when it has ended. Fulfilled once that is known, or nobody needs to know. */
export function settle(state: State, run: Run): Promise<void> {
  run.settling ??= lookInto(state, run).finally(() => {
    run.settling = undefined
  })
  return run.settling
}

/** Tells the end of a run whose program could not be started, as that was said at its start. */
export function endUnstarted(state: State, run: Run, inspection: Inspection): void {
  const judgement = judge(inspection, state.options.clock.now())
  if (judgement.kind === 'Exited') end(state, run, observedOf(run.key, inspection, judgement))
}

async function lookInto(state: State, run: Run): Promise<void> {
  while (!state.closed && endOfRun(run) === undefined && state.byId.get(run.id) === run) {
    const found = await state.engine.call<Inspection>({ method: 'GET', path: `/containers/${run.id}/json` })
    if (found.ok) {
      const judgement = judge(found.value, state.options.clock.now())
      if (judgement.kind !== 'Exited') return
      await finishLog(state, run)
      end(state, run, observedOf(run.key, found.value, judgement))
      return
    }
    if (found.error.kind === 'Refused' && found.error.status === 404) {
      end(state, run, lostRun(state, run))
      return
    }
    await pause(state.options.clock, AGAIN)
  }
}

/** Gone without our doing: somebody else has removed it. */
function lostRun({ options }: State, run: Run): Observed {
  const startedAt = run.observed.state.kind === 'Running' ? run.observed.state.startedAt : options.clock.now()
  const finishedAt = options.clock.now()
  const exit = { exitCode: 137, reason: 'ContainerStatusUnknown' as const, message: LOST, startedAt, finishedAt }
  return { ...run.observed, state: { kind: 'Exited', exit } }
}

function end(state: State, run: Run, observed: Observed): void {
  if (endOfRun(run) !== undefined) return
  run.observed = observed
  run.log?.stop()
  tellRun(state, run)
}

/**
 * Waits until the log has the last line. A stream that follows loses it now and then where the engine is old (Docker before
 * version 23); so what the engine has in the end is read once more, unless that is long and the engine is not.
 */
async function finishLog(state: State, run: Run): Promise<void> {
  const { log } = run
  if (log !== undefined && log.progress() > LONG && (await state.engine.isAtLeast('1.42'))) {
    if (await isWhole(state, log)) return
  } else if (log !== undefined) {
    log.stop()
    await log.done
  }
  for (let tries = 0; tries < 2 && !state.closed; tries += 1) {
    if (await isWhole(state, startLog(state, run, false))) return
  }
  const { podUid, container } = run.key
  if (!state.closed) state.options.log.warn('the log of a container is not complete', { pod: podUid, container })
}

/** Waits for as long as lines keep coming. */
function isWhole({ options }: State, log: LogCopy): Promise<boolean> {
  return new Promise((resolve) => {
    const watchdog = { cancel: () => {} }
    const wait = (known: number) => {
      watchdog.cancel = options.clock.wake(LAST_LINES, () => {
        const progress = log.progress()
        if (progress !== known) return wait(progress)
        log.stop()
        resolve(false)
      })
    }
    wait(-1)
    void log.done.then((whole) => {
      watchdog.cancel()
      resolve(whole)
    })
  })
}
