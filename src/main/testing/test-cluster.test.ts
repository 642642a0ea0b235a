import assert from 'node:assert/strict'
import { after, mock, test } from 'node:test'
import { type Run, type RunningPods, startTestCluster, type TestCluster, type TestClusterOptions } from '../testing.ts'
import { durationOf } from './duration.ts'

const started: TestCluster[] = []
after(() => Promise.all(started.map((cluster) => cluster.stop())))

async function newCluster(options: Parameters<typeof startTestCluster>[0] = {}): Promise<TestCluster> {
  const cluster = await startTestCluster(options)
  started.push(cluster)
  return cluster
}

const template = (more: object = {}): object => ({
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'work', command: ['work', 'hard'] }], ...more },
})
const job = (name: string, spec: object = {}): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { template: template(), ...spec },
})
const cronJob = (name: string, schedule: string, spec: object = {}): object => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name },
  spec: { schedule, jobTemplate: { spec: { template: template() } }, ...spec },
})

test('a Job is complete when its pod succeeds, without time passing', async () => {
  const cluster = await newCluster()
  await cluster.apply(job('pi'))
  const pod = await cluster.runningPod('pi')
  assert.deepEqual(pod.containers[0]?.command, ['work', 'hard'])
  assert.equal((await cluster.job('pi')).status.active, 1)
  assert.equal((await cluster.pod(pod.name)).status.phase, 'Running')
  await pod.succeed()
  const { status } = await cluster.finished('pi')
  assert.equal(status.succeeded, 1)
  assert.equal(status.completionTime, '2026-01-01T00:00:00Z')
})

test('a failed pod is replaced when its back-off is over, not before', async () => {
  const cluster = await newCluster()
  await cluster.apply(job('flaky', { backoffLimit: 2 }))
  const first = await cluster.runningPod('flaky')
  await first.fail(3)
  await assert.rejects(cluster.runningPod('flaky'), /no pod runs for job default\/flaky/)
  await cluster.clock.advance('9s')
  assert.deepEqual(await cluster.runningPods({ job: 'flaky' }), [])
  await cluster.clock.advance('2s')
  const second = await cluster.runningPod('flaky')
  assert.notEqual(second.name, first.name)
  await second.succeed()
  assert.equal((await cluster.finished('flaky')).status.failed, 1)
  await assert.rejects(second.succeed(), /has no running container/)
})

test('a container with restartPolicy OnFailure starts again in the same pod', async () => {
  const cluster = await newCluster()
  await cluster.apply(job('again', { template: template({ restartPolicy: 'OnFailure' }) }))
  const pod = await cluster.runningPod('again')
  await pod.fail(1, { message: 'not today' })
  await cluster.clock.advance('11s')
  const [container] = (await cluster.pod(pod.name)).status.containerStatuses ?? []
  assert.equal(container?.restartCount, 1)
  assert.equal(container?.lastState?.terminated?.message, 'not today')
  await pod.succeed()
  assert.equal((await cluster.job('again')).status.succeeded, 1)
})

test('a month of a CronJob passes in moments, and every run is at its time', async () => {
  const cluster = await newCluster({ run: () => ({ duration: '90s', log: 'done\n' }), timeZone: 'Asia/Tokyo' })
  await cluster.apply(cronJob('nightly', '0 3 * * *', { successfulJobsHistoryLimit: 100 }))
  await cluster.clock.advance('31d')
  const jobs = await cluster.jobs()
  assert.equal(jobs.length, 31)
  const starts = jobs.map(({ status }) => status.startTime).sort()
  assert.deepEqual([starts[0], starts.at(-1)], ['2026-01-01T18:00:00Z', '2026-01-31T18:00:00Z'])
  assert.equal((await cluster.cronJob('nightly')).status.lastSuccessfulTime, '2026-01-31T18:01:30Z')
})

