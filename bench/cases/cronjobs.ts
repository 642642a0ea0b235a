/** CronJobs: many due at once, many at rest, the search for the next time, and a simulated year. */
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CronJob, Job } from '../../src/apis/batch/index.ts'
import { formatTime, type Instant, instant, parseTime } from '../../src/base/index.ts'
import { type Client, createRestClient, loadKubeconfig } from '../../src/client/index.ts'
import { nextTime, parseSchedule, timeZone } from '../../src/cron/index.ts'
import { realClock } from '../../src/main/real.ts'
import { openSqliteStore } from '../../src/storage/sqlite/index.ts'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../../test/support/executable.ts'
import {
  type Case,
  type Figures,
  idleMinute,
  median,
  memoryOf,
  pause,
  processTree,
  rounded,
  usageOf,
} from '../measure.ts'
import { withCore } from './workloads.ts'

const minute = 60_000

function newCronJob(name: string, schedule: string): CronJob {
  const containers = [{ name: 'main', image: 'example.com/work:1', command: ['true'], resources: {} }]
  const template = { metadata: {}, spec: { restartPolicy: 'Never', containers } }
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace: 'default' },
    spec: { schedule, jobTemplate: { metadata: {}, spec: { template } } },
    status: {},
  } as unknown as CronJob
}

async function createCronJobs(client: Client, count: number, schedule: string): Promise<void> {
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < count) {
      const made = await client.create('cronjobs.batch', newCronJob(`cron-${next++}`, schedule))
      if (!made.ok) throw new Error(made.error.message)
    }
  }
  await Promise.all(Array.from({ length: 32 }, caller))
}

/** All are due in the same minute: how long after it the first Job and the last one are created. */
async function tick(count: number): Promise<Figures> {
  return await withCore(async (_core, client) => {
    // Far enough for all to be created before.
    const due = instant(Math.ceil((Date.now() + 30_000) / minute) * minute)
    const at = new Date(due)
    await createCronJobs(client, count, `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`)
    if (Date.now() >= due) throw new Error('this machine is too slow to create the CronJobs in time')
    const listed = await client.list<Job>('jobs.batch')
    if (!listed.ok) throw new Error(listed.error.message)
    let created = 0
    let first = 0
    let cpu = process.cpuUsage()
    await new Promise<void>((resolve, reject) => {
      const handle = client.watch<Job>(
        'jobs.batch',
        { resourceVersion: listed.value.resourceVersion },
        {
          onEvents(events) {
            for (const { type } of events) {
              if (type !== 'ADDED') continue
              if (created === 0) {
                first = Date.now()
                cpu = process.cpuUsage()
              }
              created++
            }
            if (created < count) return
            handle.stop()
            resolve()
          },
          onEnd: (status) => reject(new Error(status?.message ?? 'the watch ended')),
        },
      )
    })
    const { user, system } = process.cpuUsage(cpu)
    return {
      unit: 'seconds after the tick',
      cronJobs: count,
      first: rounded((first - due) / 1000, 2),
      last: rounded((Date.now() - due) / 1000, 2),
      cpuSeconds: rounded((user + system) / 1e6, 1),
    }
  })
}

/** What CronJobs cost that are not due, in one minute. */
async function idle(count: number): Promise<Figures> {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path)
  const access = await loadKubeconfig(readFileSync(server.kubeconfig, 'utf8'))
  if (!access.ok) throw new Error(access.error)
  const rest = createRestClient({ ...access.value, clock: realClock, userAgent: 'bench' })
  await createCronJobs(rest.client, count, '0 0 29 2 *')
  await rest.close()
  const figures = { cronJobs: count, ...(await idleMinute(server.pid)) }
  await server.stop()
  dispose()
  return figures
}

type Vector = { readonly schedule: string; readonly timeZone: string; readonly after: string }

const recordings = new URL('../../../shared/cron/vectors.json', import.meta.url)
/** Where the recordings are not beside the checkout. */
const ownVectors: readonly Vector[] = ['UTC', 'Asia/Tokyo', 'America/New_York', 'Europe/London'].flatMap((zone) =>
  ['* * * * *', '*/5 9-17 * * 1-5', '0 0 29 2 *', '30 2 * * *', '0 0 1 */3 *', '@every 90s'].map((schedule) => ({
    schedule,
    timeZone: zone,
    after: '2026-03-08T05:00:00Z',
  })),
)

/** The time that one search takes on average, with schedules that have been read and zones that are known. */
function next(): Figures {
  const vectors: readonly Vector[] = existsSync(recordings)
    ? JSON.parse(readFileSync(recordings, 'utf8')).valid
    : ownVectors
  const questions = vectors.flatMap(({ schedule, timeZone: name, after }) => {
    const parsed = parseSchedule(schedule)
    const zone = timeZone(name)
    return parsed.ok && zone !== undefined ? [{ schedule: parsed.value, zone, after: parseTime(after) as Instant }] : []
  })
  const round = (): number => {
    const begin = performance.now()
    for (const { schedule, zone, after } of questions) nextTime(schedule, zone, after)
    return ((performance.now() - begin) * 1000) / questions.length
  }
  const first = round()
  const rounds = Array.from({ length: 20 }, round)
  return { unit: 'µs', vectors: questions.length, median: rounded(median(rounds), 2), first: rounded(first, 2) }
}

