/** `jobd trigger`: one run of a CronJob now, whatever its schedule says. */
import { type CronJob, cronJobInstantiateAnnotation, type Job } from '../../apis/batch/index.ts'
import type { Container, EnvVar } from '../../apis/core/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import { literal } from '../cron/manifest.ts'
import { statusText } from '../printing.ts'
import { followJobs, type RunContext } from '../run/run.ts'

export type TriggerOptions = {
  /** Set in every container, in place of its own of the same name. */
  readonly env: readonly EnvVar[]
  /** For the first container instead of its own arguments; none given: its own. */
  readonly args: readonly string[]
  readonly wait: boolean
}

/** Reads `NAME=value` words. */
export function parseEnv(words: readonly string[]): Result<readonly EnvVar[], string> {
  const env: EnvVar[] = []
  for (const word of words) {
    const match = /^([^=\s]+)=([\s\S]*)$/.exec(word)
    if (match === null) return fail(`--env takes NAME=value, not ${word}`)
    env.push({ name: match[1] ?? '', value: literal(match[2] ?? '') })
  }
  return ok(env)
}

/** Names end in five characters of the server's, and are 63 long at most. */
const longestBase = 63 - '-manual-'.length - 5

/** The Job, as `kubectl create job --from` makes it, with what is to be different this time. */
export function manualJob({ metadata, spec }: CronJob, { env, args }: TriggerOptions): Omit<Job, 'status'> {
  const { name = '', namespace, uid = '' } = metadata
  const { jobTemplate } = spec
  const pod = jobTemplate.spec.template.spec
  const withEnv = (container: Container): Container => {
    if (env.length === 0) return container
    const own = (container.env ?? []).filter((each) => !env.some((given) => given.name === each.name))
    return { ...container, env: [...own, ...env] }
  }
  const containers = pod.containers.map((container, i) =>
    withEnv(i === 0 && args.length > 0 ? { ...container, args: args.map(literal) } : container),
  )
  const { labels, annotations } = jobTemplate.metadata ?? {}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      generateName: `${name.slice(0, longestBase)}-manual-`,
      namespace,
      labels,
      annotations: { ...annotations, [cronJobInstantiateAnnotation]: 'manual' },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true }],
    },
    spec: {
      ...jobTemplate.spec,
      template: { ...jobTemplate.spec.template, spec: { ...pod, containers } },
    },
  }
}

/** Exit code as that of `jobd run`; without waiting 0 when the Job was made. */
export async function triggerCronJob(name: string, options: TriggerOptions, context: RunContext): Promise<number> {
  const { connection, terminal, namespace } = context
  const found = await connection.client.get<CronJob>({ resource: 'cronjobs.batch', namespace, name })
  if (!found.ok) {
    terminal.err(`${statusText(found.error)}\n`)
    return 1
  }
  return await createAndFollow(manualJob(found.value, options), options.wait, context)
}

/** Makes the Job and tells its name; goes on until it is over when asked to. */
export async function createAndFollow(
  job: Omit<Job, 'status'>,
  wait: boolean,
  context: RunContext,
  prepare: (made: Job) => Promise<Result<Job, string>> = async (made) => ok(made),
): Promise<number> {
  const { connection, terminal } = context
  const made = await connection.client.create<Job>('jobs.batch', job as Job, { fieldManager: 'jobd' })
  if (!made.ok) {
    terminal.err(`${statusText(made.error)}\n`)
    return 1
  }
  const ready = await prepare(made.value)
  if (!ready.ok) {
    terminal.err(`${ready.error}\n`)
    return 1
  }
  const text = `job.batch/${made.value.metadata.name} created\n`
  if (!wait) {
    terminal.out(text)
    return 0
  }
  terminal.err(text)
  return await followJobs([ready.value], context)
}
