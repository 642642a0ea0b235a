/** The log of a Job: every run of every container of every pod in the order in which they began, gone pods included. */
import { existsSync } from 'node:fs'
import { notFound, type Status } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { fail, type Instant, ok, parseTime, type Result } from '../../base/index.ts'
import type { KeptLogs } from './kept-logs.ts'
import type { KeptRun } from './kept-run.ts'
import { type LogPart, type LogSource, openFile } from './open-log.ts'
import type { JobLogRequest } from './pod-logs.ts'

export type JobLogSource = Pick<LogSource, 'clock' | 'space' | 'logPath'> & {
  readonly kept: KeptLogs | undefined
  /** The pods of a Job that are there, and those that are gone but whose logs may still be where they were. */
  readonly podsOf: (namespace: string, job: string) => Promise<Result<readonly Pod[], Status>>
  readonly runsOf: (pod: Pod) => readonly KeptRun[]
}

type Section = KeptRun & {
  readonly pod: string
  readonly podUid: string
  readonly createdAt: string
  /** Where its log is, or will be once the pod is gone; the first that is there. */
  readonly paths: readonly string[]
}

/** Each run is headed by a line that names it, unless there is one only. 404 when nothing is left of the Job. */
export async function openJobLog(
  source: JobLogSource,
  { namespace, job, container, ...part }: JobLogRequest,
): Promise<Result<AsyncIterable<Uint8Array>, Status>> {
  const pods = await source.podsOf(namespace, job)
  if (!pods.ok) return pods
  const there = present(source, pods.value)
  const known = new Set(there.map(slotOf))
  // Its pod may be deleted, and its log moved, while this is being read.
  const moved = (await gone(source, namespace, job)).filter((section) => !known.has(slotOf(section)))
  const sections = [...moved, ...there]
    .filter((section) => container === undefined || container === '' || section.container === container)
    .sort((a, b) => compare(a.startedAt ?? a.createdAt, b.startedAt ?? b.createdAt) || compare(a.pod, b.pod))
  if (sections.length === 0 && pods.value.length === 0) return fail(noLog(job))
  return ok(read(source, sections, part))
}

const slotOf = ({ podUid, container, attempt }: Section): string => `${podUid}/${container}.${attempt}`

const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0)

const noLog = (job: string): Status => ({
  ...notFound({ group: 'batch', resource: 'jobs', name: job }),
  message: `no log of a Job "${job}" is kept: it never ran here, wrote nothing, or its logs were too old`,
})

async function gone({ kept }: JobLogSource, namespace: string, job: string): Promise<readonly Section[]> {
  if (kept === undefined) return []
  const pods = await kept.podsOf(namespace, job)
  return pods.flatMap((pod) => {
    const { name, uid: podUid, createdAt } = pod
    return pod.runs.map((run) => ({ ...run, pod: name, podUid, createdAt, paths: [kept.pathOf(pod, run)] }))
  })
}

const present = ({ runsOf, logPath, kept }: JobLogSource, pods: readonly Pod[]): readonly Section[] =>
  pods.flatMap((pod) => {
    const { uid: podUid = '', name = '', namespace = '', creationTimestamp: createdAt = '' } = pod.metadata
    return runsOf(pod).map((run) => {
      const path = logPath({ podUid, container: run.container, attempt: run.attempt })
      const later = kept?.pathOf({ namespace, name, uid: podUid }, run)
      return { ...run, pod: name, podUid, createdAt, paths: later === undefined ? [path] : [path, later] }
    })
  })

async function* read(source: JobLogSource, sections: readonly Section[], part: LogPart): AsyncGenerator<Uint8Array> {
  let endsLine = true
  for (const section of sections) {
    if (sections.length > 1) yield Buffer.from(`${endsLine ? '' : '\n'}==> ${titleOf(section)} <==\n`)
    endsLine = true
    const finishedAt: Instant | undefined = parseTime(section.finishedAt)
    const path = section.paths.find((each) => existsSync(each)) ?? ''
    for await (const chunk of await openFile(source, { path, finishedAt }, part)) {
      endsLine = chunk.at(-1) === 10
      yield chunk
    }
  }
}

function titleOf({ pod, container, attempt, startedAt, exitCode, reason }: Section): string {
  const what = `pod/${pod} ${container}${attempt === 0 ? '' : `, restart ${attempt}`}`
  const end = exitCode === undefined ? 'running' : `exit code ${exitCode}${isPlain(reason) ? '' : ` (${reason})`}`
  return `${what}, ${startedAt === undefined ? '' : `${startedAt}, `}${end}`
}

const isPlain = (reason: string | undefined): boolean =>
  reason === undefined || reason === 'Completed' || reason === 'Error'
