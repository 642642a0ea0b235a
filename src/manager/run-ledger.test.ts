/** The history of CronJobs on a real registry, with a clock that stands still: one Run for each due time, whatever happens. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TestApi, testApi, value } from '../../test/support/api.ts'
import {
  activePods,
  eventually,
  finishPod,
  listOf,
  type ManagerWorld,
  quiet,
} from '../../test/support/manager-world.ts'
import { serviceUnavailable } from '../apimachinery/index.ts'
import type { CronJob, Job } from '../apis/batch/index.ts'
import { type Run, runsResource } from '../apis/run/index.ts'
import { inProcessClient } from '../apiserver/in-process/index.ts'
import { fail, formatTime, millis, silentLog } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { type Manager, type ManagerOptions, startManager } from './start.ts'

const minute = 60_000

type World = ManagerWorld & { readonly writes: () => number }

async function newApi(exact = false): Promise<TestApi> {
  return await testApi({ options: { exact, isTimeZone: () => true }, disabledAdmission: ['ServiceAccount'] })
}

/** A manager that dies after so many writes. `isFull`: no Run can be changed. */
async function startOn(
  api: TestApi,
  options: ManagerOptions,
  life = Number.POSITIVE_INFINITY,
  isFull: () => boolean = () => false,
): Promise<World> {
  const client = inProcessClient(api, { user: { name: 'm', groups: ['system:masters'] }, userAgent: 'm' })
  let writes = 0
  const never = new Promise<never>(() => undefined)
  const counted =
    <Arguments extends readonly unknown[], Answer>(write: (...given: Arguments) => Promise<Answer>) =>
    (...given: Arguments): Promise<Answer> =>
      writes++ < life ? write(...given) : never
  const guarded: Client = {
    ...client,
    create: counted(client.create) as Client['create'],
    update: counted<Parameters<Client['update']>, unknown>((resource, ...given) =>
      resource === runsResource && isFull()
        ? Promise.resolve(fail(serviceUnavailable('the disk is full')))
        : client.update(resource, ...given),
    ) as Client['update'],
    patch: counted(client.patch) as Client['patch'],
    delete: counted(client.delete),
  }
  const manager: Manager = startManager({
    client: guarded,
    clock: api.clock,
    random: { bits: () => 0 },
    log: silentLog,
    options,
  })
  await manager.synced
  return { api, client, manager, stop: () => manager.stop(), writes: () => writes }
}

async function world(options: Partial<ManagerOptions> = {}): Promise<World> {
  return await startOn(await newApi(options.exact), { exact: false, ...options })
}

const makeCronJob = async (client: Client, spec: object = {}, name = 'tick'): Promise<CronJob> =>
  value(
    await client.create('cronjobs.batch', {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name, namespace: 'default' },
      spec: {
        schedule: '* * * * *',
        jobTemplate: {
          spec: {
            backoffLimit: 0,
            template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'work' }] } },
          },
        },
        ...spec,
      },
      status: {},
    } as unknown as CronJob),
  )

const runsIn = async ({ client }: ManagerWorld): Promise<readonly Run[]> => {
  const runs = await listOf<Run>(client, runsResource)
  return runs.toSorted((a, b) => (a.spec.scheduledTime < b.spec.scheduledTime ? -1 : 1))
}
const resultsIn = async (given: ManagerWorld): Promise<readonly (string | undefined)[]> =>
  (await runsIn(given)).map(({ spec, status }) =>
    [spec.scheduledTime.slice(11, 19), status.result, status.reason].filter((part) => part).join(' '),
  )

async function goOn(given: ManagerWorld, span: number): Promise<void> {
  await quiet()
  given.api.clock.advance(span)
  await quiet()
}

async function finishAll(given: ManagerWorld, exitCode: number): Promise<void> {
  await eventually(async () => assert.notEqual((await activePods(given.client)).length, 0))
  for (const pod of await activePods(given.client)) await finishPod(given, pod, exitCode)
  await goOn(given, 5000)
}

test('a run is recorded when it starts and when it ends, and outlives its Job', async () => {
  const given = await world()
  await makeCronJob(given.client)
  await goOn(given, minute)
  const [started] = await eventually(async () => {
    const runs = await runsIn(given)
    assert.equal(runs.length, 1)
    return runs
  })
  assert.equal(started?.status.result, 'Running')
  assert.equal(started?.metadata.name, started?.status.jobName)
  await finishAll(given, 3)
  const [job] = await listOf<Job>(given.client, 'jobs.batch')
  value(
    await given.client.delete(
      { resource: 'jobs.batch', namespace: 'default', name: job?.metadata.name ?? '' },
      { propagationPolicy: 'Background' },
    ),
  )
  await quiet()
  assert.deepEqual(await listOf(given.client, 'jobs.batch'), [])
  const [ended] = await runsIn(given)
  const { result, reason, exitCode, jobName, jobUID, startTime, finishTime } = ended?.status ?? {}
  assert.deepEqual([result, reason, exitCode], ['Failed', 'BackoffLimitExceeded', 3])
  assert.deepEqual([jobName, jobUID], [job?.metadata.name, job?.metadata.uid])
  assert.deepEqual([startTime, finishTime], [job?.status.startTime, job?.status.conditions?.at(-1)?.lastTransitionTime])
  await given.stop()
})

