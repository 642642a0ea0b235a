import assert from 'node:assert/strict'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import type { Pod } from '../../apis/core/index.ts'
import { type Clock, formatTime, type Instant, instant, millis, silentLog } from '../../base/index.ts'
import type { ContainerKey } from '../runtime/index.ts'
import { createKeptLogs, type KeptLogs } from './kept-logs.ts'
import type { KeptRun } from './kept-run.ts'

type World = {
  readonly dir: string
  readonly open: (limits?: { maxBytes?: number }) => KeptLogs
  readonly podOf: (name: string, job?: string) => Pod
  /** A run that has ended and has written `text`. */
  readonly runOf: (pod: Pod, text: string, exitCode?: number, attempt?: number) => KeptRun
  readonly time: { now: Instant }
  readonly ring: () => void
}

function world(t: TestContext): World {
  const dir = mkdtempSync(`${tmpdir()}/jobd-kept-`)
  const opened: KeptLogs[] = []
  t.after(() => {
    for (const kept of opened) kept.stop()
    rmSync(dir, { recursive: true })
  })
  const time = { now: instant(1_700_000_000_000) }
  const alarms: (() => void)[] = []
  const logPath = ({ podUid, container, attempt }: ContainerKey) => `${dir}/pods/${podUid}/${container}.${attempt}.log`
  const timers = {
    after: (_: number, ring: () => void) => {
      alarms.push(ring)
      return () => void alarms.splice(alarms.indexOf(ring), 1)
    },
    at: () => assert.fail('by delay only'),
    stop: () => {},
  }
  const clock = { now: () => time.now } as unknown as Clock
  return {
    dir,
    time,
    ring: () => alarms.shift()?.(),
    open: ({ maxBytes = 1e9 } = {}) => {
      const limits = { maxAge: millis(1000 * 3600), maxBytes }
      opened.push(createKeptLogs({ dir: `${dir}/logs`, ...limits, logPath, clock, timers, log: silentLog }))
      return opened.at(-1) as KeptLogs
    },
    podOf: (name, job) =>
      ({
        metadata: {
          ...{ name, namespace: 'default', uid: `uid-${name}`, creationTimestamp: formatTime(time.now) },
          ...(job === undefined ? {} : { labels: { 'batch.kubernetes.io/job-name': job } }),
        },
        status: { phase: 'Succeeded' },
      }) as unknown as Pod,
    runOf: ({ metadata: { uid = '' } }, text, exitCode = 0, attempt = 0) => {
      const key = { podUid: uid, container: 'main', attempt }
      mkdirSync(`${dir}/pods/${uid}`, { recursive: true })
      writeFileSync(logPath(key), text)
      const reason = exitCode === 0 ? 'Completed' : 'Error'
      const [startedAt, finishedAt] = [formatTime(time.now), formatTime(time.now)]
      return { container: 'main', attempt, startedAt, finishedAt, exitCode, reason }
    },
  }
}

const names = async (kept: KeptLogs, job: string) => (await kept.podsOf('default', job)).map(({ name }) => name)

test('what a pod wrote is there when the pod is not, also for the next server', async (t) => {
  const { open, podOf, runOf } = world(t)
  const pod = podOf('pi-a', 'pi')
  await open().keep(pod, [runOf(pod, 'hello\n', 3)])
  const kept = open()
  const [found] = await kept.podsOf('default', 'pi')
  assert.ok(found?.runs[0])
  assert.deepEqual([found.failed, found.runs[0].exitCode, found.runs[0].reason], [true, 3, 'Error'])
  assert.equal(await readFile(kept.pathOf(found, found.runs[0]), 'utf8'), 'hello\n')
  assert.deepEqual(await kept.podsOf('other', 'pi'), [])
})

test('what was noted of a pod is kept when nobody knows the pod any more', async (t) => {
  const { open, podOf, runOf } = world(t)
  const [pod, silent] = [podOf('pi-a', 'pi'), podOf('pi-b', 'pi')]
  const before = open()
  await before.note(pod, [runOf(pod, 'hello\n', 3)])
  await before.note(silent, [runOf(silent, '')])
  assert.deepEqual(await before.podsOf('default', 'pi'), [], 'the pod is there itself')
  const kept = open()
  for (const { metadata } of [pod, silent]) await kept.keepNoted(metadata.uid ?? '')
  await kept.keepNoted('of nobody')
  assert.deepEqual(await names(kept, 'pi'), ['pi-a'])
  const [found] = await kept.podsOf('default', 'pi')
  assert.ok(found?.runs[0])
  assert.deepEqual([found.failed, found.runs[0].exitCode], [true, 3])
  assert.equal(await readFile(kept.pathOf(found, found.runs[0]), 'utf8'), 'hello\n')
})

