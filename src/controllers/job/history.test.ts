/** Random histories: what must hold for every Job, whatever happens to it and whenever the controller dies. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  active,
  advance,
  apply,
  bind,
  conditionOf,
  deletePod,
  failPod,
  planOf,
  podsOf,
  run,
  settle,
  succeed,
  uidsOf,
  type World,
  worldOf,
} from '../../../test/support/job-world.ts'
import type { JobSpec, JobStatus } from '../../apis/batch/index.ts'
import { countCommonIndexes, countIndexes, parseIndexes } from './indexes.ts'
import { isFailed, isSucceeded, isTerminal, isTracked } from './pod.ts'
import { defaultJobOptions, exactJobOptions, type JobAction } from './snapshot.ts'

type Step =
  | { readonly kind: 'Pass'; readonly stopAfter: number; readonly restart: boolean }
  | {
      readonly kind: 'Pod'
      readonly what: 'bind' | 'run' | 'succeed' | 'fail' | 'delete' | 'purge'
      readonly which: number
    }
  | { readonly kind: 'Advance'; readonly seconds: number }
  | { readonly kind: 'Scale'; readonly parallelism: number; readonly completions: number }
  | { readonly kind: 'Suspend'; readonly suspend: boolean }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('Pass' as const), stopAfter: fc.nat(6), restart: fc.boolean() }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('Pod' as const),
      what: fc.constantFrom('bind', 'run', 'succeed', 'succeed', 'fail', 'delete', 'purge' as const),
      which: fc.nat(30),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('Advance' as const), seconds: fc.nat(100) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('Scale' as const), parallelism: fc.nat(4), completions: fc.nat(6) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('Suspend' as const), suspend: fc.boolean() }) },
)

const policy = {
  rules: [
    { action: 'Ignore', onExitCodes: { operator: 'In', values: [3] } },
    { action: 'FailJob', onExitCodes: { operator: 'In', values: [4] } },
  ],
}
const specs: fc.Arbitrary<Partial<JobSpec>> = fc.oneof(
  fc.record({ completions: fc.nat(5), parallelism: fc.nat(4), backoffLimit: fc.nat(4) }),
  fc.record({ parallelism: fc.integer({ min: 1, max: 4 }), backoffLimit: fc.nat(4) }),
  fc.record({ completions: fc.nat(3), parallelism: fc.nat(3), podFailurePolicy: fc.constant(policy) }),
  fc.record({
    completionMode: fc.constant('Indexed'),
    completions: fc.integer({ min: 1, max: 5 }),
    parallelism: fc.integer({ min: 1, max: 5 }),
    podReplacementPolicy: fc.constantFrom('Failed', 'TerminatingOrFailed'),
    ...{ successPolicy: fc.option(fc.constant({ rules: [{ succeededCount: 2 }] }), { nil: undefined }) },
  }),
  fc.record({
    completionMode: fc.constant('Indexed'),
    completions: fc.integer({ min: 1, max: 5 }),
    parallelism: fc.integer({ min: 1, max: 5 }),
    backoffLimitPerIndex: fc.nat(2),
    maxFailedIndexes: fc.option(fc.nat(3), { nil: undefined }),
    activeDeadlineSeconds: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
  }),
)

/** Pods that lost the finalizer in order to be counted, by what they were. */
type Ledger = { readonly succeeded: Set<string>; readonly failed: Set<string>; readonly noted: Set<string> }

function note(world: World, action: JobAction, ledger: Ledger): void {
  if (action.kind === 'UpdateJobStatus') {
    for (const uid of action.status.uncountedTerminatedPods?.failed ?? []) ledger.noted.add(uid)
  }
  if (action.kind !== 'RemoveFinalizers') return
  for (const { metadata } of action.pods) {
    const pod = world.pods.get(metadata.uid ?? '')
    if (pod === undefined || !isTracked(pod)) continue
    const uid = metadata.uid ?? ''
    assert.ok(!ledger.succeeded.has(uid) && !ledger.failed.has(uid), 'released twice')
    // What was noted as failed stays so, whatever becomes of it before it is let go.
    if (ledger.noted.has(uid) || isFailed(pod)) ledger.failed.add(uid)
    else if (isSucceeded(pod)) ledger.succeeded.add(uid)
  }
}

function take(world: World, step: Step, ledger: Ledger): void {
  switch (step.kind) {
    case 'Pass': {
      const { actions } = planOf(world)
      checkPlan(actions)
      for (const action of actions.slice(0, step.stopAfter)) {
        note(world, action, ledger)
        apply(world, action)
      }
      if (step.restart) world.backoff = undefined
      return
    }
    case 'Pod':
      actOnPod(world, step.what, step.which)
      return
    case 'Advance':
      advance(world, step.seconds)
      return
    case 'Scale': {
      const { completions, completionMode } = world.job.spec
      const elastic = completionMode === 'Indexed' ? { completions: step.completions } : {}
      const parallelism = completionMode === 'Indexed' ? step.completions : step.parallelism
      if (completions === undefined && parallelism === 0) return
      world.job = { ...world.job, spec: { ...world.job.spec, ...elastic, parallelism } }
      return
    }
    case 'Suspend':
      world.job = { ...world.job, spec: { ...world.job.spec, suspend: step.suspend } }
  }
}