test('under Forbid the time that is passed over says who was active, and is told as started when it is', async () => {
  const given = await world()
  await makeCronJob(given.client, { concurrencyPolicy: 'Forbid' })
  await goOn(given, minute)
  await goOn(given, minute)
  assert.deepEqual(await resultsIn(given), ['00:01:00 Running', '00:02:00 Skipped JobAlreadyActive'])
  const [first, second] = await runsIn(given)
  assert.match(second?.status.message ?? '', new RegExp(`^${first?.status.jobName} was still active`))
  await goOn(given, minute)
  await finishAll(given, 0)
  assert.deepEqual(await resultsIn(given), [
    '00:01:00 Succeeded CompletionsReached',
    '00:02:00 Skipped JobAlreadyActive',
    '00:03:00 Running',
  ])
  await given.stop()
})

test('under Replace the run that had to go is told as replaced', async () => {
  const given = await world()
  await makeCronJob(given.client, { concurrencyPolicy: 'Replace' })
  await goOn(given, minute)
  await goOn(given, minute)
  await eventually(async () =>
    assert.deepEqual(await resultsIn(given), ['00:01:00 Replaced Replaced', '00:02:00 Running']),
  )
  await given.stop()
})

test('a Job that is deleted while it runs ends its run', async () => {
  const given = await world()
  await makeCronJob(given.client)
  await goOn(given, minute)
  const [job] = await listOf<Job>(given.client, 'jobs.batch')
  await given.client.delete({ resource: 'jobs.batch', namespace: 'default', name: job?.metadata.name ?? '' })
  await eventually(async () => assert.deepEqual(await resultsIn(given), ['00:01:00 Deleted JobDeleted']))
  await given.stop()
})

/** Says that the one Job is over, as its controller would. */
async function completeJob({ api, client }: ManagerWorld): Promise<void> {
  const [job] = await listOf<Job>(client, 'jobs.batch')
  const completionTime = formatTime(api.clock.now())
  const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({
    ...{ type, status: 'True', reason: 'CompletionsReached', message: '' },
    ...{ lastProbeTime: completionTime, lastTransitionTime: completionTime },
  }))
  const status = { active: 0, ready: 0, terminating: 0, succeeded: 1, completionTime, conditions }
  const ref = { resource: 'jobs.batch', namespace: 'default', name: job?.metadata.name ?? '' }
  value(await client.patch(ref, 'merge', { status }, { subresource: 'status' }))
}

test('a run whose CronJob is deleted and leaves it ends as it would have, whoever sees it', async () => {
  for (const isSeen of [true, false]) {
    const first = await world()
    const { metadata } = await makeCronJob(first.client)
    await goOn(first, minute)
    const ref = { resource: 'cronjobs.batch', namespace: 'default', name: metadata.name ?? '' }
    value(await first.client.delete(ref, { propagationPolicy: 'Orphan' }))
    await eventually(async () => {
      const [job] = await listOf<Job>(first.client, 'jobs.batch')
      assert.equal(job?.metadata.ownerReferences, undefined)
    })
    if (isSeen) await finishAll(first, 0)
    else {
      await first.stop()
      await completeJob(first)
    }
    const second = isSeen ? first : await startOn(first.api, { exact: false })
    await eventually(async () => assert.deepEqual(await resultsIn(second), ['00:01:00 Succeeded CompletionsReached']))
    await second.stop()
  }
})

test('the end of a run that could not be written is written later', async () => {
  const api = await newApi()
  let isFull = false
  const given = await startOn(api, { exact: false }, Number.POSITIVE_INFINITY, () => isFull)
  await makeCronJob(given.client)
  await goOn(given, minute)
  isFull = true
  await finishAll(given, 0)
  assert.deepEqual(await resultsIn(given), ['00:01:00 Running'])
  isFull = false
  await goOn(given, 10_000)
  assert.deepEqual(await resultsIn(given), ['00:01:00 Succeeded CompletionsReached'])
  await given.stop()
})

