/** `jobd run`: applies manifests, shows what their Jobs do, and ends as they end. */
import { isNotFound, type KubeObject, type Status } from '../../apimachinery/index.ts'
import type { Job } from '../../apis/batch/index.ts'
import { type ContainerFailure, newestFailure, type Pod } from '../../apis/core/index.ts'
import { type Clock, fail, ok, type Result } from '../../base/index.ts'
import type { WatchHandle } from '../../client/index.ts'
import { applyManifest } from '../apply.ts'
import type { Connection, Terminal } from '../connection.ts'
import type { Manifest } from '../manifests.ts'
import { statusText, troubleText } from '../printing.ts'
import { shownName } from '../resources.ts'
import { eachOnce } from '../warnings.ts'
import { watchObjects } from '../watching.ts'
import { watchToEnd } from './end.ts'
import { type Feed, type Input, newFeed } from './feed.ts'
import { readOnlyHint, tellsReadOnly } from './hint.ts'
import { exitCodeOf, finishOf, goneText, summaryOf } from './outcome.ts'
import { newPodLogStreams, type PodLogContext, type PodLogStreams } from './pod-logs.ts'
import { newProgress, type Progress } from './progress.ts'

export type RunContext = {
  readonly connection: Connection
  readonly terminal: Terminal
  readonly clock: Clock
  readonly namespace: string
  /** Aborted by the user: the Jobs are deleted with their pods, which may end as they should; the exit code is 130. */
  readonly aborted: AbortSignal
  /** By a user who does not wait for that. */
  readonly hurried: AbortSignal
  /** For the command; nothing when absent. */
  readonly input?: Input | undefined
}

/** Exit code 0 when every Job completed; otherwise the first failed Job's code. */
export async function runManifests(manifests: readonly Manifest[], context: RunContext): Promise<number> {
  const applied: KubeObject[] = []
  for (const manifest of manifests) {
    const result = await apply(manifest, context)
    if (!result.ok) {
      const name = shownName(
        manifest.kind,
        manifest.object.metadata.name ?? manifest.object.metadata.generateName ?? '',
      )
      context.terminal.err(`${manifest.origin}: ${name} was refused: ${statusText(result.error)}\n`)
      return 1
    }
    applied.push(result.value)
  }
  const jobs = applied.filter((_, i) => manifests[i]?.kind.kind === 'Job') as Job[]
  for (const job of jobs) {
    if (finishOf(job) === undefined) continue
    const { name } = job.metadata
    context.terminal.err(
      `job.batch/${name} was over before and does not run again: 'jobd rerun job/${name}' does that\n`,
    )
  }
  if (jobs.length === 0) {
    context.terminal.err('the manifests have no Job to wait for: use kubectl apply, or name a file with a Job\n')
    return 2
  }
  return await followJobs(jobs, context)
}

/** Shows progress and logs of Jobs until all are over: 0 when every one completed, else the first failed one's code. */
export async function followJobs(jobs: readonly Job[], context: RunContext): Promise<number> {
  const hint = eachOnce((text) => context.terminal.err(`hint: ${text}\n`))
  const codes = await Promise.all(jobs.map((job) => follow(job, context, { several: jobs.length > 1, hint })))
  return codes.find((code) => code !== 0) ?? 0
}

async function apply(manifest: Manifest, context: RunContext): Promise<Result<KubeObject, Status>> {
  const { connection, terminal, namespace } = context
  const written = await applyManifest(connection.client, manifest, { namespace, fieldManager: 'jobd-run' })
  if (written.ok) terminal.err(`${shownName(manifest.kind, written.value.metadata.name ?? '')} applied\n`)
  return written
}

type Following = {
  readonly job: Job
  readonly logs: PodLogStreams
  readonly progress: Progress
  readonly feed: Feed | undefined
  /** Pods of which a container failed, by uid. */
  readonly failures: Map<string, Pod>
  readonly told: Set<string>
  /** Containers whose log ended with a file that they could not write, as `uid/name`. */
  readonly keptOut: Set<string>
}

type Together = { readonly several: boolean; readonly hint: (text: string) => void }

async function follow(job: Job, context: RunContext, { several, hint }: Together): Promise<number> {
  const { connection, terminal, clock, input } = context
  const started = clock.monotonic()
  const { containers, initContainers = [] } = job.spec.template.spec
  const prefixed = several || (job.spec.parallelism ?? 1) > 1 || containers.length + initContainers.length > 1
  const progress = newProgress(terminal, clock, job.metadata.name ?? '')
  const keptOut = new Set<string>()
  const onEnd: PodLogContext['onEnd'] = ({ uid, container }, text) => {
    if (tellsReadOnly(text)) keptOut.add(`${uid}/${container}`)
  }
  const following: Following = {
    job,
    logs: newPodLogStreams({ connection, terminal: { ...terminal, out: progress.out }, clock, onEnd }, prefixed),
    progress,
    feed:
      input === undefined ? undefined : newFeed({ connection, clock, input, onTrouble: (text) => progress.say(text) }),
    failures: new Map(),
    told: new Set(),
    keptOut,
  }
  const pods = watchPods(following, context)
  const end = await finished(following, context)
  if (end.ok) {
    await seeAllPods(following, context)
    await following.logs.finished()
  }
  pods.stop()
  following.feed?.stop()
  progress.end()
  if (!end.ok) {
    terminal.err(`${end.error.message}\n`)
    return end.error.code
  }
  const finish = finishOf(end.value)
  if (finish === undefined) throw new Error('a Job was told finished that is not')
  const failure = newestFailure(following.failures.values())
  const seconds = (clock.monotonic() - started) / 1000
  terminal.err(`${summaryOf(job.metadata.name ?? '', finish, failure, seconds)}\n`)
  const remedy = failure === undefined ? undefined : remedyOf(failure, following)
  if (!finish.complete && remedy !== undefined) hint(remedy)
  return exitCodeOf(finish, failure) || (following.feed?.wasCut() === true ? 1 : 0)
}