test('two runs with the same calls are the same, names and times included', async () => {
  const told = await Promise.all(
    [1, 2].map(async () => {
      const cluster = await newCluster({ run: (_, { key }) => ({ duration: '1s', exitCode: key.attempt > 0 ? 0 : 1 }) })
      await cluster.apply([cronJob('a', '*/5 * * * *'), job('b', { completions: 3, parallelism: 2, backoffLimit: 9 })])
      await cluster.clock.advance('30m')
      return JSON.stringify([await cluster.jobs(), await cluster.client.list('pods')])
    }),
  )
  assert.equal(told[0], told[1])
})

test("an Indexed Job tells its indexes; init containers are in nobody's way", async () => {
  const cluster = await newCluster()
  const init = template({ initContainers: [{ name: 'init', image: 'x', command: ['prepare'] }] })
  await cluster.apply(
    job('indexed', {
      completionMode: 'Indexed',
      completions: 3,
      parallelism: 3,
      backoffLimitPerIndex: 0,
      template: init,
    }),
  )
  const pods = await cluster.runningPods({ job: 'indexed' })
  assert.deepEqual(pods.map(({ index }) => index).sort(), [0, 1, 2])
  for (const pod of pods) await (pod.index === 1 ? pod.fail(2) : pod.succeed())
  const { status } = await cluster.finished('indexed')
  assert.deepEqual([status.completedIndexes, status.failedIndexes], ['0,2', '1'])
})

test('what is wrong is told in words', async () => {
  const cluster = await newCluster()
  await assert.rejects(cluster.job('nobody'), { name: 'JobdError', message: /"nobody" not found \(NotFound\)/ })
  await assert.rejects(cluster.finished('nobody'), /not found/)
  await assert.rejects(cluster.apply('kind: Job'), /has no apiVersion/)
  await assert.rejects(cluster.apply(job('x', { parallelism: -1 })), /parallelism/)
  await assert.rejects(cluster.clock.advance('soon'), RangeError)
  await assert.rejects(cluster.clock.advanceTo('2025-01-01T00:00:00Z'), /is behind/)
  await assert.rejects(cluster.clock.advanceTo('tomorrow'), /advanceTo takes an RFC 3339 time/)
  await assert.rejects(cluster.apply(undefined as unknown as string), /apply takes the text of manifests/)
  await assert.rejects(cluster.clock.advance(8.64e15), /goes to 9999-12-31T23:59:59Z at most: advance by less/)
  await assert.rejects(cluster.runningPods({ jobs: 'x' } as RunningPods), /no option jobs: did you mean job\?/)
  assert.equal(cluster.clock.now().toISOString(), '2026-01-01T00:00:00.000Z')
  const timezone = { timezone: 'UTC' } as TestClusterOptions
  await assert.rejects(startTestCluster(timezone), /no option timezone: did you mean timeZone\?/)
  await assert.rejects(startTestCluster({ startTime: new Date(8.64e15) }), /takes a time of the years 0 to 9999/)
  await assert.rejects(startTestCluster({ startTime: 'yesterday' }), /startTime takes an RFC 3339 time/)
  await assert.rejects(startTestCluster({ timeZone: 'Mars/Base' }), /timeZone takes an IANA time zone/)
  await assert.rejects(startTestCluster({ resources: { cpu: 'lots' } }), /resources.cpu takes a quantity .* not lots/)
})

test('who waits for a Job when the cluster stops is told so', { timeout: 60_000 }, async () => {
  const cluster = await newCluster()
  await cluster.apply(job('j'))
  const waiting = assert.rejects(cluster.finished('j'), /stopped before job default\/j finished/)
  await cluster.settled()
  await cluster.stop()
  await waiting
  await assert.rejects(cluster.finished('j'), /the server was stopped/)
})

