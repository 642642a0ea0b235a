/**
 * Logs that outlive their pods: `DIR/<namespace>/<pod>_<uid>/` has the logs of a pod that is gone and, in `pod.json`, what
 * is to be known of its runs. Kept by age and by size, the oldest go first; but of each Job, and of all Jobs of a CronJob
 * together, the last run that failed goes only when nothing else is left. Runs that wrote nothing are not kept, nor are
 * pods that belong to no Job.
 *
 * A pod is deleted before its logs are moved, and whoever should move them may end in between. So what is to be known of its runs
 * lies beside its logs as soon as it is over, in a `pod.json` there.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { jobNameLabel } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import {
  type Clock,
  formatTime,
  type Instant,
  instant,
  type Log,
  type Millis,
  millis,
  type Timers,
} from '../../base/index.ts'
import type { ContainerKey } from '../runtime/index.ts'
import { spreadDirectory } from '../spread-directory.ts'
import type { KeptRun } from './kept-run.ts'
import { freedPath } from './log-space.ts'
import { timesPath } from './log-times.ts'

export type KeptPod = {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** The Job that the pod belonged to. */
  readonly job?: string | undefined
  readonly createdAt: string
  readonly keptAt: string
  readonly failed: boolean
  readonly runs: readonly KeptRun[]
}

export type KeptLogs = {
  /** Takes over the logs of runs that have ended; call it before their files go. A pod may come several times. */
  readonly keep: (pod: Pod, runs: readonly KeptRun[]) => Promise<void>
  /** Notes what there is to know of a pod that is over, beside its logs. */
  readonly note: (pod: Pod, runs: readonly KeptRun[]) => Promise<void>
  /** Takes over the logs of a pod of which only its files are left, as far as it was noted. */
  readonly keepNoted: (podUid: string) => Promise<void>
  /** What is kept of the pods of a Job, by creation. */
  readonly podsOf: (namespace: string, job: string) => Promise<readonly KeptPod[]>
  /** Where the log of a run is once it is kept. */
  readonly pathOf: (pod: Pick<KeptPod, 'namespace' | 'name' | 'uid'>, run: KeptRun) => string
  readonly stop: () => void
}

export type KeptLogsOptions = {
  readonly dir: string
  readonly maxAge: Millis
  readonly maxBytes: number
  readonly logPath: (key: ContainerKey) => string
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

type Entry = { readonly pod: KeptPod; readonly bytes: number }
type State = {
  readonly options: KeptLogsOptions
  /** One thing at a time: what is kept, found and removed never meets half of another. */
  readonly inTurn: <T>(act: () => Promise<T>) => Promise<T>
  /** By directory, the oldest first. */
  readonly entries: Map<string, Entry>
  bytes: number
  cancel?: (() => void) | undefined
  stopped: boolean
}

/** What a directory and its `pod.json` take besides the logs. */
const OVERHEAD = 8192
const DAY = 24 * 3_600_000

export function createKeptLogs(options: KeptLogsOptions): KeptLogs {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const turn = last.then(act)
    last = turn.catch((error: unknown) => options.log.warn('logs cannot be kept', { because: String(error) }))
    return turn
  }
  const state: State = { options, inTurn, entries: new Map(), bytes: 0, stopped: false }
  void inTurn(() => load(state)).catch(() => undefined)
  return {
    keep: (pod, runs) => inTurn(() => keep(state, pod, runs)).catch(() => undefined),
    note: (pod, runs) => note(options, pod, runs),
    keepNoted: (podUid) => inTurn(() => keepNoted(state, podUid)).catch(() => undefined),
    podsOf: (namespace, job) =>
      inTurn(async () =>
        [...state.entries.values()]
          .map(({ pod }) => pod)
          .filter((pod) => pod.namespace === namespace && pod.job === job)
          .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)),
      ),
    pathOf: (pod, { container, attempt }) => `${directoryOf(options.dir, pod)}/${container}.${attempt}.log`,
    stop: () => {
      state.stopped = true
      state.cancel?.()
    },
  }
}

const directoryOf = (dir: string, { namespace, name, uid }: Pick<KeptPod, 'namespace' | 'name' | 'uid'>): string =>
  `${dir}/${namespace}/${name}_${uid}`

/** The Jobs of a CronJob are named by it and the minute. */
const familyOf = ({ namespace, job = '', name }: KeptPod): string =>
  `${namespace}/${job === '' ? name : job.replace(/-\d{8,10}(-\d\d)?$/, '')}`

const jobOf = ({ metadata: { labels } }: Pod): string | undefined => labels?.[jobNameLabel]

async function keep(state: State, pod: Pod, runs: readonly KeptRun[]): Promise<void> {
  const kept = await keptPodOf(state.options, pod, runs)
  if (kept !== undefined) await takeOver(state, kept)
}

/** Undefined when there is nothing to keep. */
async function keptPodOf(
  { logPath, clock }: KeptLogsOptions,
  pod: Pod,
  runs: readonly KeptRun[],
): Promise<KeptPod | undefined> {
  if (jobOf(pod) === undefined) return undefined
  const { namespace = '', name = '', uid = '', creationTimestamp = '' } = pod.metadata
  const written = []
  for (const run of runs) {
    if (run.finishedAt !== undefined && (await sizeOf(logPath(keyOf(uid, run)))) > 0) written.push(run)
  }
  if (written.length === 0) return undefined
  return {
    ...{ namespace, name, uid, job: jobOf(pod), createdAt: creationTimestamp, keptAt: formatTime(clock.now()) },
    failed: pod.status.phase === 'Failed' || written.some(({ exitCode }) => exitCode !== 0),
    runs: written,
  }
}

const keyOf = (podUid: string, { container, attempt }: KeptRun): ContainerKey => ({ podUid, container, attempt })