test('a suspended CronJob has its times told as skipped, by whom, one Run each', async () => {
  const given = await world()
  await makeCronJob(given.client, { suspend: true })
  for (let i = 0; i < 3; i++) await goOn(given, minute)
  assert.deepEqual(await resultsIn(given), [
    '00:01:00 Skipped Suspended',
    '00:02:00 Skipped Suspended',
    '00:03:00 Skipped Suspended',
  ])
  assert.match((await runsIn(given))[0]?.status.message ?? '', /^spec\.suspend was set by \S+$/)
  await given.stop()
})

test('all times of an outage are recorded, and looking again writes nothing', async () => {
  const api = await newApi()
  const before = await startOn(api, { exact: false })
  await makeCronJob(before.client)
  await goOn(before, minute)
  await before.stop()
  api.clock.advance(150 * minute)
  const given = await startOn(api, { exact: false })
  await quiet()
  const results = (await runsIn(given)).map(({ status }) => `${status.result} ${status.reason ?? ''}`)
  assert.deepEqual(results, ['Running ', ...new Array(150).fill('Missed TooManyMissedTimes')])
  const written = given.writes()
  await goOn(given, minute - 1)
  // The Warning event is told again; the Runs are not.
  assert.ok(given.writes() - written <= 1, `${given.writes() - written} writes`)
  await goOn(given, 1)
  assert.equal((await runsIn(given)).length, 152)
  await given.stop()
})

test('a creation that is refused is recorded once, however often it is tried', async () => {
  const given = await world()
  await makeCronJob(given.client, {
    jobTemplate: {
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'work' }] } } },
    },
  })
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'none', namespace: 'default' } }
  value(await given.client.create('resourcequotas', { ...quota, spec: { hard: { 'count/jobs.batch': '0' } } } as never))
  await goOn(given, 1000)
  await goOn(given, minute)
  await eventually(async () => assert.deepEqual(await resultsIn(given), ['00:01:00 FailedToStart FailedCreate']))
  await goOn(given, 10_000)
  assert.equal((await runsIn(given)).length, 1)
  await given.stop()
})

test('a change at the very moment of a due time leaves exactly one Run for it, whoever was first', async () => {
  const given = await world()
  await makeCronJob(given.client)
  await quiet()
  const ref = { resource: 'cronjobs.batch', namespace: 'default', name: 'tick' }
  given.api.clock.advance(minute)
  value(await given.client.patch<CronJob>(ref, 'merge', { spec: { schedule: '0 0 1 1 *' } }))
  const [result, ...others] = await eventually(async () => {
    const results = await resultsIn(given)
    assert.notEqual(results.length, 0)
    return results
  })
  assert.match(result ?? '', /^00:01:00 (Running|Missed Edited)$/)
  assert.deepEqual(others, [])
  await given.stop()
})

test('old Runs and surplus Runs go, and nothing else is written for them', async () => {
  const given = await world({ runs: { age: millis(10 * minute), count: 4 } })
  await makeCronJob(given.client, { suspend: true })
  for (let i = 0; i < 6; i++) await goOn(given, minute)
  assert.deepEqual(
    (await resultsIn(given)).map((text) => text?.slice(0, 8)),
    ['00:03:00', '00:04:00', '00:05:00', '00:06:00'],
  )
  value(await given.client.delete({ resource: 'cronjobs.batch', namespace: 'default', name: 'tick' }))
  await goOn(given, 8 * minute)
  assert.deepEqual(
    (await resultsIn(given)).map((text) => text?.slice(0, 8)),
    ['00:05:00', '00:06:00'],
  )
  await goOn(given, 2 * minute)
  assert.deepEqual(await resultsIn(given), [])
  await given.stop()
})

test('by default 10,000 Runs of a CronJob are kept, for 90 days, and those beyond go in pages', async () => {
  const given = await world()
  const { metadata } = await makeCronJob(given.client, { suspend: true })
  const day = 24 * 60 * minute
  const kept = async (count: number): Promise<readonly Run[]> =>
    await eventually(async () => {
      const runs = await runsIn(given)
      assert.equal(runs.length, count)
      return runs
    })
  const { name = '', namespace } = metadata
  const suspend = async (): Promise<void> => {
    const patch = { metadata: { labels: { at: String(given.api.clock.now()) } } }
    value(await given.client.patch({ resource: 'cronjobs.batch', namespace, name }, 'merge', patch))
  }
  await goOn(given, 6 * day)
  await suspend()
  await kept(6 * 1440)
  await goOn(given, 2 * day)
  await suspend()
  const runs = await kept(10_000)
  const newest = given.api.clock.now() - (given.api.clock.now() % minute)
  assert.equal(Date.parse(runs.at(-1)?.spec.scheduledTime ?? ''), newest)
  value(await given.client.delete({ resource: 'cronjobs.batch', namespace, name }))
  await goOn(given, 83 * day)
  await kept(10_000)
  await goOn(given, 5 * day)
  await kept(2 * 1440)
  await goOn(given, 3 * day)
  await kept(0)
  await given.stop()
})

