import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Job, type JobdOptions, type Place, type Program, type Status, startJobd, unwrap } from './library.ts'

const jobOf = (name: string, command: readonly string[]): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    backoffLimit: 0,
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'host', command }] } },
  },
})

/** Whether a process has this argument. */
const isRunning = (argument: string): boolean =>
  readdirSync('/proc').some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument)
    } catch {
      return false
    }
  })

async function within(jobd: Program, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } finally {
    await jobd.stop()
  }
}

test('a program runs Jobs as processes and learns how they end', async () => {
  const jobd = await startJobd()
  await within(jobd, async () => {
    await jobd.apply([jobOf('good', ['true']), jobOf('bad', ['false'])])
    assert.equal((await jobd.finished('good')).status.succeeded, 1)
    assert.equal((await jobd.finished('bad')).status.failed, 1)
    assert.match(jobd.url, /^https:\/\/127\.0\.0\.1:\d+$/)
    assert.match(jobd.kubeconfig, new RegExp(`server: ${jobd.url}`))
    const found = await jobd.client.get<Job>({ resource: 'jobs.batch', namespace: 'default', name: 'absent' })
    assert.throws(() => unwrap(found), /not found/)
    await jobd.remove('good')
    await assert.rejects(jobd.job('good'), /not found/)
  })
})

test('without a data directory pods end with the server, with one objects outlive it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'jobd-library-'))
  try {
    const seconds = `600.${process.pid}`
    const jobd = await startJobd()
    await jobd.apply(jobOf('long', ['sleep', seconds]))
    await within(jobd, async () => {
      await new Promise<void>((resolve) => {
        const watch = jobd.client.watch<Job>(
          'jobs.batch',
          { resourceVersion: '0' },
          {
            onEvents: (events) => {
              if (events.some(({ object }) => object.status.ready === 1)) {
                watch.stop()
                resolve()
              }
            },
            onEnd: () => resolve(),
          },
        )
      })
      assert.equal(isRunning(seconds), true)
    })
    assert.equal(isRunning(seconds), false)
    const durable = await startJobd({ dataDir: join(dir, 'data') })
    await within(durable, async () => {
      await durable.apply(jobOf('kept', ['true']))
      await durable.finished('kept')
    })
    const again = await startJobd({ dataDir: join(dir, 'data') })
    await within(again, async () => assert.equal((await again.job('kept')).status.succeeded, 1))
    assert.ok(existsSync(join(dir, 'data', 'jobd.db')))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

const wrongOptions: readonly (readonly [string, unknown, RegExp])[] = [
  ['a name in another case', { timezone: 'UTC' }, /^startJobd has no option timezone: did you mean timeZone\?$/],
  ['a name with a dash', { 'data-dir': '/x' }, /^startJobd has no option data-dir: did you mean dataDir\?$/],
  ['a name that is near none', { colour: 1 }, /^startJobd has no option colour: it takes dataDir, listen, runtime, /],
  ['letters that changed places', { listen: { prot: 1 } }, /^listen has no option prot: did you mean port\?$/],
  ['a text for the options', './jobs', /^startJobd takes { dataDir, .* }, not ".\/jobs"$/],
  ['nothing for the options', null, /^startJobd takes { dataDir, .* }, not null$/],
  ['an address in one text', { listen: '127.0.0.1:0' }, /^listen takes { host, port }, not "127.0.0.1:0"$/],
  ['a port that is none', { listen: { port: 70_000 } }, /^listen.port takes a port, 0 to 65535, not 70000$/],
  ['no path', { dataDir: '' }, /^dataDir takes the path of a directory, not ""$/],
  ['a runtime that is none', { runtime: 'rocket' }, /^runtime takes 'process' or 'none', not "rocket"$/],
  ['a word for a truth', { exact: 'no' }, /^exact takes true or false, not "no"$/],
  ['half a log', { log: { warn: () => {} } }, /^log takes { debug, info, warn, error }, each a function, not /],
  ['a zone that is none', { timeZone: 'Mars/Base' }, /^timeZone takes an IANA time zone/],
  ['a number for a zone', { timeZone: 9 }, /^timeZone takes an IANA time zone such as Asia\/Tokyo, not 9$/],
  ['a directory that cannot be', { dataDir: '/dev/null/x' }, /data directory/],
]
for (const [what, options, message] of wrongOptions) {
  test(`${what} is refused in words`, () =>
    assert.rejects(startJobd(options as JobdOptions), { name: 'JobdError', message }))
}

/** Every call, with what it would need to succeed on a server that runs. */
const calls: Readonly<Record<string, (jobd: Program) => Promise<unknown>>> = {
  apply: (jobd) => jobd.apply(jobOf('late', ['true'])),
  job: (jobd) => jobd.job('there'),
  jobs: (jobd) => jobd.jobs(),
  cronJob: (jobd) => jobd.cronJob('there'),
  pod: (jobd) => jobd.pod('there'),
  finished: (jobd) => jobd.finished('there'),
  remove: (jobd) => jobd.remove('there'),
}

test('a program that has stopped its server is told so by every call', async () => {
  const jobd = await startJobd({ runtime: 'none' })
  await within(jobd, async () => void (await jobd.apply(jobOf('there', ['true']))))
  const told = { name: 'JobdError', message: 'the server was stopped' }
  for (const [name, call] of Object.entries(calls)) await assert.rejects(call(jobd), told, name)
  const found = await jobd.client.get({ resource: 'jobs.batch', namespace: 'default', name: 'there' })
  assert.ok(!found.ok && found.error.code === 503 && found.error.message === told.message)
  const ended = await new Promise<Status | undefined>((resolve) => {
    jobd.client.watch('jobs.batch', { resourceVersion: '0' }, { onEvents: () => {}, onEnd: resolve })
  })
  assert.equal(ended?.message, told.message)
})

test('what a call does not know is named', async () => {
  const jobd = await startJobd({ runtime: 'none' })
  await within(jobd, async () => {
    await jobd.apply({ ...jobOf('a', ['true']), metadata: { name: 'a' } })
    await assert.rejects(
      jobd.remove('a', { resource: 'rockets' }),
      /^JobdError: remove: .*"rockets": use one of .*jobs/,
    )
    await assert.rejects(
      jobd.remove('a', { kind: 'Job' } as Place),
      /remove has no option kind: it takes namespace, resource/,
    )
    await assert.rejects(
      jobd.job('a', { namspace: 'x' } as Place),
      /job has no option namspace: did you mean namespace/,
    )
    await assert.rejects(jobd.jobs('kube-system' as Place), /jobs takes { namespace }, not "kube-system"/)
    await jobd.remove('a', { resource: 'job' })
    await assert.rejects(jobd.job('a'), /not found/)
  })
})
