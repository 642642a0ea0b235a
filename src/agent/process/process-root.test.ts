/** Runs whose root is a directory of the host. */
import assert from 'node:assert/strict'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { noSecurity } from '../../../test/contract/runtime-contract.ts'
import { temporaryDirectory } from '../../../test/support/executable.ts'
import { realClock } from '../../../test/support/real-clock.ts'
import { runToEnd } from '../../../test/support/run-to-end.ts'
import { silentLog } from '../../base/index.ts'
import type { ContainerConfig, ExecEnd, Runtime } from '../runtime/index.ts'
import { createProcessRuntime } from './process-runtime.ts'
import { commandMissing, resolveInRoot } from './root-view.ts'
import { detectTools } from './tools.ts'

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path))
const { namespacesMissing } = await detectTools({ path: '', namespaces: 'auto' })
const skip =
  BUSYBOX === undefined ? 'needs the package busybox-static' : (namespacesMissing && 'needs namespaces') || false

/** A small root: busybox under some of its names, links as distributions have them. */
function makeRoot(dir: string): string {
  const root = `${dir}/image`
  for (const name of ['bin', 'etc', 'run', 'opt']) mkdirSync(`${root}/${name}`, { recursive: true })
  copyFileSync(BUSYBOX ?? '', `${root}/bin/busybox`)
  chmodSync(`${root}/bin/busybox`, 0o755)
  for (const name of 'sh cat echo id pwd ls env sleep touch mkdir printf readlink test'.split(' ')) {
    symlinkSync('/bin/busybox', `${root}/bin/${name}`)
  }
  mkdirSync(`${root}/var`)
  symlinkSync('/run', `${root}/var/run`)
  writeFileSync(`${root}/etc/own`, 'of the image\n')
  writeFileSync(`${root}/opt/plain`, 'no program')
  return root
}

let serial = 0
type World = {
  readonly runtime: Runtime
  readonly dir: string
  readonly config: (script: string, more?: Partial<ContainerConfig>) => ContainerConfig
}

async function world(t: TestContext): Promise<World> {
  const { path: dir, dispose } = temporaryDirectory()
  const root = makeRoot(dir)
  const options = { dir: `${dir}/run`, version: '0', clock: realClock, log: silentLog, hostEnv: process.env }
  const runtime = await createProcessRuntime(options)
  t.after(async () => {
    for (const uid of await runtime.podUids()) await runtime.remove(uid)
    await runtime.close()
    dispose()
  })
  return {
    runtime,
    dir,
    config: (script, more = {}) => ({
      key: { podUid: `r${process.pid}-${++serial}`, container: 'main', attempt: 0 },
      pod: { namespace: 'default', name: 'p', hostname: 'p' },
      image: 'busybox',
      root,
      command: ['sh', '-c', script],
      env: { PATH: '/bin' },
      mounts: [],
      limits: {},
      ...more,
    }),
  }
}

