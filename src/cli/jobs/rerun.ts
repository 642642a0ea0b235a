/** `jobd rerun`: a finished Job once more, or only what is missing of it. */
import { isConflict } from '../../apimachinery/index.ts'
import {
  controllerUidLabel,
  finishedCondition,
  type Job,
  jobNameLabel,
  legacyControllerUidLabel,
  legacyJobNameLabel,
} from '../../apis/batch/index.ts'
import { fail, type Result } from '../../base/index.ts'
import { statusText } from '../printing.ts'
import type { RunContext } from '../run/run.ts'
import { createAndFollow } from './trigger.ts'

export type RerunOptions = { readonly failedIndexes: boolean; readonly wait: boolean }

/** Annotation of a Job that `jobd rerun` made: the Job that it runs again. */
const rerunAnnotation = 'jobd.dev/rerun-of'
const longestBase = 63 - '-rerun-'.length - 5
const generatedLabels: ReadonlySet<string> = new Set([
  legacyControllerUidLabel,
  legacyJobNameLabel,
  controllerUidLabel,
  jobNameLabel,
])
/** Annotations that tell of the Job that was, not of what it does. */
const ownAnnotations = [
  /^jobd\.dev\//,
  /^kubectl\.kubernetes\.io\//,
  /^batch\.kubernetes\.io\//,
  /^cronjob\.kubernetes\.io\//,
]

type Texts = Readonly<Record<string, string>>
const kept = (texts: Texts | undefined, goes: (name: string) => boolean): Texts | undefined => {
  const left = Object.entries(texts ?? {}).filter(([name]) => !goes(name))
  return left.length === 0 ? undefined : Object.fromEntries(left)
}
const isGenerated = (name: string): boolean => generatedLabels.has(name)

/** The Job to make: all that the server made for the old one is left out, and it belongs to nobody. */
export function rerunOf({ metadata, spec }: Job, suspend: boolean): Omit<Job, 'status'> {
  const { name = '', namespace, labels, annotations } = metadata
  const { selector: _, manualSelector: __, suspend: ___, template, ...rest } = spec
  const base = name.replace(/-rerun-[a-z0-9]{5}$/, '').slice(0, longestBase)
  const own = kept(annotations, (key) => ownAnnotations.some((pattern) => pattern.test(key)))
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      generateName: `${base}-rerun-`,
      namespace,
      labels: kept(labels, isGenerated),
      annotations: { ...own, [rerunAnnotation]: name },
    },
    spec: {
      ...rest,
      ...(suspend ? { suspend: true } : {}),
      template: {
        ...template,
        metadata: { ...template.metadata, labels: kept(template.metadata?.labels, isGenerated) },
      },
    } as Job['spec'],
  }
}

/** What keeps a Job from being run again; undefined when nothing does. */
export function rerunProblem(job: Job, failedIndexes: boolean): string | undefined {
  const { name } = job.metadata
  if (finishedCondition(job) === undefined) return `job.batch/${name} is not over yet: wait for it, or delete it`
  if (!failedIndexes) return undefined
  if (job.spec.completionMode !== 'Indexed') return `job.batch/${name} is not Indexed: leave --failed-indexes out`
  if ((job.status.succeeded ?? 0) >= (job.spec.completions ?? 0)) return `every index of job.batch/${name} succeeded`
  return undefined
}

/** Exit code as that of `jobd run`; 1 when the Job cannot be run again. */
export async function rerunJob(name: string, options: RerunOptions, context: RunContext): Promise<number> {
  const { connection, terminal, namespace } = context
  const { failedIndexes, wait } = options
  const found = await connection.client.get<Job>({ resource: 'jobs.batch', namespace, name })
  if (!found.ok) {
    terminal.err(`${statusText(found.error)}\n`)
    return 1
  }
  const old = found.value
  const problem = rerunProblem(old, failedIndexes)
  if (problem !== undefined) {
    terminal.err(`${problem}\n`)
    return 1
  }
  const prepare = failedIndexes ? (made: Job) => takeOver(made, old, context) : undefined
  return await createAndFollow(rerunOf(old, failedIndexes), wait, context, prepare)
}

const tries = 10

/**
 * The new Job is made suspended, told in its status which indexes are done, and let go: so the indexes that run keep
 * their numbers, host names and everything that follows from them.
 */
async function takeOver(made: Job, old: Job, { connection }: RunContext): Promise<Result<Job, string>> {
  const { client } = connection
  const { name = '', namespace } = made.metadata
  const ref = { resource: 'jobs.batch', namespace, name }
  const { completedIndexes, succeeded } = old.status
  let job = made
  for (let i = 0; i < tries; i++) {
    const status = { ...job.status, completedIndexes, succeeded }
    const written = await client.update<Job>('jobs.batch', { ...job, status }, { subresource: 'status' })
    const resumed = written.ok ? await client.patch<Job>(ref, 'merge', { spec: { suspend: false } }) : written
    if (resumed.ok) return resumed
    if (!isConflict(resumed.error)) {
      await client.delete(ref, { propagationPolicy: 'Background' })
      return fail(`the indexes that are done could not be told to job.batch/${name}: ${statusText(resumed.error)}`)
    }
    const now = await client.get<Job>(ref)
    if (!now.ok) return fail(statusText(now.error))
    job = now.value
  }
  await client.delete(ref, { propagationPolicy: 'Background' })
  return fail(`job.batch/${name} changed too often while its indexes were told; try again`)
}
