/** CronJobs from outside: every due time is in the history, whatever becomes of Jobs, CronJobs and the server. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import type { Run } from '../../src/apis/run/index.ts'
import {
  anyKubectl,
  jobd,
  kubectlOn,
  runProgram,
  type Server,
  startServer,
  temporaryDirectory,
} from '../support/executable.ts'

const on =
  ({ directory }: Server) =>
  (...args: readonly string[]) =>
    runProgram(jobd, args, { env: { JOBD_DATA_DIR: directory } })

async function withServer(flags: readonly string[], act: (server: Server) => Promise<void>): Promise<void> {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path, ...flags)
  try {
    await act(server)
  } finally {
    await server.stop()
    dispose()
  }
}

async function historyOf(server: Server, name: string): Promise<readonly Run[]> {
  const { code, out, err } = await on(server)('history', `cronjob/${name}`, '-o', 'json')
  assert.equal(code, 0, err)
  return out === '' ? [] : JSON.parse(out).items
}

/** Asks again and again, for two minutes at most; each look takes the time that a process takes. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 120_000
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    assert.ok(Date.now() < end, 'it does not happen')
  }
}

const endedRuns = (runs: readonly Run[]): readonly Run[] => runs.filter(({ status }) => status.result === 'Failed')

function assertEverySecondOnce(runs: readonly Run[]): void {
  const seconds = runs.map(({ spec }) => Date.parse(spec.scheduledTime) / 1000)
  const first = seconds[0] ?? 0
  assert.deepEqual(
    seconds,
    seconds.map((_, i) => first + i),
  )
}

/** Changes the newest version of a stored CronJob, to a text of the same length, as somebody with an editor would. */
function spoil(file: string, name: string, from: string, to: string): void {
  const database = new DatabaseSync(file)
  const row = database
    .prepare('SELECT revision, value FROM revisions WHERE key LIKE ? ORDER BY revision DESC LIMIT 1')
    .get(`%cronjobs%/${name}`)
  const text = Buffer.from(row?.['value'] as Uint8Array).toString('utf8')
  assert.ok(text.includes(from), text)
  const change = database.prepare('UPDATE revisions SET value = ? WHERE revision = ?')
  change.run(Buffer.from(text.replace(from, to)), row?.['revision'] as number)
  database.close()
}

describe('the history of CronJobs', () => {
  test('holds every due time once, over kill -9 and after Job and CronJob are gone', async () => {
    const { path, dispose } = temporaryDirectory()
    const first = await startServer(path)
    const added = await on(first)('cron', 'add', 'tick', '@every 1s', '--', 'sh', '-c', 'exit 3')
    assert.equal(added.code, 0, added.err)
    const [ended] = await until(async () => {
      const found = endedRuns(await historyOf(first, 'tick'))
      return found.length > 0 ? found : undefined
    })
    assert.deepEqual([ended?.status.reason, ended?.status.exitCode], ['BackoffLimitExceeded', 3])
    await first.kill()
    const second = await startServer(path)
    try {
      const before = (await historyOf(second, 'tick')).length
      await until(async () => ((await historyOf(second, 'tick')).length > before + 1 ? true : undefined))
      await on(second)('delete', 'cronjob/tick')
      await on(second)('delete', 'jobs', ended?.status.jobName ?? '')
      const runs = await historyOf(second, 'tick')
      assertEverySecondOnce(runs)
      const there = runs.find(({ metadata }) => metadata.uid === ended?.metadata.uid)
      assert.deepEqual(there?.status, ended?.status)
    } finally {
      await second.stop()
      dispose()
    }
  })

  const kubectlFile = anyKubectl()
  test('kubectl shows it and may not write it', {
    skip: kubectlFile === undefined ? 'no kubectl' : false,
  }, async () => {
    await withServer([], async (server) => {
      const kubectl = kubectlOn(server, kubectlFile ?? '')
      await on(server)('cron', 'add', 'tick', '@every 1s', '--', 'true')
      await until(async () => ((await historyOf(server, 'tick')).length > 0 ? true : undefined))
      const shown = await kubectl('get', 'runs')
      assert.match(shown.out, /^NAME +CRONJOB +SCHEDULED +RESULT +JOB +EXIT +DURATION +REASON$/m)
      const named = await kubectl('get', 'runs', '-o', 'name')
      const [name = ''] = named.out.split('\n')
      assert.match(name, /^run\.jobs\.jobd\.dev\/tick-\d+(-\d\d)?$/)
      for (const args of [
        ['delete', name],
        ['patch', name, '--type=merge', '-p', '{"status":{"result":"Succeeded"}}'],
      ]) {
        const refused = await kubectl(...args)
        assert.match(refused.err, /MethodNotAllowed|does not allow this method/)
        assert.notEqual(refused.code, 0)
      }
      assert.match((await kubectl('explain', 'run.status.exitCode')).out, /<integer>/)
      await until(async () => {
        const { out } = await kubectl('get', 'cronjobs')
        return /LAST RESULT[\s\S]*Complet/.test(out) ? true : undefined
      })
    })
  })

  test('a stored CronJob that became invalid is told by an event, and others go on', async () => {
    const { path, dispose } = temporaryDirectory()
    const first = await startServer(path)
    for (const name of ['spoilt', 'misplaced', 'sound'])
      await on(first)('cron', 'add', name, '@every 1s', '--time-zone', 'Asia/Tokyo', '--', 'true')
    await first.stop()
    spoil(join(path, 'jobd.db'), 'spoilt', '"schedule":"@every 1s"', '"schedule":"@ever- 1s"')
    spoil(join(path, 'jobd.db'), 'misplaced', '"timeZone":"Asia/Tokyo"', '"timeZone":"Asia/Tokio"')
    const second = await startServer(path)
    try {
      const before = (await historyOf(second, 'sound')).length
      await until(async () => ((await historyOf(second, 'sound')).length > before ? true : undefined))
      await until(async () => {
        const { out } = await on(second)('get', 'events')
        const isTold =
          /UnparseableSchedule +cronjob\/spoilt/.test(out) && /UnknownTimeZone +cronjob\/misplaced/.test(out)
        return isTold ? true : undefined
      })
    } finally {
      await second.stop()
      dispose()
    }
  })

  test('does not exist with --exact', async () => {
    await withServer(['--exact'], async (server) => {
      const { code, err } = await on(server)('history', 'cronjob/tick')
      assert.equal(code, 1)
      assert.equal(err, 'this server keeps no history (--exact)\n')
    })
  })
})