test('nothing of a cluster goes on when it was stopped', { timeout: 60_000 }, async () => {
  const cluster = await newCluster()
  await cluster.apply([job('j'), cronJob('c', '*/5 * * * *')])
  const pod = await cluster.runningPod('j')
  const year = assert.rejects(cluster.clock.advance('365d'), /the server was stopped/)
  await cluster.stop()
  await year
  assert.ok(cluster.clock.now() < new Date('2027-01-01T00:00:00Z'))
  const calls: readonly (() => Promise<unknown>)[] = [
    () => cluster.clock.advance('1h'),
    () => cluster.clock.advanceTo('2028-01-01T00:00:00Z'),
    () => cluster.runningPods(),
    () => cluster.runningPod('j'),
    () => cluster.settled(),
    () => cluster.job('j'),
    () => pod.succeed(),
    () => pod.fail(),
    async () => pod.log('late'),
  ]
  for (const call of calls)
    await assert.rejects(call, { name: 'JobdError', message: 'the server was stopped' }, String(call))
})

const wrongRuns: readonly (readonly [string, unknown, RegExp])[] = [
  ['throws', () => assert.fail('not this one'), /run failed for container main of pod default\/j-\w+: not this one/],
  ['answers a promise', async () => ({ duration: '1s' }), /it must answer .*, not a promise/],
  ['answers no duration', () => ({ exitCode: 1 }), /it must answer .*, not {"exitCode":1}/],
  ['answers a duration that is none', () => ({ duration: 'soon' }), /a duration is written like '1h'.*: not soon/],
  ['answers an exit code that is none', () => ({ duration: 1, exitCode: 256 }), /an exitCode is 0 to 255, not 256/],
  ['answers what no course has', () => ({ duration: 1, code: 1 }), /a course has no option code: it takes duration, /],
  ['answers a log that is no text', () => ({ duration: 1, log: 5 }), /a log is a text, not 5/],
]
for (const [what, run, message] of wrongRuns) {
  test(`a run function that ${what} is told of by whoever waits`, async () => {
    const cluster = await newCluster({ run: run as Run })
    await cluster.apply(job('j'))
    await assert.rejects(cluster.finished('j'), { name: 'JobdError', message })
    await assert.rejects(cluster.clock.advance('1h'), message)
    await assert.rejects(cluster.runningPods(), message)
    await cluster.stop()
  })
}

test('a run function is told of the pod and of the container, and may leave it to the test', async () => {
  const run: Run = (pod, { key, command, env }) =>
    pod.metadata.labels?.['batch.kubernetes.io/job-name'] === 'told'
      ? { duration: '5s', exitCode: Number(env['CODE']), log: `${key.container} ${key.attempt} ${command.join(' ')}` }
      : undefined
  const cluster = await newCluster({ run })
  const containers = [{ name: 'main', image: 'x', command: ['a', '$(CODE)'], env: [{ name: 'CODE', value: '3' }] }]
  await cluster.apply([job('told', { backoffLimit: 0, template: template({ containers }) }), job('left')])
  await cluster.clock.advance('1m')
  const pod = await cluster.runningPod('left')
  assert.equal((await cluster.finished('told')).status.failed, 1)
  await pod.succeed()
  assert.equal((await cluster.finished('left')).status.succeeded, 1)
  await assert.rejects(newCluster({ run: {} as Run }), /run takes a function, not object/)
})

test('fake timers of the program under test are not those of the cluster', { timeout: 60_000 }, async () => {
  mock.timers.enable()
  try {
    const cluster = await newCluster({ run: () => ({ duration: '10s' }) })
    await cluster.apply([job('j'), cronJob('c', '*/10 * * * *')])
    await cluster.clock.advance('1h')
    assert.equal((await cluster.finished('j')).status.succeeded, 1)
    assert.equal((await cluster.jobs()).length, 5)
    await cluster.stop()
  } finally {
    mock.timers.reset()
  }
})

const durations: readonly (readonly [string | number, number | undefined])[] = [
  ['1h', 3_600_000],
  ['1d12h', 129_600_000],
  ['250ms', 250],
  ['1.5s', 1500],
  [42, 42],
  ['', undefined],
  ['1', undefined],
  ['1h soon', undefined],
  ['-1s', undefined],
  [Number.NaN, undefined],
]
for (const [given, span] of durations) {
  test(`the duration ${JSON.stringify(given)} is ${span ?? 'refused'}`, () => {
    if (span === undefined) assert.throws(() => durationOf(given), RangeError)
    else assert.equal(durationOf(given), span)
  })
}
