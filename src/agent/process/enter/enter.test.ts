/** The program that starts runs in namespaces, by itself. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { temporaryDirectory } from '../../../../test/support/executable.ts'
import { whenProcesses } from '../../../../test/support/files.ts'
import { allPids, commandLineOf } from '../proc.ts'
import { fstabLine } from '../stage.ts'
import { detectTools } from '../tools.ts'
import { placeProgram } from './own-program.ts'

const { enter = [], namespacesMissing } = await detectTools({ path: '', namespaces: 'auto' })
const skip = namespacesMissing === undefined ? false : `needs namespaces: ${namespacesMissing}`

type World = { readonly dir: string; readonly program: string; readonly words: (...words: string[]) => string[] }

function world(t: TestContext): World {
  const { path: dir, dispose } = temporaryDirectory()
  t.after(dispose)
  const program = placeProgram(dir)
  assert.ok(program, `a program for ${process.arch}`)
  return { dir, program, words: (...words) => [...enter, program, ...words] }
}

function run([program = '', ...args]: readonly string[], cwd = '/') {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('the program that starts runs', { skip }, () => {
  test('gives namespaces of their own and a name to the first process, and ends as it does', (t) => {
    const { words } = world(t)
    const inside = 'echo $$; cat /proc/sys/kernel/hostname; readlink /proc/self/ns/mnt /proc/self/ns/uts; exit 7'
    const { status, stdout } = run(words('elsewhere', '', '/bin/sh', '-c', inside))
    const [pid, name, ...namespaces] = stdout.trim().split('\n')
    assert.deepEqual([status, pid, name], [7, '1', 'elsewhere'])
    const own = execFileSync('readlink', ['/proc/self/ns/mnt', '/proc/self/ns/uts'], { encoding: 'utf8' }).split('\n')
    assert.equal(namespaces.length, 2)
    for (const namespace of namespaces) assert.ok(!own.includes(namespace), namespace)
  })

  test('gives the program signals that a shell ignores for it, and a session of its own', (t) => {
    const { dir, words } = world(t)
    const inside =
      'trap "echo INT" INT; trap "echo QUIT" QUIT; kill -INT $$; kill -QUIT $$; ps -o pid=,pgid=,sid= -p $$'
    writeFileSync(`${dir}/inside`, inside)
    const quoted = words('', '', '/bin/sh', `${dir}/inside`).map((word) => `'${word}'`)
    const { stdout } = run(['/bin/sh', '-c', `${quoted.join(' ')} & wait`])
    assert.deepEqual(stdout.trim().split(/\s+/), ['INT', 'QUIT', '1', '1', '1'])
  })

  test('keeps the name of the host for one that has none', (t) => {
    const { words } = world(t)
    assert.equal(run(words('', '', '/bin/cat', '/proc/sys/kernel/hostname')).stdout.trim(), hostname())
  })

  test('mounts what the table says: directories and files, with blanks, read-only, and in memory', (t) => {
    const { dir, words } = world(t)
    const source = `${dir}/a source\\ with`
    mkdirSync(source)
    writeFileSync(`${source}/file`, 'kept')
    for (const target of ['a target', 'memory']) mkdirSync(`${dir}/${target}`)
    writeFileSync(`${dir}/single`, '')
    const table = [
      fstabLine(source, `${dir}/a target`, 'bind,ro'),
      fstabLine(`${source}/file`, `${dir}/single`, 'bind'),
      `tmpfs ${dir}/memory tmpfs mode=1770,nosuid,nodev 0 0\n`,
    ]
    writeFileSync(`${dir}/fstab`, table.join(''))
    const script = `cat 'a target/file' single; echo x 2>/dev/null >'a target/new' || echo refused; stat -c %a memory; grep -c ' ${dir}/memory rw,nosuid,nodev' /proc/self/mountinfo; echo more >single`
    const { stdout, status } = run(words('', './fstab', '/bin/sh', '-c', script), dir)
    assert.deepEqual([stdout, status], ['keptkeptrefused\n1770\n1\n', 0])
    assert.equal(readFileSync(`${source}/file`, 'utf8'), 'more\n', 'what is bound is the original')
    assert.deepEqual(readdirSync(`${dir}/memory`), [], 'nothing is mounted here')
  })

  test('a table of thousands of mounts is read whole', (t) => {
    const { dir, words } = world(t)
    mkdirSync(`${dir}/${'d'.repeat(100)}`)
    const line = fstabLine(dir, `${dir}/${'d'.repeat(100)}`, 'bind')
    writeFileSync(`${dir}/fstab`, line.repeat(1500))
    const { stdout } = run(words('', './fstab', '/bin/sh', '-c', 'grep -c ddd /proc/self/mountinfo'), dir)
    assert.equal(stdout, '1500\n')
  })

  test('tells the program of a mount that failed', (t) => {
    const { dir, words } = world(t)
    writeFileSync(`${dir}/fstab`, fstabLine(`${dir}/gone`, '/etc', 'bind'))
    const { stdout, status } = run(words('', './fstab', '/bin/sh', '-c', 'printf "%s|" "$@"', 'sh', 'own'), dir)
    assert.deepEqual([stdout, status], [`own|failed|mount: ${dir}/gone on /etc: No such file or directory|`, 0])
  })

  test('says what is wrong: a program that is not there, no words at all', (t) => {
    const { words } = world(t)
    const missing = run(words('', '', '/nonexistent'))
    assert.deepEqual([missing.status, missing.stderr], [1, 'enter: /nonexistent: No such file or directory\n'])
    assert.match(run(words()).stderr, /HOSTNAME TABLE PROGRAM/)
  })

  test('is ended by no signal to the group that it is in, where the program is not, and takes its namespace with it when it is killed', async (t) => {
    const { dir, words } = world(t)
    const inside = (script: string): ChildProcess => {
      const [first = '', ...args] = words('', '', '/bin/sh', '-c', `${script} # ${dir}`)
      return spawn(first, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
    }
    const gentle = inside('trap "exit 3" TERM; echo ready; read line; kill -TERM 0; exit 4')
    await ready(gentle)
    process.kill(-pidOf(gentle), 'SIGTERM')
    gentle.stdin?.end('\n')
    assert.deepEqual(await once(gentle, 'exit'), [3, null])
    const killed = inside('echo ready; sleep 1000 & wait')
    await ready(killed)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    await whenProcesses(() => !allPids().some((pid) => commandLineOf(pid)?.includes(dir)))
  })
})

const pidOf = ({ pid }: ChildProcess): number => pid ?? assert.fail('it was not started')

async function ready({ stdout }: ChildProcess): Promise<void> {
  assert.equal(String((await once(stdout ?? assert.fail('no output'), 'data'))[0]), 'ready\n')
}

test('the program is laid once, again when it was spoilt, and in the place of an earlier one', (t) => {
  const { path: dir, dispose } = temporaryDirectory()
  t.after(dispose)
  writeFileSync(`${dir}/enter-0123456789ab`, 'of an earlier version')
  const path = placeProgram(dir) ?? assert.fail('none for this processor')
  assert.deepEqual(readdirSync(dir), [path.slice(dir.length + 1)])
  assert.equal(statSync(path).mode & 0o777, 0o700)
  const { ino } = statSync(path)
  assert.equal(placeProgram(dir), path)
  assert.equal(statSync(path).ino, ino, 'it was left alone')
  const whole = readFileSync(path)
  writeFileSync(path, 'spoilt')
  chmodSync(path, 0o600)
  assert.equal(placeProgram(dir), path)
  assert.ok(readFileSync(path).equals(whole))
  assert.equal(statSync(path).mode & 0o777, 0o700)
  assert.ok(!existsSync(`${path}.new`))
})