const remedyOf = (failure: ContainerFailure, { keptOut }: Following): string | undefined =>
  keptOut.has(`${failure.pod.metadata.uid}/${failure.container}`) ? readOnlyHint(failure) : undefined

/** The pods of a Job that are there. */
export const podsOf = (job: Job) => ({
  namespace: job.metadata.namespace,
  labelSelector: `batch.kubernetes.io/controller-uid=${job.metadata.uid}`,
})

function watchPods(following: Following, { connection, clock }: RunContext): WatchHandle {
  return watchObjects<Pod>(
    connection.client,
    clock,
    { resource: 'pods', selection: podsOf(following.job) },
    {
      onObject: (pod) => seePod(following, pod),
      onGone() {},
      onTrouble: (status) => following.progress.say(troubleText(status)),
    },
  )
}

/** The Job may be told finished before the watch of its pods has told of the last one. */
async function seeAllPods(following: Following, { connection }: RunContext): Promise<void> {
  const listed = await connection.client.list<Pod>('pods', podsOf(following.job))
  if (listed.ok) for (const pod of listed.value.items) seePod(following, pod)
  else following.progress.say(`the pods cannot be listed: ${statusText(listed.error)}`)
}

function seePod({ logs, progress, feed, failures, told }: Following, pod: Pod): void {
  if (newestFailure([pod]) !== undefined) failures.set(pod.metadata.uid ?? '', pod)
  for (const trouble of troublesOf(pod)) {
    if (!told.has(trouble)) progress.say(trouble)
    told.add(trouble)
  }
  logs.onPod(pod)
  feed?.onPod(pod)
}

/** What keeps a pod from running, told once: waiting reasons that do not pass by themselves. */
function troublesOf(pod: Pod): readonly string[] {
  const passing = new Set(['ContainerCreating', 'PodInitializing'])
  const troubles: string[] = []
  for (const { name, state } of [
    ...(pod.status.initContainerStatuses ?? []),
    ...(pod.status.containerStatuses ?? []),
  ]) {
    const waiting = state?.waiting
    if (waiting?.reason === undefined || passing.has(waiting.reason)) continue
    troubles.push(`pod/${pod.metadata.name}: container ${name}: ${waiting.reason}: ${waiting.message ?? ''}`)
  }
  const scheduled = pod.status.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False')
    troubles.push(`pod/${pod.metadata.name}: ${scheduled.reason}: ${scheduled.message ?? ''}`)
  return troubles
}

type Interrupted = { readonly message: string; readonly code: number }

/** Resolves with the Job once it is over, or with why there is nothing to wait for. */
function finished({ job, progress }: Following, context: RunContext): Promise<Result<Job, Interrupted>> {
  const { connection, clock, aborted, hurried } = context
  const name = job.metadata.name ?? ''
  return new Promise((resolve) => {
    const settle = (result: Result<Job, Interrupted>): void => {
      handle.stop()
      aborted.removeEventListener('abort', onAbort)
      hurried.removeEventListener('abort', onHurry)
      resolve(result)
    }
    const interrupted = (): void => settle(fail({ message: `job.batch/${name} deleted: interrupted`, code: 130 }))
    const onAbort = (): void => {
      progress.say(`job.batch/${name} is being deleted; interrupt again not to wait for its pods`)
      void cancel(job, context).then((isDeleted) => {
        if (!isDeleted) interrupted()
      })
    }
    const onHurry = (): void => interrupted()
    const handle = watchToEnd(connection.client, clock, job, {
      onJob: progress.onJob,
      onEnd(last) {
        if (last !== undefined) settle(ok(last))
        else if (aborted.aborted) interrupted()
        else settle(fail({ message: goneText(job), code: 1 }))
      },
      onTrouble: (status) => progress.say(troubleText(status)),
    })
    aborted.addEventListener('abort', onAbort)
    hurried.addEventListener('abort', onHurry)
    if (aborted.aborted) onAbort()
    if (hurried.aborted) onHurry()
  })
}

/** Deletes a Job, which is there until its pods have gone; false when there is nothing to wait for. */
async function cancel(job: Job, { connection, terminal }: RunContext): Promise<boolean> {
  const ref = { resource: 'jobs.batch', namespace: job.metadata.namespace, name: job.metadata.name ?? '' }
  const deleted = await connection.client.delete(ref, { propagationPolicy: 'Foreground' })
  if (!deleted.ok && !isNotFound(deleted.error)) terminal.err(`${statusText(deleted.error)}\n`)
  return deleted.ok
}
