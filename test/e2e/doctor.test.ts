/** `jobd doctor` on the real executable. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { jobd, runProgram, startServer, temporaryDirectory } from '../support/executable.ts'

type Findings = {
  readonly findings: readonly { readonly check: string; readonly level: string; readonly found: string }[]
}

const { path, dispose } = temporaryDirectory()
after(dispose)

async function findings(directory: string, ...args: readonly string[]) {
  const ran = await runProgram(jobd, [
    'doctor',
    '-o',
    'json',
    '--data-dir',
    directory,
    '--listen',
    '127.0.0.1:0',
    ...args,
  ])
  const { findings: found } = JSON.parse(ran.out) as Findings
  const levelOf = (check: string) => found.find((one) => one.check === check)?.level
  return { code: ran.code, found, levelOf }
}

test('before the first start, and while a server runs', { timeout: 240_000 }, async () => {
  const directory = join(path, 'data')
  const before = await findings(directory)
  assert.deepEqual([before.levelOf('data directory'), before.levelOf('certificate')], ['ok', undefined])
  const server = await startServer(directory)
  const running = await findings(directory)
  assert.equal(running.code, 0, JSON.stringify(running.found))
  assert.ok(running.found.some(({ check, found }) => check === 'server' && found.includes(`process ${server.pid} `)))
  assert.equal(running.levelOf('certificate'), 'ok')
  const limits = (all: typeof running) => all.found.find(({ check }) => check === 'control groups')?.found
  assert.match(limits(running) ?? '', /^limits of pods, says the server: /)
  // One that hangs is no reason to hang.
  process.kill(server.pid, 'SIGSTOP')
  assert.doesNotMatch(limits(await findings(directory)) ?? '', /says the server/)
  process.kill(server.pid, 'SIGCONT')
  await server.stop()
  const table = await runProgram(jobd, ['doctor', '--data-dir', directory, '--listen', '127.0.0.1:0'])
  assert.match(table.out, /^CHECK .*FOUND\nnode +ok +\d/)
})

test('a failure is told, and is the exit code', { timeout: 240_000 }, async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as { port: number }
  const taken = await findings(path, '--listen', `127.0.0.1:${port}`)
  other.close()
  assert.deepEqual([taken.code, taken.levelOf('port')], [1, 'fail'])
  writeFileSync(join(path, 'jobd.db'), 'not a database\n'.repeat(100))
  const damaged = await findings(path)
  assert.deepEqual([damaged.code, damaged.levelOf('database')], [1, 'fail'])
  const wrong = await runProgram(jobd, ['doctor', '--listen', 'nowhere'])
  assert.equal(wrong.code, 2)
})
