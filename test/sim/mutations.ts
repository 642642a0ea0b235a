/**
 * Defects that are planted into the program as it is loaded, to show that the simulator finds such ones: each is a small
 * change of one source text, made in the memory of the test process only.
 */
import { registerHooks } from 'node:module'

export type Mutation = {
  readonly name: string
  /** What a program with this defect does wrong. */
  readonly defect: string
  readonly file: string
  /** Texts that each stand once in the file, and what they become. */
  readonly changes: readonly (readonly [from: string, to: string])[]
  /** It must be found within so many seeds, counted from 1. */
  readonly within: number
}

const one = (name: string, defect: string, file: string, from: string, to: string, within: number): Mutation => ({
  name,
  defect,
  file,
  changes: [[from, to]],
  within,
})

const store = 'src/storage/sqlite/sqlite-store.ts'
const cronStart = 'src/controllers/cronjob/start.ts'
const collector = 'src/manager/garbage-collector.ts'

export const mutations: readonly Mutation[] = [
  {
    name: 'answers-too-soon',
    defect: 'the store answers and tells a write before the disk has it',
    file: store,
    changes: [
      [
        "const done = await state.thread.ask<'Commit'>({ kind: 'Commit', batch: batchOf(state, batch, newest) })",
        "const asked = state.thread.ask<'Commit'>({ kind: 'Commit', batch: batchOf(state, batch, newest) })",
      ],
      [
        '  state.committing = false\n  if (done.ok) keep(',
        '  keep(state, batch, newest)\n  const done = await asked\n  state.committing = false\n  if (done.ok) void (',
      ],
    ],
    within: 5,
  },
  one(
    'refused-writes-stay',
    'a write that the disk refused is not taken back',
    store,
    'takeBack(\n    state.keyspace,\n    all.map(({ write }) => write),\n  )',
    '',
    30,
  ),
  one(
    'lost-updates',
    'a write on an old version replaces a newer one',
    'src/storage/revision/keyspace.ts',
    'if (head.modified !== request.ifRevision)',
    'if (head.modified < request.ifRevision)',
    40,
  ),
  one(
    'watch-skips',
    'a watch that begins in the past skips the first change',
    'src/apiserver/cache/resource-cache.ts',
    'as CachedChange).revision <= after) low',
    'as CachedChange).revision <= after + 1) low',
    20,
  ),
  one(
    'own-writes-unseen',
    'a controller plans without what it has just written',
    'src/manager/visibility.ts',
    'if (list === undefined) return undefined',
    'if (list !== null) return undefined',
    60,
  ),
  one(
    'counted-while-held',
    'pods are counted before their finalizer is gone',
    'src/controllers/job/track.ts',
    'const there = new Set(tracked.map(uidOf))',
    'const there = new Set<string>(tracked.length < 0 ? [] : [])',
    60,
  ),
  one(
    'released-before-noted',
    'pods lose their finalizer before the status has noted them',
    'src/controllers/job/plan.ts',
    '...(toldFirst ? [',
    '...(toldFirst && accounting.release.length === 0 ? [',
    60,
  ),
  one(
    'starts-forgotten',
    'nothing but the status proves a start',
    'src/controllers/cronjob/reconcile.ts',
    'if (scheduled === undefined || scheduled <= told) continue',
    'if (scheduled === undefined || scheduled > 0) continue',
    700,
  ),
  one(
    'forbid-ignored',
    'Forbid is not looked at',
    cronStart,
    "spec.concurrencyPolicy === 'Forbid' && activeJobs(pass).length > 0",
    "spec.concurrencyPolicy === 'Forbid' && activeJobs(pass).length > 99",
    40,
  ),
  one(
    'replace-ignored',
    'Replace leaves what runs',
    cronStart,
    "spec.concurrencyPolicy === 'Replace' ?",
    "spec.concurrencyPolicy === 'Recreate' ?",
    40,
  ),
  one(
    'suspend-ignored',
    'a suspended CronJob goes on',
    cronStart,
    'if (spec.suspend === true) return pass.options.exact',
    'if (spec.schedule === "") return pass.options.exact',
    40,
  ),
  one(
    'ledger-gives-up',
    'a due time whose Run could not be written is passed over',
    'src/manager/cronjob-controller.ts',
    "if (unrecorded !== undefined) return retry(unrecorded.message ?? '')",
    '',
    250,
  ),
  one(
    'no-second-look',
    'the garbage collector believes a copy that lags',
    collector,
    "if (known.state === 'solid') {",
    "if (known.state !== 'waiting') {",
    150,
  ),
  one(
    'dependents-forgotten',
    'what belongs to an owner that went is not looked at',
    collector,
    "for (const dependent of dependents.get(object.metadata.uid ?? '')?.values() ?? none) suspect(dependent)",
    '',
    20,
  ),
  one(
    'never-again',
    'a pass that failed is not tried again',
    'src/manager/controller.ts',
    'const { delay, failures } = queue.retry(key, clock.monotonic())',
    'const { delay, failures } = { delay: 0, failures: 0 }',
    40,
  ),
  one(
    'status-given-up',
    'the agent does not try again to write a status',
    'src/agent/pod-worker.ts',
    'because: newest.error.message,\n  })\n  context.timers.after(millis(1000), () => touch(context, worker))',
    'because: newest.error.message,\n  })',
    150,
  ),
  one(
    'strays-run-on',
    'containers of pods that went while the agent was away run on',
    'src/agent/agent.ts',
    'if (!isKnown(podUid)) inBackground(options, () => runtime.remove(podUid))\n    else if (pod !== undefined',
    'if (pod !== undefined',
    120,
  ),
  one(
    'ttl-halved',
    'finished Jobs go after half their time',
    'src/controllers/ttlafterfinished/plan.ts',
    'finished + 1000 * ttlSecondsAfterFinished',
    'finished + 500 * ttlSecondsAfterFinished',
    40,
  ),
  one(
    'quota-unread',
    'admission does not add to what is used',
    'src/apiserver/admission/resource-quota.ts',
    'compareQuantities(sum(used.get(key), amount), hard',
    'compareQuantities(amount, hard',
    120,
  ),
  one(
    'runs-left-behind',
    'the end of a namespace leaves its Runs',
    'src/manager/informers.ts',
    '[...deletable, ...ownObjects].filter',
    '[...deletable].filter',
    60,
  ),
  one(
    'waits-for-the-future',
    'after the clock went back a Job waits for the time that it showed before',
    'src/controllers/job/backoff.ts',
    'record.lastFailure === undefined || record.lastFailure <= now ? record',
    'record.lastFailure === undefined || record.lastFailure > 0 ? record',
    100,
  ),
  one(
    'taints-unseen',
    'a taint puts nobody out who was there before it',
    'src/manager/taint-eviction-controller.ts',
    'for (const key of byNode.get(name).keys())',
    'for (const key of byNode.get("").keys())',
    40,
  ),
  one(
    'half-deleted-stays',
    'a pod whose removal was cut short stays',
    'src/controllers/podgc/plan.ts',
    'if (isHalfDeleted(pod)) choose',
    'if (isHalfDeleted(pod) && snapshot.terminating.length > 99) choose',
    150,
  ),
]

/** The source with the defect. Throws when it does not stand there as it did: the mutation must be adapted then. */
export function mutated({ name, file, changes }: Mutation, source: string): string {
  let text = source
  for (const [from, to] of changes) {
    if (text.split(from).length !== 2) throw new Error(`mutation ${name}: ${file} does not hold this once: ${from}`)
    text = text.replace(from, () => to)
  }
  return text
}

/** Plants a mutation; what has been loaded already stays as it is. */
export function plant(mutation: Mutation): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (!url.endsWith(`/${mutation.file}`)) return loaded
      return { ...loaded, source: mutated(mutation, String(loaded.source)) }
    },
  })
}