const indexed = (marker: string): string =>
  JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'parts' },
    spec: {
      completions: 3,
      parallelism: 3,
      completionMode: 'Indexed',
      backoffLimitPerIndex: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [
            {
              name: 'main',
              image: 'host',
              command: [
                'sh',
                '-c',
                `echo part $JOB_COMPLETION_INDEX; [ -e ${marker} ] || [ $JOB_COMPLETION_INDEX != 1 ]`,
              ],
            },
          ],
        },
      },
    },
  })

describe('running things once more', () => {
  test('trigger runs a CronJob now, with other environment and arguments, and exits as its Job does', async () => {
    await withServer([], async (server) => {
      const run = on(server)
      await run('cron', 'add', 'greet', '0 0 1 1 *', '--', 'sh', '-c', 'echo "$WORD $1"; exit $CODE', 'sh')
      const good = await run('trigger', 'cronjob/greet', '--env', 'WORD=good', '--', 'day')
      assert.deepEqual([good.code, good.out], [0, 'good day\n'], good.err)
      const bad = await run('trigger', 'cronjob/greet', '--env', 'CODE=4')
      assert.equal(bad.code, 4, bad.err)
      const silent = await run('trigger', 'greet', '--no-wait')
      assert.match(silent.out, /^job\.batch\/greet-manual-[a-z0-9]{5} created\n$/)
      assert.deepEqual(await historyOf(server, 'greet'), [])
      const [name = ''] = silent.out.split(' ')
      const waited = await run('wait', name, '--timeout', '2m')
      assert.deepEqual([waited.code, waited.out], [0, `${name} complete\n`], waited.err)
      const misused = await run('wait', name, '--timeout', 'soon')
      assert.deepEqual([misused.code, misused.err], [2, '--timeout takes a duration such as 30s or 10m, not soon\n'])
    })
  })

  test('rerun --failed-indexes runs only what is missing, under its own number', async () => {
    await withServer([], async (server) => {
      const run = on(server)
      const marker = join(server.directory, 'repaired')
      const manifest = join(server.directory, 'parts.json')
      writeFileSync(manifest, indexed(marker))
      assert.equal((await run('run', manifest)).code, 1)
      writeFileSync(marker, '')
      const again = await run('rerun', 'job/parts', '--failed-indexes')
      assert.equal(again.code, 0, again.err)
      assert.match(again.out, /^\[parts-rerun-\w{5}-1-\w{5}\] part 1\n$/)
      const whole = await run('rerun', 'job/parts')
      assert.equal(whole.out.match(/part \d/g)?.length, 3, whole.err)
      const none = await run('rerun', 'job/nothing')
      assert.deepEqual([none.code, none.err], [1, 'jobs.batch "nothing" not found (NotFound)\n'])
    })
  })

  test('an imported crontab can be applied, and feeds its input', async () => {
    await withServer([], async (server) => {
      const run = on(server)
      const imported = await runProgram(jobd, ['cron', 'import', '-'], { input: '0 0 1 1 * cat%one%two\n' })
      assert.equal(imported.code, 0, imported.err)
      const manifest = join(server.directory, 'crontab.yaml')
      writeFileSync(manifest, imported.out)
      // It has no Job to wait for, and tells so after it applied.
      assert.equal((await run('run', manifest)).code, 2)
      const { out, err } = await run('trigger', 'cronjob/cat')
      assert.equal(out, 'one\ntwo\n', err)
    })
  })
})
