import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  at,
  cronJobOf,
  finish,
  pass,
  runUntil,
  startedAt,
  type World,
  worldOf,
} from '../../../test/support/cronjob-world.ts'
import { editedAtAnnotation, type Job, lastResultAnnotation, tooManyMissedAnnotation } from '../../apis/batch/index.ts'
import { formatTime, instant } from '../../base/index.ts'
import { timeZone } from '../../cron/index.ts'
import { tooManyMissedText } from './events.ts'
import { type CronJobOptions, defaultCronJobOptions, exactCronJobOptions } from './snapshot.ts'

const start = '2026-01-01T00:00:00Z'
const both: readonly (readonly [string, CronJobOptions])[] = [
  ['exact', exactCronJobOptions],
  ['default', defaultCronJobOptions],
]

function jobOf(name: string, parts: { uid?: string; owner?: string; status?: Job['status'] } = {}): Job {
  const { uid = `uid-${name}`, owner = 'cron-uid', status = {} } = parts
  const reference = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'tick', uid: owner, controller: true }
  return {
    metadata: { name, namespace: 'ns', uid, ownerReferences: [reference] },
    spec: { template: { metadata: {}, spec: { containers: [] } } },
    status,
  }
}
const complete = (time: string): Job['status'] => ({
  startTime: time,
  completionTime: time,
  conditions: [{ type: 'Complete', status: 'True' }],
})
const referenceTo = (name: string, uid = `uid-${name}`) => ({
  kind: 'Job',
  apiVersion: 'batch/v1',
  namespace: 'ns',
  name,
  uid,
})
const withJobs = (world: World, ...jobs: readonly Job[]): World => {
  for (const job of jobs) world.jobs.set(job.metadata.name ?? '', job)
  return world
}
const activeNames = ({ cronJob }: World): readonly (string | undefined)[] =>
  (cronJob.status.active ?? []).map(({ name }) => name)

