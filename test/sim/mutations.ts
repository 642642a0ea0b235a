/**
 * Defects that are planted into the program as it is loaded, to show that the simulator finds such ones: each is a small
 * change of one source text, made in the memory of the test process only.
 */
import { registerHooks } from 'node:module'
import type { Invariant } from './judge.ts'

/** Texts that each stand once in their file, and what they become. */
type Changes = readonly (readonly [from: string, to: string])[]

export type Mutation = {
  readonly name: string
  /** What a program with this defect does wrong. */
  readonly defect: string
  /** By file. */
  readonly changes: Readonly<Record<string, Changes>>
  /** It must be found within so many seeds, counted from 1. */
  readonly within: number
  /** What it must be found by: it shows that this invariant can be broken. Absent where any will do. */
  readonly breaks?: Invariant | undefined
}

const one = (
  name: string,
  defect: string,
  file: string,
  [from, to]: readonly [string, string],
  within: number,
  breaks?: Invariant,
): Mutation => ({ name, defect, changes: { [file]: [[from, to]] }, within, breaks })

const store = 'src/storage/sqlite/sqlite-store.ts'
const cronStart = 'src/controllers/cronjob/start.ts'
const collector = 'src/manager/garbage-collector.ts'
const jobPlan = 'src/controllers/job/plan.ts'
const jobTrack = 'src/controllers/job/track.ts'
const jobRules = 'src/apis/batch/job-status-validation.ts'
const agent = 'src/agent/agent.ts'

