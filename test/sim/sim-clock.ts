/** Time in the simulator: monotonic time only runs forward, wall time may be set. */
import type { Clock, Instant, Millis, Monotonic } from '../../src/base/index.ts'

type Sleeper = { readonly at: number; readonly order: number; readonly owner: object; readonly callback: () => void }

export type SimClock = {
  /** The clock of one part; `silence` takes all its timers away, as the death of a process does. */
  readonly forPart: () => { readonly clock: Clock; readonly silence: () => void }
  readonly now: () => Instant
  readonly monotonic: () => Monotonic
  /** The latest time that the wall clock has ever shown. */
  readonly highest: () => Instant
  /** Sets the wall clock forward or back, as an operator or NTP does. */
  readonly step: (span: Millis) => void
  /** The moment of the next timer, or undefined when nobody waits. */
  readonly nextAt: () => number | undefined
  /** Runs the timers that are due at `at`, and makes it that late. */
  readonly runUntil: (at: number) => void
}

export function newSimClock(start: number): SimClock {
  let monotonic = 0
  let offset = start
  let order = 0
  let sleepers: Sleeper[] = []
  const now = (): Instant => (offset + monotonic) as Instant
  let highest = start
  const mark = (): void => {
    highest = Math.max(highest, offset + monotonic)
  }
  const take = (at: number): Sleeper | undefined => {
    let best: Sleeper | undefined
    for (const one of sleepers) {
      if (one.at > at) continue
      if (best === undefined || one.at < best.at || (one.at === best.at && one.order < best.order)) best = one
    }
    if (best !== undefined) sleepers = sleepers.filter((one) => one !== best)
    return best
  }
  return {
    now,
    monotonic: () => monotonic as Monotonic,
    highest: () => {
      mark()
      return highest as Instant
    },
    step: (span) => {
      mark()
      offset += span
    },
    forPart() {
      const owner = {}
      const clock: Clock = {
        now,
        monotonic: () => monotonic as Monotonic,
        wake(delay, callback) {
          const sleeper = { at: monotonic + Math.max(0, delay), order: order++, owner, callback }
          sleepers.push(sleeper)
          return () => {
            sleepers = sleepers.filter((one) => one !== sleeper)
          }
        },
      }
      const silence = (): void => {
        sleepers = sleepers.filter((one) => one.owner !== owner)
      }
      return { clock, silence }
    },
    nextAt: () =>
      sleepers.reduce<number | undefined>(
        (least, { at }) => (least === undefined || at < least ? at : least),
        undefined,
      ),
    runUntil(at) {
      for (let sleeper = take(at); sleeper !== undefined; sleeper = take(at)) {
        monotonic = Math.max(monotonic, sleeper.at)
        sleeper.callback()
      }
      monotonic = Math.max(monotonic, at)
    },
  }
}

/** So many turns of the event loop without a sign of life are rest. */
const quietTurns = 8

/**
 * Lets everything that is not waiting for time come to rest. `signs` counts what happens: calls and questions to the disk
 * may follow each other over many turns.
 */
export async function settle(signs: () => number): Promise<void> {
  let seen = signs()
  for (let quiet = 0; quiet < quietTurns; quiet++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (signs() !== seen) quiet = 0
    seen = signs()
  }
}
