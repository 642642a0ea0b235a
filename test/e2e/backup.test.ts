/** `jobd backup` and `jobd restore` on the real executable. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { jobd, runProgram, startServer, temporaryDirectory } from '../support/executable.ts'

const { path, dispose } = temporaryDirectory()
after(dispose)
const [data, other, file] = [join(path, 'data'), join(path, 'other'), join(path, 'copy.db')]
const run = (...args: readonly string[]) => runProgram(jobd, args)
const addCronJob = (directory: string, name: string) =>
  run('cron', 'add', name, '0 0 1 1 *', '--data-dir', directory, '--', 'true')
const namesIn = async (directory: string) =>
  (await run('get', 'cronjobs', '-o', 'name', '--data-dir', directory)).out.trim().split('\n')

test('a server is backed up while it runs and restored elsewhere and in its own place', {
  timeout: 300_000,
}, async () => {
  const server = await startServer(data, '--runtime', 'none')
  assert.equal((await addCronJob(data, 'before')).code, 0)
  const made = await run('backup', file, '--data-dir', data)
  assert.deepEqual([made.code, made.out], [0, ''], made.err)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(!readdirSync(data).some((name) => name.startsWith('backup-')), 'nothing is left in the data directory')
  const pipe = join(path, 'pipe')
  await runProgram('mkfifo', [pipe])
  const onPipe = await run('backup', pipe, '--force', '--data-dir', data)
  assert.deepEqual([onPipe.code, onPipe.err], [1, `${pipe} is there and no file: name another\n`])
  assert.ok(statSync(pipe).isFIFO())
  const again = await run('backup', file, '--data-dir', data)
  assert.equal(again.code, 1)
  assert.match(again.err, /copy\.db exists: name another file, or give --force\n$/)
  assert.equal((await run('backup', file, '--force', '--data-dir', data)).code, 0)
  assert.equal((await addCronJob(data, 'behind')).code, 0)
  const busy = await run('restore', file, '--force', '--data-dir', data)
  assert.equal(busy.code, 1)
  assert.match(busy.err, /is in use by process \d+ at https:.*: stop it with 'jobd down/)

  const elsewhere = await run('restore', file, '--data-dir', other)
  assert.equal(elsewhere.code, 0, elsewhere.err)
  const second = await startServer(other, '--runtime', 'none')
  assert.deepEqual(await namesIn(other), ['cronjob.batch/before'])
  await second.stop()

  await server.stop()
  const refused = await run('restore', file, '--data-dir', data)
  assert.equal(refused.code, 1)
  assert.match(refused.err, /has a database: name another with --data-dir, or replace it with --force\n$/)
  const replaced = await run('restore', file, '--force', '--data-dir', data)
  assert.match(replaced.err, /^restored \d+ objects to .*; what was there before is .*jobd\.db\.replaced\n$/)
  const third = await startServer(data, '--runtime', 'none')
  assert.deepEqual(await namesIn(data), ['cronjob.batch/before'])
  await third.stop()

  const offline = await run('backup', join(path, 'offline.db'), '--data-dir', data)
  assert.equal(offline.code, 0, offline.err)
  assert.ok(existsSync(join(path, 'offline.db')))
})

test('what cannot be backed up or restored is told in a sentence', { timeout: 240_000 }, async () => {
  const nothing = await run('backup', join(path, 'x.db'), '--data-dir', join(path, 'nothing'))
  assert.deepEqual(
    [nothing.code, nothing.err],
    [1, `${join(path, 'nothing')} has no database: name another with --data-dir\n`],
  )
  const absent = await run('restore', join(path, 'absent.db'), '--data-dir', join(path, 'nothing'))
  assert.match(absent.err, /absent\.db does not exist: check the path\n$/)
  const directory = await run('restore', path, '--data-dir', join(path, 'nothing'))
  assert.match(directory.err, /is no file: name one that 'jobd backup' has written\n$/)
  const server = await startServer(join(path, 'memory'), '--store', 'memory', '--runtime', 'none')
  const memory = await run('backup', join(path, 'x.db'), '--data-dir', join(path, 'memory'))
  assert.deepEqual([memory.code, existsSync(join(path, 'x.db'))], [1, false])
  assert.match(memory.err, /there is no database to back up/)
  await server.stop()
})