/** Where all logs of a pod are as long as it is there. */
const placeOf = ({ logPath }: KeptLogsOptions, podUid: string): string =>
  dirname(logPath({ podUid, container: 'any', attempt: 0 }))

async function note(options: KeptLogsOptions, pod: Pod, runs: readonly KeptRun[]): Promise<void> {
  try {
    const kept = await keptPodOf(options, pod, runs)
    if (kept !== undefined) await writePod(placeOf(options, kept.uid), kept)
  } catch (error) {
    // It may be removed by now; on a disk that is full its logs are kept all the same, unless this server ends.
    options.log.debug('what is known of a pod that is over could not be noted', { because: String(error) })
  }
}

async function keepNoted(state: State, podUid: string): Promise<void> {
  const noted = await readPod(placeOf(state.options, podUid))
  if (noted !== undefined) await takeOver(state, { ...noted, keptAt: formatTime(state.options.clock.now()) })
}

async function takeOver(state: State, pod: KeptPod): Promise<void> {
  const { dir, logPath } = state.options
  const directory = directoryOf(dir, pod)
  const before = state.entries.get(directory)?.pod
  const slots = new Set(pod.runs.map(({ container, attempt }) => `${container}.${attempt}`))
  const earlier = before?.runs.filter(({ container, attempt }) => !slots.has(`${container}.${attempt}`)) ?? []
  const kept = { ...pod, failed: before?.failed === true || pod.failed, runs: [...earlier, ...pod.runs] }
  const ofNamespace = dirname(directory)
  if ((await mkdir(ofNamespace, { recursive: true, mode: 0o700 })) !== undefined) await spreadDirectory(ofNamespace)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await writePod(directory, kept)
  for (const run of pod.runs) {
    const from = logPath(keyOf(pod.uid, run))
    const to = `${directory}/${run.container}.${run.attempt}.log`
    await move(from, to)
    await move(timesPath(from), timesPath(to))
    await move(freedPath(from), freedPath(to))
  }
  await enter(state, directory, kept)
  await sweep(state)
}

async function writePod(directory: string, pod: KeptPod): Promise<void> {
  await writeFile(`${directory}/pod.json.new`, JSON.stringify(pod), { mode: 0o600 })
  await rename(`${directory}/pod.json.new`, `${directory}/pod.json`)
}

async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

/** Adds a pod as the newest, or anew. */
async function enter(state: State, directory: string, pod: KeptPod): Promise<void> {
  leave(state, directory)
  let bytes = OVERHEAD
  for (const { container, attempt } of pod.runs) {
    // Blocks, since the beginning of a log may be a hole.
    const found = await stat(`${directory}/${container}.${attempt}.log`).catch(() => undefined)
    bytes += 512 * (found?.blocks ?? 0)
  }
  state.entries.set(directory, { pod, bytes })
  state.bytes += bytes
}

function leave(state: State, directory: string): void {
  state.bytes -= state.entries.get(directory)?.bytes ?? 0
  state.entries.delete(directory)
}

/** Reads what earlier servers kept; directories without a whole `pod.json` are remains of a crash. */
async function load(state: State): Promise<void> {
  const { dir } = state.options
  const found: { readonly directory: string; readonly pod: KeptPod }[] = []
  for (const namespace of await namesIn(dir)) {
    for (const name of await namesIn(`${dir}/${namespace}`)) {
      const directory = `${dir}/${namespace}/${name}`
      const pod = await readPod(directory)
      if (pod === undefined) await rm(directory, { recursive: true, force: true })
      else found.push({ directory, pod })
    }
  }
  found.sort((a, b) => (a.pod.keptAt < b.pod.keptAt ? -1 : 1))
  for (const { directory, pod } of found) await enter(state, directory, pod)
  await sweep(state)
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw error
  })
}

async function readPod(directory: string): Promise<KeptPod | undefined> {
  try {
    return JSON.parse(await readFile(`${directory}/pod.json`, 'utf8')) as KeptPod
  } catch {
    return undefined
  }
}

/** Removes what is too old and what is too much, and comes again when the oldest is too old. */
async function sweep(state: State): Promise<void> {
  const { maxAge, maxBytes, clock, timers } = state.options
  const now = clock.now()
  for (const [directory, { pod }] of state.entries) {
    if (keptAt(pod) > now - maxAge) break
    await discard(state, directory)
  }
  if (state.bytes > maxBytes) await shrink(state, maxBytes - maxBytes / 16)
  state.cancel?.()
  const oldest = state.entries.values().next().value
  if (oldest === undefined || state.stopped) return
  const rest = millis(Math.min(Math.max(keptAt(oldest.pod) + maxAge - now, 1000), DAY))
  state.cancel = timers.after(rest, () => void state.inTurn(() => sweep(state)).catch(() => undefined))
}

/** Removes the oldest until no more than `bytes` are left; a little below the limit, so that not every pod asks anew. */
async function shrink(state: State, bytes: number): Promise<void> {
  const spared = lastFailures(state)
  const all = [...state.entries.keys()]
  const others = all.filter((directory) => !spared.has(directory))
  for (const directory of [...others, ...spared]) {
    if (state.bytes <= bytes) return
    await discard(state, directory)
  }
}

const keptAt = ({ keptAt }: KeptPod): Instant => instant(Date.parse(keptAt) || 0)

function lastFailures({ entries }: State): ReadonlySet<string> {
  const last = new Map<string, string>()
  for (const [directory, { pod }] of entries) if (pod.failed) last.set(familyOf(pod), directory)
  return new Set(last.values())
}

async function discard(state: State, directory: string): Promise<void> {
  leave(state, directory)
  await rm(directory, { recursive: true, force: true })
}
