/**
 * What a controller's pass decides. A controller never awaits: `(snapshot, now) → plan`; the manager performs the actions
 * in order, stops at the first failure, and the next pass starts afresh from a new snapshot.
 */
import type { Instant } from '../base/index.ts'

export type Plan<Action> = {
  readonly actions: readonly Action[]
  /** Look again at this instant at the latest, even when nothing changes. */
  readonly wakeAt?: Instant | undefined
}
