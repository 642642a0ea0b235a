/** One simulated history: first faults, while safety is checked; then healing, after which everything must have ended. */
import { type Log, millis } from '../../src/base/index.ts'
import { checkAcknowledged, checkSettled, followHistory, type Violation } from './checkers.ts'
import type { FaultCounts, FaultRates } from './faults.ts'
import { seededRandom } from './seeded-random.ts'
import { newWorkload } from './workload.ts'
import { newWorld, noFaults, type Part, type World } from './world.ts'

export type Simulated = {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly counts: FaultCounts
  readonly writes: number
  readonly acts: number
  /** Equal for equal histories. */
  readonly fingerprint: string
}

const parts: readonly Part[] = ['server', 'controllers', 'node']

export type Settings = {
  /** Faults that are left out; what else the seed draws stays the same. */
  readonly without?: ReadonlySet<keyof FaultCounts> | undefined
  /** Takes a line on everything that happens. */
  readonly trace?: ((line: string) => void) | undefined
  /** Takes what the parts log. */
  readonly log?: Log | undefined
}

/** The seed draws the options too: how many acts there are and how often each fault happens. */
export async function simulate(seed: number, settings: Settings = {}): Promise<Simulated> {
  const without = (fault: keyof FaultCounts): boolean => settings.without?.has(fault) === true
  const options = seededRandom(seed).fork('options')
  const harsh = options.chance(0.8)
  const rate = (most: number): number => (harsh && options.chance(0.7) ? (options.between(0, 100) / 100) * most : 0)
  const rates: FaultRates = {
    refuse: rate(0.1),
    loseAnswer: rate(0.1),
    delay: rate(0.2),
    dropWatch: rate(0.05),
    delayEvents: rate(0.2),
  }
  for (const fault of Object.keys(rates) as (keyof FaultRates)[]) if (without(fault)) rates[fault] = 0
  const crashes = harsh ? options.between(0, 6) : 0
  const acts = options.between(5, 40)
  const world = await newWorld({ seed, rates, trace: settings.trace, log: settings.log })
  const history = followHistory(world)
  for (const part of parts) await world.start(part)
  const workload = newWorkload(world, world.random.fork('users'))
  await trouble(
    world,
    { acts, crashes: without('crashes') ? 0 : crashes, clockSteps: !without('clockSteps') },
    workload.act,
  )
  await heal(world)
  const violations = [
    ...world.violations,
    ...history.violations,
    ...checkAcknowledged(history, workload.acknowledged),
    ...(await checkSettled(world)),
  ]
  return {
    seed,
    violations,
    counts: world.counts,
    writes: history.revisions(),
    acts,
    fingerprint: history.fingerprint(),
  }
}

async function trouble(
  world: World,
  plan: { readonly acts: number; readonly crashes: number; readonly clockSteps: boolean },
  act: () => Promise<void>,
): Promise<void> {
  const random = world.random.fork('trouble')
  let crashes = plan.crashes
  for (let i = 0; i < plan.acts; i++) {
    // Not waited for: the act may hang on a dead server while the world goes on.
    void act()
    await world.advance(random.between(0, 8000))
    if (random.chance(0.1)) {
      const span = millis(random.between(-3_600_000, 3_600_000))
      if (plan.clockSteps) world.stepClock(span)
    }
    if (crashes > 0 && random.chance(0.3)) {
      crashes--
      const part = random.pick(parts)
      world.crash(part)
      await world.advance(random.between(0, 20_000))
      await world.start(part)
    }
  }
}

/** No more faults; forty minutes for everything to end: the longest back-off is six minutes, and a Job may need a few. */
async function heal(world: World): Promise<void> {
  Object.assign(world.rates, noFaults())
  for (const part of parts) await world.start(part)
  await world.advance(40 * 60_000)
}
