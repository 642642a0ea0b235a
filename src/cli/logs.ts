/** `jobd logs POD | job/NAME`: the log of a pod, or of all runs of all pods of a Job, in order. */
import type { Job } from '../apis/batch/index.ts'
import type { Pod } from '../apis/core/index.ts'
import type { Connection, LogRequest, Terminal } from './connection.ts'
import { readLog } from './log-reading.ts'
import { statusText } from './printing.ts'
import { findKind } from './resources.ts'

export type LogsContext = { readonly connection: Connection; readonly terminal: Terminal; readonly namespace: string }
export type LogsOptions = Omit<LogRequest, 'namespace' | 'pod'>

export async function printLogs(what: string, options: LogsOptions, context: LogsContext): Promise<number> {
  const [type = '', name, more] = what.includes('/') ? what.split('/') : ['pod', what]
  const kind = findKind(type)
  if (!kind.ok || !name || more !== undefined || !['Pod', 'Job'].includes(kind.value.kind)) {
    context.terminal.err(`"${what}" has no logs: name a pod, or job/NAME\n`)
    return 2
  }
  if (kind.value.kind === 'Pod') return printPodLog(name, options, context)
  if (options.follow !== true && options.previous !== true) {
    const kept = await printJobLog(name, options, context)
    if (kept !== undefined) return kept
  }
  return printPodLogs(name, options, context)
}

/** Every run of a Job, also of pods that are gone; undefined from a server that keeps no such logs. */
async function printJobLog(job: string, options: LogsOptions, context: LogsContext): Promise<number | undefined> {
  const { container, timestamps, tailLines, sinceSeconds } = options
  const request = { container, timestamps, tailLines, sinceSeconds, namespace: context.namespace, job }
  const opened = await context.connection.jobLogs(request)
  if (opened.ok) return copy(opened.value, context)
  return opened.error.reason === 'NotFound' && opened.error.details?.name === job
    ? told(context, statusText(opened.error))
    : undefined
}

async function printPodLogs(name: string, options: LogsOptions, context: LogsContext): Promise<number> {
  const { client } = context.connection
  const job = await client.get<Job>({ resource: 'jobs.batch', namespace: context.namespace, name })
  if (!job.ok) return told(context, statusText(job.error))
  const selector = `batch.kubernetes.io/controller-uid=${job.value.metadata.uid}`
  const pods = await client.list<Pod>('pods', { namespace: context.namespace, labelSelector: selector })
  if (!pods.ok) return told(context, statusText(pods.error))
  if (pods.value.items.length === 0) return told(context, `job.batch/${name} has no pods yet`)
  const inOrder = pods.value.items.toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1,
  )
  let code = 0
  for (const pod of inOrder) code ||= await printPodLog(pod.metadata.name ?? '', options, context)
  return code
}

function told({ terminal }: LogsContext, message: string): number {
  terminal.err(`${message}\n`)
  return 1
}

async function printPodLog(pod: string, options: LogsOptions, context: LogsContext): Promise<number> {
  const opened = await context.connection.logs({ ...options, namespace: context.namespace, pod })
  if (!opened.ok) return told(context, statusText(opened.error))
  return copy(opened.value, context)
}

async function copy(log: AsyncIterable<Uint8Array>, context: LogsContext): Promise<number> {
  if (await readLog(log, context.terminal.out)) return 0
  return told(context, 'the server went away before the end of the log: read it again once the server is back')
}