test('a pod that was being kept when its server ended is kept whole', async (t) => {
  const { dir, open, podOf, runOf } = world(t)
  const pod = podOf('pi-a', 'pi')
  const run = runOf(pod, 'hello\n')
  const before = open()
  await before.note(pod, [run])
  // As far as it came: the description is there, the log is not.
  mkdirSync(`${dir}/logs/default/pi-a_uid-pi-a`, { recursive: true })
  copyFileSync(`${dir}/pods/uid-pi-a/pod.json`, `${dir}/logs/default/pi-a_uid-pi-a/pod.json`)
  const kept = open()
  await kept.keepNoted('uid-pi-a')
  const [found] = await kept.podsOf('default', 'pi')
  assert.equal(found?.runs.length, 1)
  assert.equal(await readFile(kept.pathOf(found, run), 'utf8'), 'hello\n')
})

test('the runs of a pod may come one after the other', async (t) => {
  const { open, podOf, runOf } = world(t)
  const kept = open()
  const pod = podOf('pi-a', 'pi')
  await kept.keep(pod, [runOf(pod, 'one\n', 1, 0)])
  await kept.keep(pod, [runOf(pod, 'two\n', 0, 1)])
  const [found] = await kept.podsOf('default', 'pi')
  assert.deepEqual(
    found?.runs.map(({ attempt }) => attempt),
    [0, 1],
  )
  assert.equal(found?.failed, true)
})

test('nothing is kept of runs that wrote nothing, and of pods of no Job', async (t) => {
  const { dir, open, podOf, runOf } = world(t)
  const kept = open()
  const [silent, alone] = [podOf('pi-a', 'pi'), podOf('alone')]
  await kept.keep(silent, [runOf(silent, '')])
  await kept.keep(alone, [runOf(alone, 'text\n')])
  assert.equal(existsSync(`${dir}/logs`), false)
})

test('what is too old goes, also when nothing else happens', async (t) => {
  const { dir, open, podOf, runOf, time, ring } = world(t)
  const kept = open()
  const pod = podOf('pi-a', 'pi')
  await kept.keep(pod, [runOf(pod, 'text\n')])
  time.now = instant(time.now + 3_601_000)
  ring()
  assert.deepEqual(await names(kept, 'pi'), [])
  assert.deepEqual(readdirSync(`${dir}/logs/default`), [])
})

test('what is too much goes from the oldest on, the last failure of each CronJob last', async (t) => {
  const { open, podOf, runOf, time } = world(t)
  const kept = open({ maxBytes: 5 * 12_288 })
  const keepOne = async (name: string, job: string, exitCode: number) => {
    time.now = instant(time.now + 1000)
    const pod = podOf(name, job)
    await kept.keep(pod, [runOf(pod, 'text\n', exitCode)])
  }
  await keepOne('a', 'backup-29444600', 1)
  await keepOne('b', 'backup-29444601', 1)
  for (const n of [2, 3, 4, 5]) await keepOne(`s${n}`, `backup-2944460${n}`, 0)
  const left = []
  for (let n = 0; n < 6; n++) left.push(...(await names(kept, `backup-2944460${n}`)))
  assert.ok(left.includes('b'), `the last failure is there: ${left}`)
  assert.ok(!left.includes('a'), `the older failure is not: ${left}`)
  assert.ok(left.includes('s5'), `the newest is there: ${left}`)
})

test('remains of a crash are removed, what is whole stays', async (t) => {
  const { dir, open, podOf, runOf } = world(t)
  const pod = podOf('pi-a', 'pi')
  await open().keep(pod, [runOf(pod, 'text\n')])
  mkdirSync(`${dir}/logs/default/torn_1`)
  writeFileSync(`${dir}/logs/default/torn_1/pod.json`, '{"name":')
  assert.deepEqual(await names(open(), 'pi'), ['pi-a'])
  assert.deepEqual(readdirSync(`${dir}/logs/default`), ['pi-a_uid-pi-a'])
})