/** A year of a minutely CronJob, printed to a file. */
async function simulateYear(): Promise<Figures> {
  const { path, dispose } = temporaryDirectory()
  const manifest = join(path, 'cronjob.json')
  writeFileSync(manifest, JSON.stringify(newCronJob('minutely', '* * * * *')))
  const from = instant(Date.UTC(2026, 0, 1))
  const to = instant(Date.UTC(2027, 0, 1))
  const span = ['--from', formatTime(from), '--to', formatTime(to)]
  const shell = '"$0" "$@" > /dev/null'
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    const begin = performance.now()
    const { code, err } = await runProgram('sh', ['-c', shell, jobd, 'simulate', manifest, ...span])
    if (code !== 0) throw new Error(err)
    times.push((performance.now() - begin) / 1000)
  }
  dispose()
  return { unit: 's', median: rounded(median(times), 2), best: rounded(Math.min(...times), 2) }
}

/** One that has ended, as the ledger leaves it in the store. */
function storedRun(name: string, uid: string, due: Instant): string {
  const [time, end] = [formatTime(due), formatTime(instant(due + 20_000))]
  const jobName = `${name}-${due / minute}`
  const owned = { manager: 'kube-controller-manager', operation: 'Update', apiVersion: 'jobs.jobd.dev/v1' }
  const fieldsV1 = {
    'f:spec': { '.': {}, 'f:cronJobName': {}, 'f:cronJobUID': {}, 'f:scheduledTime': {} },
    'f:status': { '.': {}, 'f:exitCode': {}, 'f:finishTime': {}, 'f:jobName': {}, 'f:jobUID': {}, 'f:reason': {} },
  }
  return JSON.stringify({
    kind: 'Run',
    apiVersion: 'jobs.jobd.dev/v1',
    metadata: {
      name: jobName,
      namespace: 'default',
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: time,
      managedFields: [{ ...owned, time: end, fieldsType: 'FieldsV1', fieldsV1 }],
    },
    spec: { cronJobName: name, cronJobUID: uid, scheduledTime: time },
    status: {
      result: 'Succeeded',
      reason: 'CompletionsReached',
      message: 'Reached expected number of succeeded pods',
      jobName,
      jobUID: randomUUID(),
      startTime: time,
      finishTime: end,
      exitCode: 0,
    },
  })
}

async function fillLedger(file: string, cronJobs: number, each: number): Promise<void> {
  const opened = await openSqliteStore(file)
  if (!opened.ok) throw new Error(opened.error.message)
  const uids = Array.from({ length: cronJobs }, () => randomUUID())
  const last = Math.floor(Date.now() / minute)
  // As they come about: minute by minute, of all CronJobs.
  for (let i = each; i > 0; i--) {
    const due = instant((last - i) * minute)
    const made = uids.map((uid, j) =>
      opened.value.create(`/registry/runs/default/cron-${j}-${last - i}`, storedRun(`cron-${j}`, uid, due)),
    )
    for (const each of await Promise.all(made)) if (!each.ok) throw new Error(each.error.kind)
  }
  await opened.value.close()
}

/** What a server at rest needs in memory and until it is ready. `look` is given one that has settled. */
async function settledServer(directory: string, look: (server: Server) => Promise<void> = async () => {}) {
  const begin = performance.now()
  const server = await startServer(directory)
  const readyMs = performance.now() - begin
  // What is done after it is ready has ended, and left the heap.
  await pause(20_000)
  const pids = processTree(server.pid)
  const [mib, { cpuSeconds }] = [memoryOf(pids), usageOf(pids)]
  await look(server)
  await server.stop()
  return { mib, readyMs, cpuSeconds }
}

/** A ledger of so many Runs: memory, time to boot, and the history of one CronJob of fifty. */
async function ledger(count: number): Promise<Figures> {
  const cronJobs = 50
  const { path, dispose } = temporaryDirectory()
  await settledServer(path)
  const empty = await settledServer(path)
  await fillLedger(join(path, 'jobd.db'), cronJobs, count / cronJobs)
  const history: number[] = []
  let runs = 0
  const full = await settledServer(path, async (server) => {
    const access = await loadKubeconfig(readFileSync(server.kubeconfig, 'utf8'))
    if (!access.ok) throw new Error(access.error)
    const rest = createRestClient({ ...access.value, clock: realClock, userAgent: 'bench' })
    for (let i = 0; i < 9; i++) {
      const begin = performance.now()
      const fieldSelector = `spec.cronJobName=cron-${i}`
      const listed = await rest.client.list('runs.jobs.jobd.dev', { namespace: 'default', fieldSelector })
      if (!listed.ok) throw new Error(listed.error.message)
      runs = listed.value.items.length
      history.push(performance.now() - begin)
    }
    await rest.close()
  })
  dispose()
  return {
    runs: count,
    emptyMiB: rounded(empty.mib),
    fullMiB: rounded(full.mib),
    bytesPerRun: Math.round(((full.mib - empty.mib) * 2 ** 20) / count),
    emptyReadyMs: Math.round(empty.readyMs),
    readyMs: Math.round(full.readyMs),
    emptyCpuSeconds: rounded(empty.cpuSeconds, 2),
    cpuSeconds: rounded(full.cpuSeconds, 2),
    historyRuns: runs,
    historyMs: rounded(median(history)),
  }
}

export const cronJobCases: readonly Case[] = [
  { name: 'cron-next', run: async () => next() },
  { name: 'simulate-year', run: simulateYear },
  { name: 'cronjobs-10000-tick', run: () => tick(10_000) },
  { name: 'cronjobs-10000-idle', run: () => idle(10_000) },
  { name: 'runs-100000', run: () => ledger(100_000) },
]