function actOnPod(world: World, what: string, which: number): void {
  const pods = podsOf(world)
  const pod = pods[which % Math.max(1, pods.length)]
  const uid = pod?.metadata.uid ?? ''
  if (pod === undefined || (isTerminal(pod) && what !== 'delete' && what !== 'purge')) return
  if (what === 'bind') bind(world, uid)
  else if (what === 'run') run(world, uid)
  else if (what === 'succeed') succeed(world, uid)
  else if (what === 'fail') failPod(world, uid, 1 + (which % 4))
  else deletePod(world, uid, { force: what === 'purge' })
}

function checkPlan(actions: readonly JobAction[]): void {
  const kinds = actions.map(({ kind }) => kind)
  assert.ok(!(kinds.includes('CreatePods') && kinds.includes('DeletePods')), 'creates and deletes in one pass')
  for (const action of actions) if (action.kind === 'CreatePods') assert.ok(action.pods.length <= 500)
}

const isTrue = (status: JobStatus, type: string): boolean =>
  status.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true

function checkStatus(before: JobStatus, status: JobStatus, { spec }: { readonly spec: JobSpec }): void {
  const indexed = spec.completionMode === 'Indexed'
  const { ready = 0, active: running = 0, failed = 0, succeeded = 0, terminating = 0 } = status
  assert.ok(
    ready >= 0 && running >= 0 && failed >= 0 && succeeded >= 0 && terminating >= 0,
    'counters are not negative',
  )
  assert.ok(ready <= running, 'ready pods are active')
  assert.ok(failed >= (before.failed ?? 0), 'failed never decreases')
  assert.ok(indexed || succeeded >= (before.succeeded ?? 0), 'succeeded never decreases')
  assert.ok(!(isTrue(status, 'FailureTarget') && isTrue(status, 'SuccessCriteriaMet')), 'one way to end')
  assert.ok(!isTrue(status, 'Failed') || isTrue(status, 'FailureTarget'))
  assert.ok(!isTrue(status, 'Complete') || isTrue(status, 'SuccessCriteriaMet'))
  assert.equal(status.completionTime !== undefined, isTrue(status, 'Complete'))
  const { succeeded: notedSuccesses = [], failed: notedFailures = [] } = status.uncountedTerminatedPods ?? {}
  const noted = [...notedSuccesses, ...notedFailures]
  assert.equal(new Set(noted).size, noted.length, 'a pod is noted once')
  if (isTrue(status, 'Failed') || isTrue(status, 'Complete')) {
    assert.deepEqual([running, terminating, noted.length], [0, 0, 0])
    assert.ok(status.startTime !== undefined)
    if (status.completionTime !== undefined) assert.ok(status.completionTime >= status.startTime)
  }
  for (const type of ['FailureTarget', 'Failed', 'SuccessCriteriaMet', 'Complete']) {
    assert.ok(!isTrue(before, type) || isTrue(status, type), `${type} stays`)
  }
  if (!indexed) return
  const done = parseIndexes(status.completedIndexes ?? '', 1000)
  assert.equal(countIndexes(done), succeeded)
  assert.equal(countCommonIndexes(done, parseIndexes(status.failedIndexes ?? '', 1000)), 0)
}

for (const [name, options] of [
  ['exact', exactJobOptions],
  ['default', defaultJobOptions],
] as const) {
  test(`invariants hold in every history (${name})`, () => {
    fc.assert(
      fc.property(specs, fc.array(steps, { maxLength: 60 }), (spec, history) => {
        const world = worldOf(spec, options)
        const ledger: Ledger = { succeeded: new Set(), failed: new Set(), noted: new Set() }
        for (const step of history) {
          const seen = world.statuses.length
          const before = world.job.status
          take(world, step, ledger)
          let last = before
          for (const status of world.statuses.slice(seen)) {
            checkStatus(last, status, world.job)
            last = status
          }
        }
        finish(world, ledger)
      }),
      { numRuns: 1500 },
    )
  })
}

/** Everything comes to rest: then every pod was counted exactly once, and nothing holds any pod that has ended. */
function finish(world: World, ledger: Ledger): void {
  for (const pod of podsOf(world))
    if (pod.metadata.deletionTimestamp !== undefined && !isTerminal(pod)) failPod(world, pod.metadata.uid ?? '')
  for (let pass = 0; ; pass++) {
    const { actions } = planOf(world)
    if (actions.length === 0) break
    assert.ok(pass < 100, 'comes to rest')
    for (const action of actions) {
      note(world, action, ledger)
      apply(world, action)
    }
  }
  const { status, spec } = world.job
  const over = conditionOf(world, 'Failed') !== undefined || conditionOf(world, 'Complete') !== undefined
  const forgotten = podsOf(world).filter((pod) => isTracked(pod) && isTerminal(pod))
  if (spec.backoffLimitPerIndex === undefined && !over) assert.deepEqual(uidsOf(forgotten), [])
  settle(world)
  if (over) assert.deepEqual(uidsOf(podsOf(world).filter(isTracked)), [], 'nothing is held by a finished Job')
  if (spec.completionMode === 'Indexed') return
  // What the leftover pass released after the end was counted with the end.
  const late = forgotten.filter((pod) => over && isSucceeded(pod) && !ledger.noted.has(pod.metadata.uid ?? '')).length
  assert.equal(status.succeeded ?? 0, ledger.succeeded.size + late, 'every success is counted once')
  const drains = spec.completions === undefined && (status.succeeded ?? 0) > 0 && !spec.suspend
  if (!over && !drains) assert.ok(active(world).length <= (spec.suspend ? 0 : (spec.parallelism ?? 1)))
}