test('with --exact nothing is recorded', async () => {
  const given = await world({ exact: true })
  await makeCronJob(given.client)
  await goOn(given, minute + 200)
  assert.equal((await listOf(given.client, 'jobs.batch')).length, 1)
  assert.deepEqual(await runsIn(given), [])
  await given.stop()
})

test('a manager that dies after any of its writes leaves exactly one Run for each time', async () => {
  for (let life = 1; life < 26; life++) {
    const api = await newApi()
    const first = await startOn(api, { exact: false }, life)
    await makeCronJob(first.client, { concurrencyPolicy: life % 2 === 0 ? 'Allow' : 'Replace' })
    for (let i = 0; i < 3; i++) {
      await goOn(first, minute)
      for (const pod of await activePods(first.client)) await finishPod(first, pod, 0)
    }
    const second = await startOn(api, { exact: false })
    await goOn(second, minute)
    const times = (await runsIn(second)).map(({ spec }) => spec.scheduledTime.slice(11, 19))
    assert.deepEqual(times, ['00:01:00', '00:02:00', '00:03:00', '00:04:00'], `after ${life} writes`)
    await second.stop()
  }
})

test('a start that only its Run tells of is not made again when the Job is gone', async () => {
  let seen = 0
  for (let life = 1; life < 8; life++) {
    const api = await newApi()
    const first = await startOn(api, { exact: false }, life)
    const { metadata } = await makeCronJob(first.client)
    await goOn(first, minute)
    const [run] = await runsIn(first)
    const [job] = await listOf<Job>(first.client, 'jobs.batch')
    const ref = { resource: 'cronjobs.batch', namespace: 'default', name: metadata.name ?? '' }
    const { status } = value(await first.client.get<CronJob>(ref))
    if (run === undefined || job === undefined || status.lastScheduleTime !== undefined) continue
    seen++
    const gone = { resource: 'jobs.batch', namespace: 'default', name: job.metadata.name ?? '' }
    const admin = inProcessClient(api, { user: { name: 'u', groups: ['system:masters'] }, userAgent: 'u' })
    value(await admin.delete(gone, { propagationPolicy: 'Background' }))
    const second = await startOn(api, { exact: false })
    await goOn(second, 1000)
    assert.deepEqual(await listOf(second.client, 'jobs.batch'), [], `after ${life} writes`)
    assert.deepEqual(await resultsIn(second), ['00:01:00 Deleted JobDeleted'])
    await goOn(second, minute)
    assert.equal((await listOf(second.client, 'jobs.batch')).length, 1, 'the next time starts its own')
    await second.stop()
  }
  assert.ok(seen > 0, 'some manager died between the Run and the status')
})

test('what was due before edits is recorded although no manager saw them', async () => {
  const api = await newApi()
  const first = await startOn(api, { exact: false })
  await makeCronJob(first.client, { suspend: true })
  await goOn(first, minute)
  await first.stop()
  const ref = { resource: 'cronjobs.batch', namespace: 'default', name: 'tick' }
  api.clock.advance(2 * minute)
  value(await first.client.patch<CronJob>(ref, 'merge', { spec: { suspend: false } }))
  api.clock.advance(2 * minute)
  value(await first.client.patch<CronJob>(ref, 'merge', { spec: { schedule: '0 0 1 1 *' } }))
  const second = await startOn(api, { exact: false })
  await goOn(second, minute)
  assert.deepEqual(await resultsIn(second), [
    '00:01:00 Skipped Suspended',
    '00:02:00 Skipped Suspended',
    '00:03:00 Skipped Suspended',
    '00:04:00 Missed Edited',
    '00:05:00 Missed Edited',
  ])
  const { metadata } = value(await second.client.get<CronJob>(ref))
  assert.deepEqual(Object.keys(metadata.annotations ?? {}), ['jobd.dev/edited-at'])
  await second.stop()
})

test('a thousand CronJobs write nothing while none is due', async () => {
  const given = await world()
  await Promise.all(Array.from({ length: 1000 }, (_, i) => makeCronJob(given.client, {}, `tick-${i}`)))
  await goOn(given, minute)
  await eventually(async () => assert.equal((await runsIn(given)).length, 1000))
  await goOn(given, 5000)
  const written = given.writes()
  await goOn(given, 40_000)
  assert.equal(given.writes(), written)
  await given.stop()
})