export const mutations: readonly Mutation[] = [
  {
    name: 'answers-too-soon',
    defect: 'the store answers and tells a write before the disk has it',
    changes: {
      [store]: [
        [
          "const done = await state.thread.ask<'Commit'>({ kind: 'Commit', batch: batchOf(state, batch, newest), makesRoom })",
          "const asked = state.thread.ask<'Commit'>({ kind: 'Commit', batch: batchOf(state, batch, newest), makesRoom })",
        ],
        [
          '  state.committing = false\n  if (done.ok) keep(',
          '  keep(state, batch, newest)\n  const done = await asked\n  state.committing = false\n  if (done.ok) void (',
        ],
      ],
    },
    within: 5,
    breaks: 'nothing-undurable-is-shown',
  },
  one(
    'refused-writes-stay',
    'a write that the disk refused is not taken back',
    store,
    ['takeBack(\n    state.keyspace,\n    all.map(({ write }) => write),\n  )', ''],
    30,
    'revisions-never-go-back',
  ),
  one(
    'lost-updates',
    'a write on an old version replaces a newer one',
    'src/storage/revision/keyspace.ts',
    ['if (head.modified !== request.ifRevision)', 'if (head.modified < request.ifRevision)'],
    40,
    'no-update-is-lost',
  ),
  one(
    'watch-skips',
    'a watch that begins in the past skips the first change',
    'src/apiserver/cache/resource-cache.ts',
    ['as CachedChange).revision <= after) low', 'as CachedChange).revision <= after + 1) low'],
    20,
    'watches-equal-history',
  ),
  one(
    'own-writes-unseen',
    'a controller plans without what it has just written',
    'src/manager/visibility.ts',
    ['if (list === undefined) return undefined', 'if (list !== null) return undefined'],
    60,
  ),
  one(
    'counted-while-held',
    'pods are counted before their finalizer is gone',
    jobTrack,
    ['const there = new Set(tracked.map(uidOf))', 'const there = new Set<string>(tracked.length < 0 ? [] : [])'],
    60,
    'pods-are-counted-once',
  ),
  one(
    'released-before-noted',
    'pods lose their finalizer before the status has noted them',
    jobPlan,
    ['...(toldFirst ? [', '...(toldFirst && accounting.release.length === 0 ? ['],
    60,
    'every-job-ends',
  ),
  one(
    'starts-forgotten',
    'nothing but the status proves a start',
    'src/controllers/cronjob/reconcile.ts',
    [
      'if (scheduled === undefined || scheduled <= told) continue',
      'if (scheduled === undefined || scheduled > 0) continue',
    ],
    700,
  ),
  one(
    'forbid-ignored',
    'Forbid is not looked at',
    cronStart,
    [
      "spec.concurrencyPolicy === 'Forbid' && activeJobs(pass).length > 0",
      "spec.concurrencyPolicy === 'Forbid' && activeJobs(pass).length > 99",
    ],
    40,
    'forbid-never-overlaps',
  ),
  one(
    'replace-ignored',
    'Replace leaves what runs',
    cronStart,
    ["spec.concurrencyPolicy === 'Replace' ?", "spec.concurrencyPolicy === 'Recreate' ?"],
    40,
    'replace-replaces',
  ),
  one(
    'suspend-ignored',
    'a suspended CronJob goes on',
    cronStart,
    ['if (spec.suspend === true) return pass.options.exact', 'if (spec.schedule === "") return pass.options.exact'],
    40,
    'suspended-starts-nothing',
  ),
  one(
    'ledger-gives-up',
    'a due time whose Run could not be written is passed over',
    'src/manager/cronjob-controller.ts',
    ["if (unrecorded !== undefined) return retry(unrecorded.message ?? '')", ''],
    250,
    'no-slot-unrecorded',
  ),
  one(
    'no-second-look',
    'the garbage collector believes a copy that lags',
    collector,
    ["if (known.state === 'solid') {", "if (known.state !== 'waiting') {"],
    150,
    'owned-things-stay',
  ),
  one(
    'dependents-forgotten',
    'what belongs to an owner that went is not looked at',
    collector,
    ["for (const dependent of dependents.get(object.metadata.uid ?? '')?.values() ?? none) suspect(dependent)", ''],
    20,
    'no-orphan-after-settling',
  ),
  one(
    'never-again',
    'a pass that failed is not tried again',
    'src/manager/controller.ts',
    [
      'const { delay, failures } = queue.retry(key, clock.monotonic())',
      'const { delay, failures } = { delay: 0, failures: 0 }',
    ],
    40,
  ),
  one(
    'status-given-up',
    'the agent does not try again to write a status',
    'src/agent/pod-worker.ts',
    [
      'because: newest.error.message,\n  })\n  context.timers.after(millis(1000), () => touch(context, worker))',
      'because: newest.error.message,\n  })',
    ],
    150,
  ),
  one(
    'strays-run-on',
    'containers of pods that went while the agent was away run on',
    agent,
    [
      'if (!isKnown(podUid)) inBackground(options, () => runtime.remove(podUid, async () => state.kept?.keepNoted(podUid)))\n    else if (pod !== undefined',
      'if (pod !== undefined',
    ],
    120,
  ),
  one(
    'ttl-halved',
    'finished Jobs go after half their time',
    'src/controllers/ttlafterfinished/plan.ts',
    ['finished + 1000 * ttlSecondsAfterFinished', 'finished + 500 * ttlSecondsAfterFinished'],
    40,
    'ttl-is-kept',
  ),
  one(
    'quota-unread',
    'admission does not add to what is used',
    'src/apiserver/admission/resource-quota.ts',
    ['compareQuantities(sum(used.get(key), amount), hard', 'compareQuantities(amount, hard'],
    120,
    'quota-is-kept',
  ),
  one(
    'runs-left-behind',
    'the end of a namespace leaves its Runs',
    'src/manager/informers.ts',
    ['[...deletable, ...ownObjects].filter', '[...deletable].filter'],
    60,
    'namespaces-leave-nothing',
  ),
  one(
    'waits-for-the-future',
    'after the clock went back a Job waits for the time that it showed before',
    'src/controllers/job/backoff.ts',
    [
      'record.lastFailure === undefined || record.lastFailure <= now ? record',
      'record.lastFailure === undefined || record.lastFailure > 0 ? record',
    ],
    100,
  ),
  one(
    'taints-unseen',
    'a taint puts nobody out who was there before it',
    'src/manager/taint-eviction-controller.ts',
    ['for (const key of byNode.get(name).keys())', 'for (const key of byNode.get("").keys())'],
    40,
    'taints-put-out',
  ),
  one(
    'half-deleted-stays',
    'a pod whose removal was cut short stays',
    'src/controllers/podgc/plan.ts',
    ['if (isHalfDeleted(pod)) choose', 'if (isHalfDeleted(pod) && snapshot.terminating.length > 99) choose'],
    150,
    'finalizers-always-leave',
  ),
  one(
    'refusals-unheard',
    'a write that the disk refused is answered as one that was done',
    store,
    [
      'if (done.ok) keep(state, batch, newest, makesRoom)\n  else refuse(state, batch, done.error, makesRoom)',
      'keep(state, batch, newest, makesRoom)',
    ],
    60,
    'acknowledged-writes-survive',
  ),
  one(
    'refusals-are-final',
    'after the disk has refused a write the store takes no other',
    store,
    ['state.refused = wordsOf(error)', 'state.ended = error'],
    40,
    'the-server-comes-back',
  ),
  one(
    'lists-cut-short',
    'a list lacks what is sorted behind the newest object',
    'src/apiserver/cache/sorted-entries.ts',
    ['  while (i < a.length) merged.push(a[i++] as Entry)\n  return merged', '  return merged'],
    20,
    'lists-equal-history',
  ),
  {
    name: 'failures-forgotten',
    defect: 'a Job forgets its failures once a pod of it has succeeded',
    changes: {
      [jobTrack]: [['failed: status.failed ?? 0,', 'failed: (status.succeeded ?? 0) > 0 ? 0 : (status.failed ?? 0),']],
      [jobRules]: [['if ((status.failed ?? 0) < (old.failed ?? 0)) {', 'if (status.failed === -1) {']],
    },
    within: 60,
    breaks: 'counters-never-go-back',
  },
  {
    name: 'ready-and-going',
    defect: 'pods that are taken away count as ready until they are gone',
    changes: {
      [jobPlan]: [['ready: tally.ready - remove.filter(isReady).length', 'ready: tally.ready']],
      [jobRules]: [
        ['if ((changes.ready || changes.active) && ready !== undefined && ready > active) {', 'if (ready === -1) {'],
      ],
    },
    within: 40,
    breaks: 'ready-is-active',
  },
  one(
    'status-cleared',
    'a change of a Job by its user clears its status',
    'src/apis/batch/job-strategy.ts',
    ["const job = keepFields(given, old, 'status')", 'const job = { ...given, status: noStatus }'],
    20,
    'finished-stays-finished',
  ),
  {
    name: 'finished-too-soon',
    defect: 'a Job is finished while pods of it are still going',
    changes: {
      [jobPlan]: [['failed.length === 0 && terminating === 0', 'failed.length === 0 && terminating >= 0']],
      [jobRules]: [['facts.finished && terminating > 0', 'facts.finished && terminating < 0']],
    },
    within: 20,
    breaks: 'finished-means-finished',
  },
  {
    name: 'starts-by-name-alone',
    defect: 'a due time counts as started only while its Job is there',
    changes: {
      [cronStart]: [
        ['lastScheduled ?? parseTime(metadata.creationTimestamp),', 'parseTime(metadata.creationTimestamp),'],
        ['options.exact ? undefined : lastStarted,', 'lastStarted === lastScheduled ? undefined : undefined,'],
        ['if (pass.lastScheduled === due) return true', ''],
      ],
    },
    within: 20,
    breaks: 'no-slot-twice',
  },
  one(
    'quota-blind',
    'a quota does not notice that pods end',
    'src/manager/quota-controller.ts',
    ["(resource === 'pods' && isPodChange(old, object))", "(resource === '' && isPodChange(old, object))"],
    40,
    'quota-tells-the-truth',
  ),
  one(
    'the-past-comes-back',
    'a watch that lags brings pods back that the agent has let go of',
    agent,
    ['if (releasedAt !== undefined && versionOf(pod) < releasedAt) return', ''],
    120,
    'no-container-runs-twice',
  ),
  one(
    'conflicts-at-once',
    'a pass that met a conflict is repeated without a pause',
    'src/manager/controller.ts',
    ['add(key, millis(Math.min(soon * 2 ** count, 1000)))', 'add(key, atOnce)'],
    150,
    'nobody-runs-in-circles',
  ),
  one(
    'never-ran',
    'a pod that has gone without ever having run makes the Job controller throw',
    'src/controllers/job/pod.ts',
    [
      'of pod.status.containerStatuses ?? []) {\n    const finished',
      'of pod.status.containerStatuses as never[]) {\n    const finished',
    ],
    80,
    'nothing-throws',
  ),
  one(
    'ends-untold',
    'the Run of a Job is not told how the Job ended',
    'src/manager/run-ledger.ts',
    ['else if (isJobFinished(object) && (old', 'else if (isJobFinished(object) && object.spec === undefined && (old'],
    40,
    'runs-tell-the-end',
  ),
  one(
    'lost-is-well',
    'a container that was lost with its machine counts as one that succeeded',
    'src/agent/pod/phase.ts',
    [
      'ended.every(({ exit }) => exit.exitCode === 0)',
      "ended.every(({ exit }) => exit.exitCode === 0 || exit.reason === 'ContainerStatusUnknown')",
    ],
    20,
    'success-is-earned',
  ),
]

/** The source of a file with the defect. Throws when it does not stand there as it did: the mutation must be adapted then. */
export function mutated({ name, changes }: Mutation, file: string, source: string): string {
  let text = source
  for (const [from, to] of changes[file] ?? []) {
    if (text.split(from).length !== 2) throw new Error(`mutation ${name}: ${file} does not hold this once: ${from}`)
    text = text.replace(from, () => to)
  }
  return text
}

/** Plants a mutation; what has been loaded already stays as it is. */
export function plant(mutation: Mutation): void {
  const files = Object.keys(mutation.changes)
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const file = files.find((each) => url.endsWith(`/${each}`))
      return file === undefined ? loaded : { ...loaded, source: mutated(mutation, file, String(loaded.source)) }
    },
  })
}
