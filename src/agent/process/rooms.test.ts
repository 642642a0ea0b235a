/** Mount points that the host does not have. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { realClock } from '../../../test/support/real-clock.ts'
import { runToEnd } from '../../../test/support/run-to-end.ts'
import { silentLog } from '../../base/index.ts'
import type { ContainerConfig, ExecEnd, Mount, Runtime } from '../runtime/index.ts'
import { createProcessRuntime } from './process-runtime.ts'
import { detectTools, type NamespacesOption } from './tools.ts'

const { namespacesMissing, isRoot } = await detectTools({ path: '', namespaces: 'auto' })
const skip = namespacesMissing === undefined ? false : 'this host permits no namespaces'
const needsRoot = isRoot ? false : 'needs root'

type World = {
  readonly runtime: Runtime
  readonly dir: string
  /** A directory of the host, to be mounted. */
  readonly volume: string
  readonly config: (script: string, more?: Partial<ContainerConfig>) => ContainerConfig
}

let serial = 0

async function world(t: TestContext, namespaces: NamespacesOption = 'auto'): Promise<World> {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-rooms-`)
  const scratchDir = `${dir}/scratch`
  const options = { dir: `${dir}/run`, scratchDir, version: '0', clock: realClock, log: silentLog, namespaces }
  const runtime = await createProcessRuntime({ ...options, hostEnv: process.env })
  t.after(async () => {
    for (const uid of await runtime.podUids()) await runtime.remove(uid)
    await runtime.close()
    rmSync(dir, { recursive: true })
  })
  const volume = `${dir}/volume`
  mkdirSync(volume, { mode: 0o755 })
  writeFileSync(`${volume}/file`, 'kept\n', { mode: 0o644 })
  return {
    runtime,
    dir,
    volume,
    config: (script, more = {}) => ({
      key: { podUid: `m${process.pid}-${++serial}`, container: 'main', attempt: 0 },
      pod: { namespace: 'default', name: 'p', hostname: 'p' },
      image: 'host',
      command: ['sh', '-c', script],
      env: { PATH: process.env['PATH'] ?? '' },
      mounts: [],
      limits: {},
      ...more,
    }),
  }
}

type Seen = {
  readonly sentence: string
  readonly targets: readonly string[]
  readonly script: string
  readonly expected: string | RegExp
  readonly more?: Partial<ContainerConfig>
  readonly skip?: string | false
}

const cases: readonly Seen[] = [
  {
    sentence: 'lie in the root directory, beside all that is there',
    targets: ['/jobd-room'],
    script: 'cat /jobd-room/file ../../jobd-room/file; ls -d /etc /usr/bin; test -e /proc/self/exe && pwd',
    expected: 'kept\nkept\n/etc\n/usr/bin\n/\n',
  },
  {
    sentence: 'lie deep in directories that nobody has made, for another user too',
    targets: ['/jobd-room/a/b', '/jobd-room/c', '/etc/jobd-room/d'],
    script: 'cat /jobd-room/a/b/file /jobd-room/c/file /etc/jobd-room/d/file; id -u',
    expected: 'kept\nkept\nkept\n1234\n',
    more: { runAs: { uid: 1234, gid: 1234 } },
    skip: needsRoot,
  },
  {
    sentence: 'lie in one another',
    targets: ['/jobd-room', '/jobd-room/inner'],
    script: 'cat /jobd-room/inner/file; ls /jobd-room',
    expected: 'kept\nfile\ninner\n',
  },
  {
    sentence: 'leave the directory that they are in as open as it was',
    targets: [`${realpathSync(tmpdir())}/jobd-room`],
    script: `stat -c %a ${realpathSync(tmpdir())}; cat ${realpathSync(tmpdir())}/jobd-room/file`,
    expected: /^1?777\nkept\n$/,
    skip: realpathSync(tmpdir()) === '/tmp' ? false : 'needs /tmp as the directory for temporary files',
  },
  {
    sentence: 'lie among devices and leave the place of the last word',
    targets: ['/dev/jobd-room'],
    script: 'cat /dev/jobd-room/file; echo x >/dev/null; printf bye >/dev/termination-log; cat /dev/termination-log',
    expected: 'kept\nbye',
  },
  {
    sentence: 'are there when the program starts in one of them',
    targets: ['/jobd-room'],
    script: 'pwd; cat file',
    expected: '/jobd-room\nkept\n',
    more: { workingDir: '/jobd-room' },
  },
  {
    sentence: 'are no hindrance for namespaces of the program',
    targets: ['/jobd-room'],
    script: 'unshare --user true && echo made',
    expected: 'made\n',
    skip: needsRoot,
  },
]

for (const namespaces of ['auto', 'util-linux'] as const) {
  describe(`mount points that the host does not have (namespaces: ${namespaces})`, { skip }, () => {
    for (const { sentence, targets, script, expected, more, skip: reason = false } of cases) {
      test(sentence, { skip: reason }, async (t) => {
        const { runtime, config, volume } = await world(t, namespaces)
        const mounts: readonly Mount[] = targets.map((target) => ({ source: volume, target, readOnly: false }))
        const { log, message } = await runToEnd(runtime, config(script, { ...more, mounts }))
        if (typeof expected === 'string') assert.equal(log, expected, message ?? 'it ran')
        else assert.match(log, expected, message ?? 'it ran')
        for (const target of targets) assert.equal(existsSync(target), false, `${target} is made on the host`)
      })
    }

    test('keep what is written beside them for one run alone, and nothing after it', async (t) => {
      const { runtime, config, volume, dir } = await world(t, namespaces)
      const mounts = [{ source: volume, target: '/jobd-room', readOnly: false }]
      const first = config('echo x >/jobd-beside && ls /jobd-beside', { mounts })
      assert.equal((await runToEnd(runtime, first)).log, '/jobd-beside\n')
      assert.equal(existsSync('/jobd-beside'), false)
      const rooms = `ls /jobd-beside 2>/dev/null; ls ${dir}/scratch/pods/.template/Writable/rooms`
      const second = config(rooms, { mounts })
      assert.equal((await runToEnd(runtime, second)).log, `${first.key.podUid}\n${second.key.podUid}\n`)
      await runtime.release(first.key.podUid)
      await runtime.remove(second.key.podUid)
      const third = config(rooms, { mounts })
      assert.equal((await runToEnd(runtime, third)).log, `${third.key.podUid}\n`)
    })

    test('are seen by further commands in the container', async (t) => {
      const { runtime, config, volume } = await world(t, namespaces)
      const wanted = config('exec sleep 1000', { mounts: [{ source: volume, target: '/jobd-room', readOnly: true }] })
      assert.ok((await runtime.start(wanted)).ok)
      let out = ''
      const take = (bytes: Uint8Array) => {
        out += Buffer.from(bytes).toString()
        return true
      }
      const end = await new Promise<ExecEnd>((resolve) => {
        const command = ['sh', '-c', 'cat /jobd-room/file; echo x >/jobd-room/file || echo kept from writing']
        const output = { stdout: take, stderr: () => true, end: resolve }
        void runtime.exec(wanted.key, { command, stdin: false, tty: false }, output)
      })
      assert.deepEqual([out, end], ['kept\nkept from writing\n', { kind: 'Exited', exitCode: 0 }])
    })

    test('whose volume was just taken away keep the program from being started, and say so', async (t) => {
      const { runtime, config, dir } = await world(t, namespaces)
      const mounts = [{ source: `${dir}/gone`, target: '/jobd-room', readOnly: false }]
      const { exitCode, reason, message = '' } = await runToEnd(runtime, config('true', { mounts }))
      assert.deepEqual([exitCode, reason], [128, 'StartError'])
      assert.match(message, /mounting its volumes: .*jobd-room/)
    })
  })
}

test('a volume that is mounted where it is anyway can be made read-only', { skip: skip || needsRoot }, async (t) => {
  const { runtime, config } = await world(t)
  const mounts = [{ source: '/dev/shm', target: '/dev/shm', readOnly: true }]
  const script = `touch /dev/shm/jobd-${process.pid} 2>/dev/null || echo refused`
  assert.equal((await runToEnd(runtime, config(script, { mounts }))).log, 'refused\n')
})

test('a volume in memory takes the place of another', { skip: skip || needsRoot }, async (t) => {
  const { runtime, config } = await world(t)
  const podUid = `m${process.pid}-memory`
  const source = await runtime.memoryVolume?.({ podUid, volume: 'shm', bytes: 1024 * 1024 })
  assert.ok(source)
  writeFileSync(`${source}/mine`, '')
  const key = { podUid, container: 'main', attempt: 0 }
  const wanted = config('ls /dev/shm', { key, mounts: [{ source, target: '/dev/shm', readOnly: false }] })
  assert.equal((await runToEnd(runtime, wanted)).log, 'mine\n')
})
