/** `jobd wait`: until Jobs that somebody else made are over, one way or the other. */
import { exitOf, type Job } from '../../apis/batch/index.ts'
import { newestFailure, type Pod } from '../../apis/core/index.ts'
import type { Millis } from '../../base/index.ts'
import { statusText, troubleText } from '../printing.ts'
import { watchToEnd } from '../run/end.ts'
import { exitCodeOf, finishOf, goneText } from '../run/outcome.ts'
import { podsOf, type RunContext } from '../run/run.ts'

export type WaitOptions = {
  /** How long, also as the user wrote it; for ever when absent. */
  readonly timeout?: { readonly span: Millis; readonly text: string } | undefined
}

/** Exit code 0 when every Job completed; otherwise that of the first which did not, in the order given. */
export async function waitForJobs(
  names: readonly string[],
  options: WaitOptions,
  context: RunContext,
): Promise<number> {
  const codes = await Promise.all(names.map((name) => waitForJob(name, options, context)))
  return codes.find((code) => code !== 0) ?? 0
}

async function waitForJob(name: string, options: WaitOptions, context: RunContext): Promise<number> {
  const { connection, terminal, namespace } = context
  const found = await connection.client.get<Job>({ resource: 'jobs.batch', namespace, name })
  if (!found.ok) {
    terminal.err(`${statusText(found.error)}\n`)
    return 1
  }
  const end = await endOf(found.value, options, context)
  if (end.kind === 'Over') return await tell(end.job, context)
  terminal.err(`${end.message}\n`)
  return end.code
}

type End =
  | { readonly kind: 'Over'; readonly job: Job }
  | { readonly kind: 'Stopped'; readonly message: string; readonly code: number }

/** Whatever ends the wait, the Job goes on. */
function endOf(job: Job, { timeout }: WaitOptions, { connection, terminal, clock, aborted }: RunContext): Promise<End> {
  const name = `job.batch/${job.metadata.name}`
  return new Promise((resolve) => {
    const settle = (end: End): void => {
      handle.stop()
      cancelTimeout?.()
      aborted.removeEventListener('abort', onAbort)
      resolve(end)
    }
    const stop = (message: string, code: number): void => settle({ kind: 'Stopped', message, code })
    const onAbort = (): void => stop(`${name} goes on: interrupted`, 130)
    const handle = watchToEnd(connection.client, clock, job, {
      onEnd: (last) => (last === undefined ? stop(goneText(job), 1) : settle({ kind: 'Over', job: last })),
      onTrouble: (status) => terminal.err(`${troubleText(status)}\n`),
    })
    const cancelTimeout =
      timeout === undefined
        ? undefined
        : clock.wake(timeout.span, () => stop(`${name} is not over after ${timeout.text}: it goes on`, 1))
    aborted.addEventListener('abort', onAbort)
    if (aborted.aborted) onAbort()
  })
}

async function tell(job: Job, { connection, terminal }: RunContext): Promise<number> {
  const finish = finishOf(job)
  if (finish === undefined) throw new Error('a Job was told finished that is not')
  const name = `job.batch/${job.metadata.name}`
  if (finish.complete) {
    terminal.out(`${name} complete\n`)
    return 0
  }
  terminal.err(`${name} failed: ${finish.reason}: ${finish.message}\n`)
  const noted = Number(exitOf(job))
  if (noted > 0) return noted
  // Of controllers that note no code, as with `--exact`, only pods that are still there tell.
  const pods = await connection.client.list<Pod>('pods', podsOf(job))
  return exitCodeOf(finish, pods.ok ? newestFailure(pods.value.items) : undefined)
}