describe('a run in a root of its own', { skip }, () => {
  test('sees the files of its image and none of the host', async (t) => {
    const { runtime, config, dir } = await world(t)
    const { log, exitCode } = await runToEnd(runtime, config(`cat /etc/own; ls -d ${dir} /home; cat /proc/1/comm; pwd`))
    assert.match(log, /^of the image\n/)
    assert.match(log, new RegExp(`${dir}: No such file`))
    assert.match(log, /\/home: No such file/)
    assert.match(log, /\/\n$/)
    assert.equal(exitCode, 0)
  })

  test('writes where it wants to, and the image stays as it was', async (t) => {
    const { runtime, config, dir } = await world(t)
    const script = 'echo changed >/etc/own; mkdir /new; echo x >/new/file; cat /etc/own /new/file'
    assert.equal((await runToEnd(runtime, config(script))).log, 'changed\nx\n')
    assert.equal(readFileSync(`${dir}/image/etc/own`, 'utf8'), 'of the image\n')
    assert.deepEqual(readdirSync(`${dir}/image`).sort(), ['bin', 'etc', 'opt', 'run', 'var'])
    assert.equal((await runToEnd(runtime, config('cat /etc/own'))).log, 'of the image\n', 'the next run begins afresh')
  })

  test('writes nowhere but to its volumes when its root is read-only', async (t) => {
    const { runtime, config, dir } = await world(t)
    mkdirSync(`${dir}/volume`)
    const security = { ...noSecurity, readOnlyRoot: true }
    const mounts = [{ source: `${dir}/volume`, target: '/data', readOnly: false }]
    const script = 'touch /etc/new || touch /new || echo refused; echo x >/data/file'
    const { log } = await runToEnd(runtime, config(script, { security, mounts }))
    assert.match(log, /Read-only file system\n.*refused\n$/s)
    assert.equal(readFileSync(`${dir}/volume/file`, 'utf8'), 'x\n')
  })

  test('has its volumes, also one in another and one behind a link of the image', async (t) => {
    const { runtime, config, dir } = await world(t)
    for (const name of ['a', 'b', 'secret']) {
      mkdirSync(`${dir}/${name}`)
      writeFileSync(`${dir}/${name}/file`, `${name}\n`)
    }
    const mounts = [
      { source: `${dir}/b`, target: '/data/inner', readOnly: false },
      { source: `${dir}/a`, target: '/data', readOnly: true },
      { source: `${dir}/secret`, target: '/var/run/secrets/own', readOnly: true },
      { source: `${dir}/a/file`, target: '/etc/single', readOnly: true },
    ]
    mkdirSync(`${dir}/a/inner`)
    const script =
      'cat /data/file /data/inner/file /run/secrets/own/file /etc/single; touch /data/no 2>/dev/null || echo kept'
    assert.equal((await runToEnd(runtime, config(script, { mounts }))).log, 'a\nb\nsecret\na\nkept\n')
    assert.equal(existsSync('/run/secrets/own'), false, 'nothing is made on the host')
  })

  test('has devices, a last word, and a directory that is made for it', async (t) => {
    const { runtime, config } = await world(t)
    const script = 'echo x >/dev/null; cat /dev/fd/0; printf bye >/dev/termination-log; pwd'
    const wanted = config(script, { workingDir: '/work/deep' })
    const { log, exitCode } = await runToEnd(runtime, wanted)
    assert.deepEqual([log, exitCode], ['/work/deep\n', 0])
    assert.equal(readFileSync(runtime.messagePath(wanted.key), 'utf8'), 'bye')
  })

  test('gets odd variables and any arguments', async (t) => {
    const { runtime, config } = await world(t)
    const env = { PATH: '/bin', 'with.dots': 'a b', QUOTE: `'"` }
    const { log } = await runToEnd(runtime, config('', { env, command: ['env'] }))
    assert.match(log, /^with\.dots=a b$/m)
    assert.ok(log.includes(`QUOTE='"\n`))
    assert.equal((await runToEnd(runtime, config('', { command: ['printf', '%s', `-n'x"\n`] }))).log, `-n'x"\n`)
  })

  test('whose command is not there has not started, and is told where it was looked for', async (t) => {
    const { runtime, config, dir } = await world(t)
    for (const [command, what] of [
      ['bash', 'not found'],
      ['/usr/bin/env', 'not found'],
      ['/opt/plain', 'permission denied'],
    ] as const) {
      const { exitCode, reason, message = '' } = await runToEnd(runtime, config('', { command: [command] }))
      assert.deepEqual([exitCode, reason], [128, 'StartError'])
      assert.ok(message.includes(`exec: "${command}": `) && message.includes(what), message)
      assert.ok(message.includes(`${dir}/image`), message)
    }
  })

  test('is who it is to be', { skip: process.getuid?.() === 0 ? false : 'needs root' }, async (t) => {
    const { runtime, config } = await world(t)
    const runAs = { uid: 1234, gid: 2345, groups: [3456] }
    const wanted = config('id; printf mine >/dev/termination-log', { runAs })
    assert.match((await runToEnd(runtime, wanted)).log, /^uid=1234 gid=2345 groups=3456/)
    assert.equal(readFileSync(runtime.messagePath(wanted.key), 'utf8'), 'mine')
  })

  test('may have a terminal', async (t) => {
    const { runtime, config } = await world(t)
    const { log, exitCode } = await runToEnd(runtime, config('test -t 1 && echo terminal; exit 4', { tty: true }))
    assert.deepEqual([log, exitCode], ['terminal\r\n', 4])
  })

  test('takes further commands, which see what it sees', async (t) => {
    const { runtime, config } = await world(t)
    const runAs = process.getuid?.() === 0 ? { uid: 1234, gid: 2345, groups: [3456] } : undefined
    const wanted = config('exec sleep 1000', { workingDir: '/work', runAs })
    assert.ok((await runtime.start(wanted)).ok)
    const exec = async (command: readonly string[]) => {
      let out = ''
      const take = (bytes: Uint8Array) => {
        out += Buffer.from(bytes).toString()
        return true
      }
      const end = await new Promise<ExecEnd>((resolve, reject) => {
        const spec = { command, stdin: false, tty: false }
        void runtime
          .exec(wanted.key, spec, { stdout: take, stderr: take, end: resolve })
          .then((handle) => handle.ok || reject(new Error(handle.error)))
      })
      return { out, code: end.kind === 'Exited' ? end.exitCode : end.message }
    }
    assert.deepEqual(await exec(['sh', '-c', 'pwd; cat /etc/own; exit 3']), { out: '/work\nof the image\n', code: 3 })
    if (runAs !== undefined) assert.match((await exec(['id'])).out, /^uid=1234 gid=2345 groups=(2345,)?3456/)
  })
})

describe('paths in a root', () => {
  const { path: dir, dispose } = temporaryDirectory()
  const root = `${dir}/r`
  mkdirSync(`${root}/usr/bin`, { recursive: true })
  mkdirSync(`${root}/run`)
  writeFileSync(`${root}/usr/bin/tool`, '', { mode: 0o755 })
  for (const [path, target] of [
    ['bin', 'usr/bin'],
    ['sbin', '/usr/bin'],
    ['out', '../../../etc'],
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    symlinkSync(target, `${root}/${path}`)
  }
  test('follow links without leaving it', (t) => {
    t.after(dispose)
    const cases: readonly (readonly [string, string])[] = [
      ['/', ''],
      ['/bin/tool', '/usr/bin/tool'],
      ['/sbin/tool', '/usr/bin/tool'],
      ['/../../etc/passwd', '/etc/passwd'],
      ['/out/passwd', '/etc/passwd'],
      ['/run/new/deep', '/run/new/deep'],
      ['/bin/../x', '/usr/x'],
    ]
    for (const [path, expected] of cases) assert.equal(resolveInRoot(root, path), `${root}${expected}`, path)
    assert.ok(resolveInRoot(root, '/a/x').startsWith(root), 'a loop ends')
    const look = (command: string, path = '/none:/bin') =>
      commandMissing(
        { root, mounts: [{ source: `${root}/usr/bin`, target: '/vol', readOnly: true }] },
        {
          command,
          path,
          workingDir: '/bin',
        },
      )
    assert.equal(look('tool'), undefined)
    assert.equal(look('./tool'), undefined)
    assert.equal(look('/vol/tool'), undefined)
    assert.equal(look('tool', '/none'), 'exec 127')
    assert.equal(look('/usr/bin'), 'exec 126')
  })
})
