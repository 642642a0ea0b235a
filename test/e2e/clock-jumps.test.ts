/** A real server whose wall clock is set by hours, forward and back, while it runs: libfaketime stands between it and the kernel. */
import assert from 'node:assert/strict'
import { existsSync, globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CronJob, Job } from '../../src/apis/batch/index.ts'
import type { Event } from '../../src/apis/core/index.ts'
import type { Client } from '../../src/client/index.ts'
import { startServerIn, temporaryDirectory } from '../support/executable.ts'
import { connect, createPods, isOver, whenJob } from '../support/many-pods.ts'

const [library = ''] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')
const HOUR = 3600

/** Resolves with the names of a CronJob's Jobs as soon as there are so many. */
function whenStarted(client: Client, count: number): Promise<readonly string[]> {
  const names = new Set<string>()
  return new Promise((resolve, reject) => {
    const watch = client.watch<Job>(
      'jobs.batch',
      { namespace: 'default', resourceVersion: '0' },
      {
        onEvents(events) {
          for (const { object } of events) {
            if (object.metadata.name?.startsWith('hourly-') === true) names.add(object.metadata.name)
          }
          if (names.size < count) return
          watch.stop()
          resolve([...names].sort())
        },
        onEnd: (status) => reject(new Error(status?.message ?? 'the watch ended')),
      },
    )
  })
}

/** Resolves with what an event with this reason says of a CronJob, as soon as there is one. */
function whenTold(client: Client, reason: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const watch = client.watch<Event>(
      'events',
      { namespace: 'default', resourceVersion: '0' },
      {
        onEvents(events) {
          const told = events.find(({ object }) => object.reason === reason)?.object.message
          if (told === undefined) return
          watch.stop()
          resolve(told)
        },
        onEnd: (status) => reject(new Error(status?.message ?? 'the watch ended')),
      },
    )
  })
}

test('a clock that is set by hours starts no due time twice, leaves none out, and holds nothing up', {
  skip: existsSync(library) ? false : 'libfaketime is not installed',
  timeout: 400_000,
}, async () => {
  const { path, dispose } = temporaryDirectory()
  const file = join(path, 'offset')
  const setClock = (seconds: number): void => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  setClock(0)
  const env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', DONT_FAKE_MONOTONIC: '1' }
  const server = await startServerIn(env, join(path, 'data'))
  const { client, close } = await connect(server)
  let count = 0
  /** Whatever the clock shows, a Job begins and ends. */
  const works = async (): Promise<void> => {
    const pods = { count: 1, parallelism: 1, mayFail: true, spec: {} }
    const job = await createPods(client, { ...pods, name: `works-${count++}`, command: ['true'] })
    assert.equal((await whenJob(client, job, isOver)).status.succeeded, 1)
  }
  try {
    const containers = [{ name: 'main', image: 'host', command: ['true'] }]
    const jobTemplate = { spec: { template: { spec: { restartPolicy: 'Never', containers } } } }
    const metadata = { name: 'hourly', namespace: 'default' }
    // Half an hour away from now, so that no hour comes about by itself.
    const minute = (new Date().getUTCMinutes() + 30) % 60
    const spec = { schedule: `${minute} * * * *`, jobTemplate, successfulJobsHistoryLimit: 10 }
    const made = await client.create<CronJob>('cronjobs.batch', {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata,
      spec,
    } as unknown as CronJob)
    assert.ok(made.ok)
    await works()
    setClock(HOUR)
    const first = await whenStarted(client, 1)
    await works()
    setClock(-HOUR)
    await works()
    setClock(HOUR)
    await works()
    setClock(2 * HOUR)
    const both = await whenStarted(client, 2)
    assert.equal(both.includes(first[0] ?? ''), true)
    // As after a sleep: the newest of four due times is started, and of the others an event tells.
    setClock(6 * HOUR)
    const all = await whenStarted(client, 3)
    assert.match(await whenTold(client, 'MissSchedule'), /^Missed scheduled times from .* to .*: .*only the newest/)
    setClock(-24 * HOUR)
    assert.match(await whenTold(client, 'ClockWentBack'), /lies in the future/)
    await works()
    setClock(6 * HOUR)
    await works()
    const jobs = await client.list<Job>('jobs.batch', { namespace: 'default' })
    assert.ok(jobs.ok)
    const names = jobs.value.items.map((job) => job.metadata.name ?? '').filter((name) => name.startsWith('hourly-'))
    assert.deepEqual(names.sort(), all)
    const runs = await client.list('runs.jobs.jobd.dev', { namespace: 'default' })
    assert.ok(runs.ok)
    assert.equal(runs.value.items.length, 6)
    assert.doesNotMatch(server.errors(), /defect/)
  } finally {
    await close()
    await server.stop()
    dispose()
  }
})
