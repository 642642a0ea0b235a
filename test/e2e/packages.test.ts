/** The Debian package in a root directory of its own, and the executable as the first process of a container. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { jobd, root, runProgram, temporaryDirectory } from '../support/executable.ts'

const { path, dispose } = temporaryDirectory()
after(dispose)
/** A package uses the Node of the machine; here it is that of this test. */
const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` }
const isRoot = process.getuid?.() === 0
const hasDpkg = existsSync('/usr/bin/dpkg-deb')

test('the Debian package is installed, works, and is removed whole', {
  skip: hasDpkg ? false : 'dpkg is not installed',
  timeout: 300_000,
}, async () => {
  const built = await runProgram(process.execPath, [join(root, 'tools/build-deb.ts'), path])
  assert.equal(built.code, 0, built.err)
  const file = built.out.trim()
  const system = join(path, 'system')
  for (const folder of ['updates', 'info']) mkdirSync(join(system, 'var/lib/dpkg', folder), { recursive: true })
  // The packages that it needs are those of the machine; scripts of the package need a shell in the new root, and have none.
  const flags = [
    `--root=${system}`,
    '--force-depends',
    '--force-not-root',
    '--force-script-chrootless',
    '--log=/dev/null',
  ]
  const installed = await runProgram('dpkg', [...flags, '--install', file])
  assert.equal(installed.code, 0, installed.err)
  const bin = join(system, 'usr/bin/jobd')
  const ran = await runProgram(bin, ['run', '--', 'sh', '-c', 'echo hello; exit 3'], { env, cwd: path })
  assert.deepEqual([ran.code, ran.out], [3, 'hello\n'], ran.err)
  const text = (name: string): string => readFileSync(join(system, name), 'utf8')
  assert.match(
    text('usr/lib/systemd/system/jobd.service'),
    /^\[Unit\]\n[\s\S]*ExecStart=\/usr\/bin\/jobd up --data-dir \/var\/lib\/jobd /,
  )
  assert.match(text('usr/share/bash-completion/completions/jobd'), /complete .*-F _jobd jobd/)
  assert.match(text('usr/share/doc/jobd/copyright'), /commander \S+: MIT\n/)
  assert.match(gunzipSync(readFileSync(join(system, 'usr/share/man/man1/jobd.1.gz'))).toString(), /^\.TH JOBD 1 /)
  const removed = await runProgram('dpkg', [...flags, '--purge', 'jobd'])
  assert.equal(removed.code, 0, removed.err)
  for (const name of ['usr/bin/jobd', 'usr/lib/jobd', 'usr/share/doc/jobd'])
    assert.equal(existsSync(join(system, name)), false, name)
})

test('the bill of materials names what the bundle is made of, and each licence has its text', () => {
  const { components } = JSON.parse(readFileSync(join(root, 'dist/sbom.cdx.json'), 'utf8'))
  const names = components.map(({ name }: { name: string }) => name)
  for (const name of ['commander', 'prom-client', 'ws', 'yaml']) assert.ok(names.includes(name), name)
  const texts = readFileSync(join(root, 'dist/LICENCES.txt'), 'utf8')
  for (const name of names) assert.ok(texts.includes(`${name} `), name)
})

const container = { skip: isRoot ? false : 'only root makes a PID namespace without more', timeout: 240_000 }

test('as process 1 it reaps what others leave behind, and ends in order at SIGTERM', container, async () => {
  const args = [
    '--pid',
    '--fork',
    '--mount-proc',
    '--kill-child',
    jobd,
    'up',
    '--data-dir',
    join(path, 'one'),
    '--listen',
    '127.0.0.1:0',
  ]
  const child = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const [line] = await once(child.stdout, 'data')
  assert.match(String(line), /^ready https/)
  const [first = ''] = childrenOf(String(child.pid))
  const enter = (script: string) => runProgram('nsenter', ['--target', first, '--pid', '--mount', 'sh', '-c', script])
  // A process whose parent ends before it becomes a child of process 1; when it ends too, somebody must take note.
  const orphan = (await enter('sh -c "exec true" & echo $!')).out.trim()
  assert.match(orphan, /^\d+$/)
  while ((await enter(`cat /proc/${orphan}/stat 2>/dev/null`)).out !== '');
  process.kill(Number(first), 'SIGTERM')
  const [code] = await ended
  assert.equal(code, 0)
})

test('as process 1 it hands input on and ends with the code of the command', container, async () => {
  const args = ['--pid', '--fork', '--mount-proc', '--kill-child', jobd, 'run', '-']
  const template = {
    spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x', command: ['sh', '-c', 'exit 7'] }] },
  }
  const manifest = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j' }, spec: { backoffLimit: 0, template } }
  const ran = await runProgram('unshare', args, { input: JSON.stringify(manifest) })
  assert.equal(ran.code, 7, ran.err)
})

test('a user without a name or a home can run it', container, async () => {
  const { code, out, err } = await runProgram(
    'setpriv',
    ['--reuid', '54321', '--regid', '54321', '--clear-groups', jobd, 'run', '--', 'echo', 'hi'],
    {
      env: { ...env, HOME: '/', JOBD_DATA_DIR: '/nonexistent/jobd' },
      cwd: '/',
    },
  )
  assert.deepEqual([code, out], [0, 'hi\n'], err)
})

const childrenOf = (pid: string): readonly string[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