for (const [mode, options] of both) {
  test(`${mode}: a CronJob first fires after its creation, at the next due time, and tells it`, () => {
    const cronJob = cronJobOf({ metadata: { creationTimestamp: '2026-01-01T10:00:30Z' } })
    const world = worldOf(cronJob, at('2026-01-01T10:00:30Z'), options)
    const plan = pass(world)
    assert.equal(Math.floor((plan?.wakeAt ?? 0) / 1000) * 1000, at('2026-01-01T10:01:00Z'))
    assert.deepEqual(plan?.actions, [])
    world.now = plan?.wakeAt ?? world.now
    pass(world)
    assert.deepEqual(startedAt(world), ['2026-01-01T10:01:00Z'])
    assert.deepEqual(world.events, ['Normal SuccessfulCreate Created job tick-29454361'])
    assert.equal(world.cronJob.status.lastScheduleTime, '2026-01-01T10:01:00Z')
    assert.deepEqual(world.cronJob.status.active, [
      {
        kind: 'Job',
        namespace: 'ns',
        name: 'tick-29454361',
        uid: 'job-1',
        apiVersion: 'batch/v1',
        resourceVersion: '1',
      },
    ])
  })

  test(`${mode}: the Job has the template's labels and annotations, its due time, and the CronJob as owner`, () => {
    const metadata = { labels: { a: 'b' }, annotations: { note: 'n' }, name: 'ignored' }
    const cronJob = cronJobOf({
      spec: {
        schedule: '0 9 * * *',
        timeZone: 'Asia/Tokyo',
        jobTemplate: { metadata, spec: cronJobOf().spec.jobTemplate.spec },
      },
    })
    const world = worldOf(cronJob, at('2026-01-02T00:00:01Z'), options)
    pass(world)
    const job = world.jobs.get('tick-29455200')
    assert.deepEqual(job?.metadata.labels, { a: 'b' })
    assert.deepEqual(job?.metadata.annotations, {
      note: 'n',
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-02T09:00:00+09:00',
    })
    assert.deepEqual(job?.metadata.ownerReferences, [
      {
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        name: 'tick',
        uid: 'cron-uid',
        controller: true,
        blockOwnerDeletion: true,
      },
    ])
    assert.equal(job?.spec, cronJob.spec.jobTemplate.spec)
  })

  test(`${mode}: a finished Job leaves the active ones and its success is told`, () => {
    const status = { active: [referenceTo('tick-1')], lastScheduleTime: start }
    const world = withJobs(
      worldOf(cronJobOf({ status, spec: { suspend: true } }), at(start), options),
      jobOf('tick-1', { status: complete('2025-12-31T23:59:00Z') }),
    )
    pass(world)
    assert.deepEqual(world.events, ['Normal SawCompletedJob Saw completed job: tick-1, condition: Complete'])
    assert.equal(world.cronJob.status.lastSuccessfulTime, '2025-12-31T23:59:00Z')
    assert.deepEqual(activeNames(world), [])
    assert.deepEqual(pass(world)?.actions, [])
  })

  test(`${mode}: the last successful time never goes back`, () => {
    const status = { lastSuccessfulTime: '2025-12-31T23:59:30Z' }
    const world = withJobs(
      worldOf(cronJobOf({ status, spec: { suspend: true } }), at(start), options),
      jobOf('tick-1', { status: complete('2025-12-31T23:59:00Z') }),
    )
    assert.deepEqual(pass(world)?.actions, [])
  })

  test(`${mode}: a running Job that is not listed is told, and neither adopted nor a hindrance`, () => {
    const world = withJobs(
      worldOf(cronJobOf({ spec: { concurrencyPolicy: 'Forbid' } }), at('2026-01-01T00:01:00Z'), options),
      jobOf('manual'),
    )
    pass(world)
    assert.deepEqual(world.events, [
      'Warning UnexpectedJob Saw a job that the controller did not create or forgot: manual',
      'Normal SuccessfulCreate Created job tick-29453761',
    ])
    assert.deepEqual(activeNames(world), ['tick-29453761'])
  })

  test(`${mode}: an active Job that is gone is told and forgotten`, () => {
    const status = { active: [referenceTo('tick-1')], lastScheduleTime: start }
    const world = worldOf(cronJobOf({ status }), at(start), options)
    pass(world)
    assert.deepEqual(world.events, ['Normal MissingJob Active job went missing: tick-1'])
    assert.deepEqual(activeNames(world), [])
  })

  test(`${mode}: history keeps the newest of each outcome, and Jobs without a start longest`, () => {
    const status = { lastScheduleTime: start }
    const names = ['a', 'b', 'c', 'd', 'e']
    const world = withJobs(
      worldOf(cronJobOf({ status, spec: { suspend: true } }), at(start), options),
      ...names.map((name, index) => jobOf(name, { status: complete(`2025-12-31T23:5${index}:00Z`) })),
      jobOf('f', { status: { conditions: [{ type: 'Failed', status: 'True' }], startTime: '2025-12-31T23:00:00Z' } }),
      jobOf('g', { status: { conditions: [{ type: 'Failed', status: 'True' }] } }),
    )
    pass(world)
    assert.deepEqual([...world.jobs.keys()], ['c', 'd', 'e', 'g'])
    assert.deepEqual(world.events, [
      'Normal SuccessfulDelete Deleted job a',
      'Normal SuccessfulDelete Deleted job b',
      'Normal SuccessfulDelete Deleted job f',
    ])
  })

  test(`${mode}: with a limit of 0 a Job is deleted as soon as it has finished, and its success is told`, () => {
    const status = { active: [referenceTo('tick-1')], lastScheduleTime: start }
    const world = withJobs(
      worldOf(cronJobOf({ status, spec: { suspend: true, successfulJobsHistoryLimit: 0 } }), at(start), options),
      jobOf('tick-1', { status: complete('2025-12-31T23:59:00Z') }),
    )
    pass(world)
    assert.deepEqual(world.events, ['Normal SuccessfulDelete Deleted job tick-1'])
    assert.equal(world.cronJob.status.lastSuccessfulTime, '2025-12-31T23:59:00Z')
    assert.deepEqual(activeNames(world), [])
  })

  const gates: readonly (readonly [string, Parameters<typeof cronJobOf>[0], readonly string[]])[] = [
    ['a CronJob that is being deleted starts nothing', { metadata: { deletionTimestamp: start } }, []],
    [
      'an unknown zone stops it',
      { spec: { timeZone: 'No/Where' } },
      ['Warning UnknownTimeZone invalid timeZone: "No/Where": unknown time zone No/Where'],
    ],
    [
      'a schedule that cannot be read stops it',
      { spec: { schedule: 'bad' } },
      ['Warning UnparseableSchedule unparseable schedule: "bad" : expected exactly 5 fields, found 1: [bad]'],
    ],
  ]
  for (const [title, parts, events] of gates) {
    test(`${mode}: ${title}`, () => {
      const world = worldOf(cronJobOf(parts), at('2026-01-01T00:10:00Z'), options)
      const plan = pass(world)
      assert.deepEqual(world.events, events)
      assert.deepEqual([world.created, plan?.wakeAt], [[], undefined])
    })
  }

  test(`${mode}: a suspended one starts nothing`, () => {
    const world = worldOf(cronJobOf({ spec: { suspend: true } }), at('2026-01-01T00:10:00Z'), options)
    const plan = pass(world)
    assert.deepEqual([world.events, world.created], [[], []])
    const [scheduled, last] = [at('2026-01-01T00:01:00Z'), at('2026-01-01T00:10:00Z')]
    const passedOver = options.exact ? [] : [{ kind: 'Skipped', scheduled, last, reason: 'Suspended' }]
    assert.deepEqual(world.fates, passedOver)
    assert.equal(plan?.wakeAt, options.exact ? undefined : at('2026-01-01T00:11:00Z'))
  })

  test(`${mode}: a zone in the schedule works and is told not to be supported`, () => {
    const cronJob = cronJobOf({ spec: { schedule: 'CRON_TZ=Asia/Tokyo 0 9 * * *' } })
    const world = worldOf(cronJob, at('2026-01-02T00:00:00Z'), options)
    pass(world)
    assert.match(world.events[0] ?? '', /^Warning UnsupportedSchedule CRON_TZ or TZ used in schedule "CRON_TZ=Asia/)
    assert.deepEqual(startedAt(world), ['2026-01-02T00:00:00Z'])
  })

  test(`${mode}: Forbid lets the running one finish and starts the newest time then`, () => {
    const world = worldOf(cronJobOf({ spec: { concurrencyPolicy: 'Forbid' } }), at(start), options)
    runUntil(world, at('2026-01-01T00:03:30Z'))
    assert.deepEqual(startedAt(world), ['2026-01-01T00:01:00Z'])
    const told =
      'Normal JobAlreadyActive Not starting job because prior execution is running and concurrency policy is Forbid'
    assert.ok(world.events.includes(told))
    assert.equal(world.cronJob.status.lastScheduleTime, '2026-01-01T00:01:00Z')
    finish(world, world.created[0] ?? '', 'Complete')
    pass(world)
    assert.deepEqual(startedAt(world), ['2026-01-01T00:01:00Z', '2026-01-01T00:03:00Z'])
  })

  test(`${mode}: Replace deletes what runs and starts the new one`, () => {
    const world = worldOf(cronJobOf({ spec: { concurrencyPolicy: 'Replace' } }), at(start), options)
    runUntil(world, at('2026-01-01T00:02:30Z'))
    assert.deepEqual([...world.jobs.keys()], ['tick-29453762'])
    assert.deepEqual(world.events, [
      'Normal SuccessfulCreate Created job tick-29453761',
      'Normal SuccessfulDelete Deleted job tick-29453761',
      'Normal SuccessfulCreate Created job tick-29453762',
    ])
    assert.deepEqual(activeNames(world), ['tick-29453762'])
  })

  test(`${mode}: Allow runs them side by side`, () => {
    const world = worldOf(cronJobOf(), at(start), options)
    runUntil(world, at('2026-01-01T00:03:30Z'))
    assert.equal(activeNames(world).length, 3)
  })

  test(`${mode}: a refused Job is told, tried again, and the time stays due`, () => {
    const world = worldOf(cronJobOf(), at('2026-01-01T00:01:00Z'), options)
    world.refusals.push({ kind: 'Failed', message: 'exceeded quota' })
    assert.equal(pass(world)?.retry, 'exceeded quota')
    assert.deepEqual(world.events, ['Warning FailedCreate Error creating job: exceeded quota'])
    assert.equal(world.cronJob.status.lastScheduleTime, undefined)
    pass(world)
    assert.deepEqual(startedAt(world), ['2026-01-01T00:01:00Z'])
    assert.deepEqual(
      world.fates.map(({ kind }) => kind),
      ['Failed', 'Started'],
    )
  })

  test(`${mode}: in a namespace that is being deleted nothing is told`, () => {
    const world = worldOf(cronJobOf(), at('2026-01-01T00:01:00Z'), options)
    world.refusals.push({ kind: 'Failed', message: 'terminating', namespaceTerminating: true })
    assert.equal(pass(world)?.retry, 'terminating')
    assert.deepEqual(world.events, [])
  })

  test(`${mode}: the Job of a pass that died before telling is taken over, not started again`, () => {
    const world = worldOf(cronJobOf(), at('2026-01-01T00:01:00Z'), options)
    world.crashAfter = 1
    assert.equal(pass(world), undefined)
    assert.equal(world.cronJob.status.lastScheduleTime, undefined)
    pass(world)
    assert.deepEqual(world.created, ['tick-29453761'])
    assert.equal(world.cronJob.status.lastScheduleTime, '2026-01-01T00:01:00Z')
    assert.deepEqual(activeNames(world), ['tick-29453761'])
  })

  test(`${mode}: a stranger's Job of the same name is left alone`, () => {
    const world = worldOf(cronJobOf(), at('2026-01-01T00:01:00Z'), options)
    const stranger = { ...jobOf('tick-29453761'), metadata: { name: 'tick-29453761', uid: 'other' } }
    pass(withJobs(world, stranger))
    assert.deepEqual([world.created, activeNames(world)], [[], []])
    assert.equal(world.jobs.get('tick-29453761'), stranger)
  })

  test(`${mode}: after the clock went back nothing starts before the last time is reached again`, () => {
    const status = { lastScheduleTime: '2026-01-01T01:00:00Z' }
    const world = worldOf(cronJobOf({ status }), at('2026-01-01T00:10:00Z'), options)
    const plan = pass(world)
    assert.deepEqual(world.created, [])
    assert.equal(Math.floor((plan?.wakeAt ?? 0) / 1000) * 1000, at('2026-01-01T01:01:00Z'))
  })

  test(`${mode}: a deadline of 0 never starts anything`, () => {
    const world = worldOf(cronJobOf({ spec: { startingDeadlineSeconds: 0 } }), at('2026-01-01T00:01:00.05Z'), options)
    pass(world)
    assert.deepEqual(world.created, [])
  })

  test(`${mode}: a time is found in the zone of the server when the CronJob names none`, () => {
    const tokyo = timeZone('Asia/Tokyo')
    assert.ok(tokyo)
    const cronJob = cronJobOf({ spec: { schedule: '0 9 * * *' } })
    const world = worldOf(cronJob, at('2026-01-02T00:00:00Z'), { ...options, localZone: tokyo })
    pass(world)
    assert.deepEqual(startedAt(world), ['2026-01-02T00:00:00Z'])
  })

  test(`${mode}: planning the outcome of a pass plans nothing more`, () => {
    const world = worldOf(cronJobOf(), at('2026-01-01T00:01:00Z'), options)
    pass(world)
    assert.deepEqual(pass(world)?.actions, [])
  })
}

/** The documentation's example: every minute from 08:30 on; the controller is down from 08:29 to 10:21. */
const documented = (deadline?: number) =>
  cronJobOf({
    metadata: { creationTimestamp: '2026-01-01T08:29:00Z' },
    spec: deadline === undefined ? {} : { startingDeadlineSeconds: deadline },
  })

test('down from 08:29 to 10:21 without a deadline: no Job, and the error is told on every look', () => {
  const world = worldOf(documented(), at('2026-01-01T10:21:00Z'), defaultCronJobOptions)
  const plan = pass(world)
  assert.deepEqual(world.created, [])
  assert.deepEqual(world.events, [`Warning TooManyMissedTimes ${tooManyMissedText}`])
  assert.deepEqual(world.log, [`CronJob ns/tick: ${tooManyMissedText}`])
  assert.equal(plan?.wakeAt, at('2026-01-01T10:22:00Z'))
  runUntil(world, at('2026-01-01T10:25:00Z'))
  assert.equal(world.events.length, 6)
  assert.deepEqual(world.created, [])
})

test('down from 08:29 to 10:21 with a deadline of 200 s: runs at 10:21 and at 10:22', () => {
  const world = worldOf(documented(200), at('2026-01-01T10:21:00Z'), defaultCronJobOptions)
  runUntil(world, at('2026-01-01T10:22:00Z'))
  assert.deepEqual(startedAt(world), ['2026-01-01T10:21:00Z', '2026-01-01T10:22:00Z'])
  assert.ok(!world.events.some((text) => text.includes('TooManyMissedTimes')))
  const missed = world.fates.filter(({ kind }) => kind === 'Missed')
  assert.deepEqual(
    missed.map((fate) => [fate.kind === 'Missed' && fate.reason, formatTime(fate.scheduled)]),
    [
      ['DeadlineExceeded', '2026-01-01T08:30:00Z'],
      ['Superseded', '2026-01-01T10:18:00Z'],
    ],
  )
})

for (const [title, spec, options, expected] of [
  [
    'times that nobody saw are told before the newest is started',
    {},
    defaultCronJobOptions,
    /^Warning MissSchedule Missed scheduled times from .*00:01:00Z to .*00:02:00Z: .* only the newest, .*00:03:00Z, is/,
  ],
  [
    'a time that is too late for its deadline is told as well',
    { schedule: '1 * * * *', startingDeadlineSeconds: 10 },
    defaultCronJobOptions,
    /^Warning MissSchedule Missed scheduled time .*00:01:00Z: later than spec.startingDeadlineSeconds allows$/,
  ],
  ['upstream tells nothing of them', {}, exactCronJobOptions, /^Normal SuccessfulCreate/],
] as const) {
  test(title, () => {
    const world = worldOf(cronJobOf({ spec }), at('2026-01-01T00:03:30Z'), options)
    pass(world)
    assert.match(world.events[0] ?? '', expected)
  })
}

test('what is too late and what a newer time replaces are told apart', () => {
  const cronJob = cronJobOf({ spec: { startingDeadlineSeconds: 100 } })
  const world = worldOf(cronJob, at('2026-01-01T00:03:30Z'), defaultCronJobOptions)
  pass(world)
  const texts = [
    'Warning MissSchedule Missed scheduled time 2026-01-01T00:01:00Z: later than spec.startingDeadlineSeconds allows',
    'Warning MissSchedule Missed scheduled time 2026-01-01T00:02:00Z: of all that were due only the newest, 2026-01-01T00:03:00Z, is started',
  ]
  assert.deepEqual(world.events.slice(0, 2), texts)
})

test('under @every below a minute no times are told as missed while somebody looks', () => {
  const cronJob = cronJobOf({ spec: { schedule: '@every 20s' } })
  const world = worldOf(cronJob, at('2026-01-01T00:00:20Z'), defaultCronJobOptions)
  runUntil(world, at('2026-01-01T00:03:00Z'))
  assert.equal(world.created.length, 4)
  assert.ok(!world.events.some((event) => event.includes('MissSchedule')))
})

test('under Forbid, times that wait for the run before are not told as missed', () => {
  const world = worldOf(
    cronJobOf({ spec: { concurrencyPolicy: 'Forbid' } }),
    at('2026-01-01T00:01:00Z'),
    defaultCronJobOptions,
  )
  runUntil(world, at('2026-01-01T00:05:00Z'))
  assert.deepEqual(startedAt(world), ['2026-01-01T00:01:00Z'])
  assert.ok(!world.events.some((event) => event.includes('MissSchedule')))
})

test('exactly 100 missed times are not too many, 101 are', () => {
  for (const [now, created] of [
    ['2026-01-01T10:09:59Z', 1],
    ['2026-01-01T10:10:00Z', 0],
  ] as const) {
    const world = worldOf(documented(), at(now), defaultCronJobOptions)
    pass(world)
    assert.equal(world.created.length, created, now)
  }
})

for (const [title, options, annotations] of [
  ['the server switch', { ...defaultCronJobOptions, tooManyMissed: 'start-latest' }, undefined],
  ['the annotation', defaultCronJobOptions, { [tooManyMissedAnnotation]: 'start-latest' }],
  ['upstream', exactCronJobOptions, undefined],
] as const) {
  test(`${title} starts the newest of too many missed times, with a warning`, () => {
    const cronJob = cronJobOf({ metadata: { creationTimestamp: '2026-01-01T08:29:00Z', annotations } })
    const world = worldOf(cronJob, at('2026-01-01T10:21:00Z'), options)
    pass(world)
    assert.deepEqual(startedAt(world), ['2026-01-01T10:21:00Z'])
    assert.equal(
      world.events[0],
      'Warning TooManyMissedTimes too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    )
  })
}

test('the annotation may also forbid what the server allows', () => {
  const annotations = { [tooManyMissedAnnotation]: 'start-none' }
  const cronJob = cronJobOf({ metadata: { creationTimestamp: '2026-01-01T08:29:00Z', annotations } })
  const world = worldOf(cronJob, at('2026-01-01T10:21:00Z'), {
    ...defaultCronJobOptions,
    tooManyMissed: 'start-latest',
  })
  pass(world)
  assert.deepEqual(world.created, [])
})

test('an edit starts no run for a time before it, but upstream may', () => {
  const annotations = { [editedAtAnnotation]: '2026-01-01T10:05:30Z' }
  const parts = { metadata: { annotations }, status: { lastScheduleTime: start } }
  for (const [, options] of both) {
    const world = worldOf(cronJobOf(parts), at('2026-01-01T10:05:31Z'), { ...options, tooManyMissed: 'start-latest' })
    pass(world)
    assert.deepEqual(startedAt(world), options.exact ? ['2026-01-01T10:05:00Z'] : [])
    runUntil(world, at('2026-01-01T10:06:30Z'))
    assert.equal(startedAt(world).at(-1), '2026-01-01T10:06:00Z')
  }
})

test('a schedule that never fires is told, in upstream words or in ours', () => {
  for (const [options, why] of [
    [exactCronJobOptions, 'time difference between two schedules is less than 1 second'],
    [defaultCronJobOptions, 'no time matches within five years'],
  ] as const) {
    const world = worldOf(cronJobOf({ spec: { schedule: '0 0 31 2 *' } }), at(start), options)
    const plan = pass(world)
    assert.deepEqual(world.events, [`Warning InvalidSchedule invalid schedule: 0 0 31 2 * : ${why}`])
    assert.equal(plan?.wakeAt, undefined)
  }
})

test('how the newest finished run ended is noted for the table, and an older one that ends later is not', () => {
  const world = worldOf(cronJobOf(), at(start), defaultCronJobOptions)
  runUntil(world, at('2026-01-01T00:02:30Z'))
  const [first = '', second = ''] = world.created
  finish(world, second, 'Failed', 'BackoffLimitExceeded')
  pass(world)
  assert.equal(world.cronJob.metadata.annotations?.[lastResultAnnotation], 'BackoffLimitExceeded')
  finish(world, first, 'Complete')
  pass(world)
  assert.equal(world.cronJob.metadata.annotations?.[lastResultAnnotation], 'BackoffLimitExceeded')
})

test('a Job that finished after a crash is told as started before history deletes it', () => {
  const cronJob = cronJobOf({ spec: { successfulJobsHistoryLimit: 0 } })
  const world = worldOf(cronJob, at('2026-01-01T00:01:00Z'), defaultCronJobOptions)
  world.crashAfter = 1
  pass(world)
  finish(world, 'tick-29453761', 'Complete')
  world.crashAfter = 2
  pass(world)
  assert.deepEqual([...world.jobs.keys()], [])
  pass(world)
  assert.deepEqual(world.created, ['tick-29453761'])
})

test('a failing read or deletion is told and the pass tried again', () => {
  const world = worldOf(cronJobOf({ spec: { concurrencyPolicy: 'Replace' } }), at(start), exactCronJobOptions)
  runUntil(world, at('2026-01-01T00:01:30Z'))
  world.now = instant(at('2026-01-01T00:02:00Z'))
  world.jobs.delete(world.created[0] ?? '')
  pass(world)
  assert.ok(world.events.includes('Normal MissingJob Active job went missing: tick-29453761'))
  assert.deepEqual(activeNames(world), ['tick-29453762'])
})

test('of several times in one minute the first is started, and its Job is not counted again', () => {
  const world = worldOf(cronJobOf({ spec: { schedule: '@every 20s' } }), at(start), defaultCronJobOptions)
  runUntil(world, at('2026-01-01T00:00:30Z'))
  finish(world, world.created[0] ?? '', 'Complete')
  runUntil(world, at('2026-01-01T00:01:05Z'))
  assert.deepEqual(startedAt(world), [start, '2026-01-01T00:01:00Z'])
  assert.deepEqual(
    world.events.filter((text) => text.includes('SawCompletedJob')),
    ['Normal SawCompletedJob Saw completed job: tick-29453760, condition: Complete'],
  )
  assert.ok(world.fates.some((fate) => fate.kind === 'Missed' && fate.reason === 'SameMinute'))
})
