/** Counts what was looked at and keeps what was wrong, each invariant by its name. */

/** What must hold, in words; the names are what violations are told by. */
export const invariants = {
  'acknowledged-writes-survive': 'what the server acknowledged to a client is in the durable history, deletions too',
  'no-update-is-lost': 'an update replaces the version that it was made of, and no newer one',
  'nothing-undurable-is-shown': 'no answer, list or watch shows a version before it is durable',
  'revisions-never-go-back':
    'durable revisions rise by one, and no reader or watcher is told an older one after a newer one',
  'watches-equal-history':
    'a watch tells every change of its selection that became durable, once, in order, and no other',
  'lists-equal-history': 'a list is the durable state at its revision',
  'pods-are-counted-once': 'a Job counts no more pods than it ever had, and none as succeeded that did not succeed',
  'counters-never-go-back': 'what a Job has counted as failed or succeeded stays counted',
  'ready-is-active': 'no more pods of a Job are ready than active',
  'finished-stays-finished': 'a Job that is Complete or Failed stays so',
  'finished-means-finished': 'a Job is finished only when no pod of it is active, terminating or uncounted',
  'no-slot-twice': 'no due time of a CronJob starts two Jobs',
  'no-slot-unrecorded':
    'every due time of a CronJob has its Run, and has it before the status says that it is done with',
  'runs-tell-the-end': 'after settling no Run says that a Job runs which has ended or is gone',
  'forbid-never-overlaps': 'a CronJob that forbids it never has two Jobs that run at the same time',
  'replace-replaces': 'a CronJob that replaces starts a Job only when those before are finished or on their way out',
  'suspended-starts-nothing': 'no Job is started for a time at which its CronJob was suspended',
  'quota-is-kept': 'no namespace holds more pods than its quota allowed when the last of them was made',
  'quota-tells-the-truth': 'after settling, a quota shows what its namespace uses',
  'ttl-is-kept': 'no finished Job is cleared away before its time, and after settling none is left after it',
  'no-orphan-after-settling': 'nothing lives on whose owner is gone, and no container of a pod that is gone',
  'owned-things-stay': 'nothing is collected while its owner lives',
  'namespaces-leave-nothing': 'a namespace that was deleted goes, and everything in it',
  'taints-put-out': 'who does not tolerate a NoExecute taint of the node does not stay there',
  'every-job-ends': 'after healing every Job that is not suspended comes to an end',
  'finalizers-always-leave': 'after healing nothing is held back by a finalizer of ours',
  'success-is-earned': 'a pod is told as succeeded only when the program of its last run ended with 0',
  'no-container-runs-twice': 'no run of a container is started twice',
  'the-server-comes-back': 'after healing the server takes a write and shows it',
  'nobody-runs-in-circles': 'nobody calls the server without end while no time passes',
  'nothing-throws': 'no part logs a defect of its own',
} as const

export type Invariant = keyof typeof invariants
export const isInvariant = (name: string): name is Invariant => Object.hasOwn(invariants, name)

export type Violation = { readonly invariant: Invariant; readonly what: string }

export type Judge = {
  readonly check: (invariant: Invariant, holds: boolean, what: () => string) => void
  readonly violations: readonly Violation[]
  /** How often each invariant was looked at. */
  readonly checks: Readonly<Partial<Record<Invariant, number>>>
}

export function newJudge(): Judge {
  const violations: Violation[] = []
  const checks: Partial<Record<Invariant, number>> = {}
  return {
    violations,
    checks,
    check(invariant, holds, what) {
      checks[invariant] = (checks[invariant] ?? 0) + 1
      if (!holds) violations.push({ invariant, what: what() })
    },
  }
}
