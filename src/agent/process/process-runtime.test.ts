import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, type TestContext, test } from 'node:test'
import { exitOf, noSecurity, programs, runRuntimeContract } from '../../../test/contract/runtime-contract.ts'
import { whenProcesses } from '../../../test/support/files.ts'
import { realClock } from '../../../test/support/real-clock.ts'
import { runToEnd } from '../../../test/support/run-to-end.ts'
import { silentLog } from '../../base/index.ts'
import type { ContainerConfig, Exit, Runtime } from '../runtime/index.ts'
import { allPids, statOf } from './proc.ts'
import { createProcessRuntime } from './process-runtime.ts'
import { cookieOf } from './process-tree.ts'
import { detectTools, type NamespacesOption } from './tools.ts'

const { unshare } = await detectTools({ path: '', namespaces: 'auto' })
/** Ends as no other number does: those of another file's process may begin alike. */
const prefix = `t${process.pid}-`
let serial = 0

type World = { readonly runtime: Runtime; readonly dir: string; readonly open: () => Promise<Runtime> }

async function world(
  t: TestContext,
  namespaces: NamespacesOption,
  controlGroups: 'auto' | 'never' = 'auto',
  isOnDisk = false,
): Promise<World> {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-process-`)
  const opened: Runtime[] = []
  const open = async () => {
    const runtime = await createProcessRuntime({
      dir,
      scratchDir: isOnDisk ? `${dir}/scratch` : undefined,
      version: '0',
      clock: realClock,
      log: silentLog,
      hostEnv: process.env,
      namespaces,
      controlGroups,
    })
    opened.push(runtime)
    return runtime
  }
  const runtime = await open()
  t.after(async () => {
    const last = opened.at(-1)
    for (const uid of (await last?.podUids()) ?? []) await last?.remove(uid)
    for (const each of opened) await each.close()
    assert.deepEqual(leaked(), [], 'no process of ours is left')
    rmSync(dir, { recursive: true })
  })
  return { runtime, dir, open }
}

/** Processes that carry the cookie of one of this file's runs. */
const leaked = (): readonly number[] =>
  allPids().filter((pid) => cookieOf(pid)?.startsWith(prefix) === true && (statOf(pid)?.state ?? 'Z') !== 'Z')

function config(command: readonly string[], more: Partial<ContainerConfig> = {}): ContainerConfig {
  serial += 1
  return {
    key: { podUid: `${prefix}${serial}`, container: 'main', attempt: 0 },
    pod: { namespace: 'default', name: 'p', hostname: 'p' },
    image: 'busybox',
    command,
    env: { PATH: process.env['PATH'] ?? '' },
    mounts: [],
    limits: {},
    ...more,
  }
}

const noNamespaces = unshare === undefined ? 'this host permits none' : false

const modes = [
  { name: 'in namespaces', namespaces: 'auto', skip: noNamespaces },
  { name: 'in namespaces that util-linux makes', namespaces: 'util-linux', skip: noNamespaces },
  { name: 'as sessions', namespaces: 'never', skip: false },
] as const

const missing = {
  ...(process.getuid?.() === 0 ? {} : { users: 'needs root', memoryVolumes: 'needs root' }),
  ...((await canLimit()) ? {} : { memory: 'this host permits no control groups' }),
}

/** Whether this host lets the runtime make control groups. */
async function canLimit(): Promise<boolean> {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-process-`)
  const runtime = await createProcessRuntime({ dir, version: '0', clock: realClock, log: silentLog, hostEnv: {} })
  const can = runtime.limiting().memory === 'kernel'
  await runtime.close()
  rmSync(dir, { recursive: true })
  return can
}

/** As for an ordinary user, all files of whose server lie below a directory that pods with images do not see. */
runRuntimeContract({
  name: 'processes in namespaces that see nothing of the runtime',
  skip: noNamespaces,
  open: async (t) => {
    const own = await world(t, 'auto', 'auto', true)
    // What the contract itself wants to see.
    const dir = `${own.dir}/contract`
    mkdirSync(dir)
    const mounts = [
      { source: dir, target: dir, readOnly: false },
      { source: programs, target: programs, readOnly: true },
    ]
    const base = { image: 'busybox', env: { PATH: process.env['PATH'] ?? '' }, mounts, hostFiles: 'ReadOnly' as const }
    return { ...own, dir, processes: () => leaked().length, base }
  },
  missing,
})

for (const { name, namespaces, skip } of modes) {
  runRuntimeContract({
    name: `processes ${name}`,
    skip,
    open: async (t) => ({
      ...(await world(t, namespaces)),
      processes: () => leaked().length,
      base: { image: 'busybox', env: { PATH: process.env['PATH'] ?? '' }, mounts: [] },
    }),
    missing:
      namespaces !== 'never'
        ? missing
        : { ...missing, mounts: 'needs a mount namespace', memoryVolumes: 'needs a mount namespace' },
  })

  describe(`runs ${name}`, { skip }, () => {
    test('are killed beyond their limits where nobody may make control groups', async (t) => {
      const { runtime } = await world(t, namespaces, 'never')
      assert.deepEqual(runtime.limiting(), { cpu: 'nobody', memory: 'watchdog', pids: 'watchdog' })
      const small = config(['sleep', '1000'], { limits: { memoryBytes: 64 << 20, pids: 100_000 } })
      await runtime.start(small)
      const greedy = config(['sh', '-c', '{ head -c 100000000 /dev/zero; setsid sleep 1000; } | tail'], {
        limits: { memoryBytes: 64 << 20 },
      })
      const { exitCode, reason } = await runToEnd(runtime, greedy)
      assert.deepEqual([exitCode, reason], [137, 'OOMKilled'])
      const bomb = 'i=0; while [ $((i += 1)) -le 60 ]; do sleep 1000 & done; wait'
      const many = config(['sh', '-c', bomb], { limits: { pids: 40, memoryBytes: 1 << 30 } })
      const end = await runToEnd(runtime, many)
      assert.deepEqual([end.exitCode, end.reason], [137, 'Error'])
      assert.match(end.message ?? '', /^the container had \d+ processes at once, more than the 40 /)
      assert.equal((await runtime.observe(small.key.podUid))[0]?.state.kind, 'Running')
    })

    test('end as their command ends', async (t) => {
      const { runtime } = await world(t, namespaces)
      const cases: readonly (readonly [readonly string[], number, Exit['reason'], string])[] = [
        [['true'], 0, 'Completed', ''],
        [['sh', '-c', 'echo out; echo err >&2; exit 7'], 7, 'Error', 'out\nerr\n'],
        [['sh', '-c', 'kill -9 $$'], 137, 'Error', ''],
        [['sh', '-c', 'kill -15 $$'], 143, 'Error', ''],
        [['sh', '-c', 'exit 126'], 126, 'Error', ''],
        [['sh', '-c', 'exit 127'], 127, 'Error', ''],
        [['sh', '-c', 'cat; echo end'], 0, 'Completed', 'end\n'],
        ...(namespaces === 'never'
          ? []
          : [[['sh', '-c', 'echo first >/proc/1/fd/1'], 0, 'Completed', 'first\n'] as const]),
      ]
      for (const [command, exitCode, reason, log] of cases) {
        const exit = await runToEnd(runtime, config(command))
        assert.deepEqual({ exitCode: exit.exitCode, reason: exit.reason, log: exit.log }, { exitCode, reason, log })
        assert.ok(exit.startedAt <= exit.finishedAt)
      }
    })

    test('that cannot be executed say why and what to do', async (t) => {
      const { runtime, dir } = await world(t, namespaces)
      writeFileSync(`${dir}/plain`, 'text')
      writeFileSync(`${dir}/lost`, '#!/no/such/interpreter\n', { mode: 0o755 })
      const cases: readonly (readonly [ContainerConfig, RegExp])[] = [
        [config(['no-such-program']), /^exec: "no-such-program": executable file not found in \$PATH: .*install it/],
        [config(['/no/such/program']), /^exec: "\/no\/such\/program": stat \/no\/such\/program: no such file/],
        [config([`${dir}/plain`]), /plain": permission denied/],
        [
          config(['true'], { workingDir: '/no/such/place' }),
          /workingDir "\/no\/such\/place" failed: no such directory/,
        ],
        [config([]), /^no command specified: .*"busybox"/],
      ]
      for (const [wanted, message] of cases) {
        const exit = await runToEnd(runtime, wanted)
        assert.equal(exit.exitCode, 128)
        assert.equal(exit.reason, 'StartError')
        assert.match(exit.message ?? '', message)
        assert.equal(exit.log, '', 'the log holds only what the program wrote')
      }
    })

    test('are removed only when nobody is left of them, wherever they have gone', async (t) => {
      const { runtime } = await world(t, namespaces)
      for (let round = 0; round < 5; round += 1) {
        const wanted = config(['sh', '-c', 'setsid sleep 1000 & sleep 1000 & exit 3'])
        assert.equal((await runToEnd(runtime, wanted)).exitCode, 3)
        await runtime.remove(wanted.key.podUid)
        assert.deepEqual(leaked(), [])
      }
    })

    test('get exactly their arguments, environment and directory', async (t) => {
      const { runtime, dir } = await world(t, namespaces)
      const env = {
        PATH: process.env['PATH'] ?? '',
        QUOTES: `a'b"c\\d$(touch /tmp/never)\`e\``,
        'with.dots': 'and\nnewlines\n',
        IFS: 'x',
        OPTIND: 'not a number',
        PPID: '1',
        PWD: '/elsewhere',
        EMPTY: '',
        _: 'underscore',
      }
      const where = await runToEnd(runtime, config(['readlink', '/proc/self/cwd'], { env, workingDir: dir }))
      assert.equal(where.log, `${dir}\n`)
      const wanted = config(['cat', '/proc/self/environ'], { env, workingDir: dir })
      const variables = (await runToEnd(runtime, wanted)).log.split('\0').slice(0, -1)
      const seen = Object.fromEntries(
        variables.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
      )
      const { JOBD_POD_UID: uid, JOBD_CONTAINER: _id, ...rest } = seen
      assert.deepEqual(rest, env)
      assert.equal(uid, wanted.key.podUid)
    })

    test('whose supervisor was killed are lost, and nothing of them stays', async (t) => {
      const { runtime, dir, open } = await world(t, namespaces)
      const wanted = config(['sleep', '1000'])
      await runtime.start(wanted)
      // A run is up a moment before its program carries the cookie by which what is left without a supervisor is found.
      await whenProcesses(() => leaked().length > 0)
      await runtime.close()
      const claim = readFileSync(`${dir}/pods/${wanted.key.podUid}/main.0.claim`, 'utf8')
      const supervisor = Number.parseInt(claim, 10)
      process.kill(supervisor, 'SIGKILL')
      await whenProcesses(() => ['Z', undefined].includes(statOf(supervisor)?.state))
      const next = await open()
      const [found] = await next.observe(wanted.key.podUid)
      assert.equal(found?.state.kind === 'Exited' && found.state.exit.reason, 'ContainerStatusUnknown')
      assert.equal(found?.state.kind === 'Exited' && found.state.exit.exitCode, 137)
      await whenProcesses(() => leaked().length === 0)
    })

    test('whose claim was lost with the power are lost, too, and never start', async (t) => {
      const { dir, open, runtime } = await world(t, namespaces)
      await runtime.close()
      const wanted = config(['touch', `${dir}/started`])
      mkdirSync(`${dir}/pods/${wanted.key.podUid}`)
      for (const ending of ['claim', 'exit']) writeFileSync(`${dir}/pods/${wanted.key.podUid}/main.0.${ending}`, '')
      const next = await open()
      const [found] = await next.observe(wanted.key.podUid)
      assert.equal(found?.state.kind === 'Exited' && found.state.exit.reason, 'ContainerStatusUnknown')
      assert.deepEqual(await next.start(wanted), { ok: true, value: found })
      assert.equal(existsSync(`${dir}/started`), false)
    })

    test('of an earlier boot of which the disk knows only that they were to start never do', async (t) => {
      const { dir, open, runtime } = await world(t, namespaces)
      await runtime.close()
      const wanted = config(['touch', `${dir}/started`])
      writeFileSync(`${dir}/pods/starts`, `boot earlier\n${wanted.key.podUid}/main.0\n`)
      const next = await open()
      const found = await next.start(wanted)
      assert.equal(found.ok && found.value.state.kind === 'Exited' && found.value.state.exit.exitCode, 137)
      assert.equal(existsSync(`${dir}/started`), false)
      await next.close()
      const [seen] = await (await open()).observe(wanted.key.podUid)
      assert.equal(seen?.state.kind === 'Exited' && seen.state.exit.reason, 'ContainerStatusUnknown')
    })

    test('asked for by a daemon that was killed at once run exactly once', async (t) => {
      const { dir, open, runtime } = await world(t, namespaces)
      await runtime.close()
      const uids = Array.from({ length: 30 }, (_, index) => `${prefix}k${index}`)
      await killedWhileStarting(dir, namespaces, uids)
      const next = await open()
      for (const uid of uids) {
        const key = { podUid: uid, container: 'main', attempt: 0 }
        const wanted = { ...config(['sh', '-c', `echo run >>${dir}/runs-${uid}`]), key }
        await next.observe(uid)
        const started = await next.start(wanted)
        assert.ok(started.ok)
        if (started.value.state.kind === 'Running') await exitOf(next, { key })
      }
      for (const uid of uids) assert.equal(readFileSync(`${dir}/runs-${uid}`, 'utf8'), 'run\n', uid)
    })
  })
}

/** A daemon of its own that asks for all the runs and is killed with SIGKILL as soon as it has. */
async function killedWhileStarting(dir: string, namespaces: string, uids: readonly string[]): Promise<void> {
  const source = `
    import { createProcessRuntime } from ${JSON.stringify(new URL('./process-runtime.ts', import.meta.url).href)}
    import { realClock } from ${JSON.stringify(new URL('../../../test/support/real-clock.ts', import.meta.url).href)}
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    const runtime = await createProcessRuntime({ dir: ${JSON.stringify(dir)}, version: '0', clock: realClock, log, hostEnv: process.env, namespaces: '${namespaces}' })
    for (const podUid of ${JSON.stringify(uids)}) {
      void runtime.start({ key: { podUid, container: 'main', attempt: 0 }, pod: { namespace: 'd', name: 'p', hostname: 'p' }, image: '',
        command: ['sh', '-c', 'echo run >>${dir}/runs-' + podUid], env: { PATH: process.env.PATH }, mounts: [], limits: {} })
    }
    setImmediate(() => process.kill(process.pid, 'SIGKILL'))
  `
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], { stdio: 'inherit' })
  await new Promise((resolve) => child.once('exit', resolve))
}

describe('files of the host where nothing can be mounted', () => {
  test('are written to by a container that should only read them where that is possible', async (t) => {
    const { runtime, dir } = await world(t, 'never')
    const wanted = config(['touch', `${dir}/file`], { hostFiles: 'ReadOnlyIfPossible' })
    assert.equal((await runToEnd(runtime, wanted)).exitCode, 0)
    assert.ok(existsSync(`${dir}/file`))
    assert.deepEqual(await runtime.hostFiles?.(), { isPossible: false, because: 'switched off' })
  })

  test('keep a container waiting that must not write to them', async (t) => {
    const { runtime } = await world(t, 'never')
    const started = await runtime.start(config(['true'], { hostFiles: 'ReadOnly' }))
    assert.match(
      started.ok ? '' : started.error.message,
      /^--host-files read-only needs a private mount namespace.*switched off/,
    )
  })
})

test('a program in the /tmp of the host is not there for a container that has its own, and it says so', {
  skip: unshare === undefined ? 'this host permits no namespaces' : false,
}, async (t) => {
  const { runtime } = await world(t, 'auto')
  const file = `/tmp/jobd-program-${process.pid}`
  writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 })
  t.after(() => rmSync(file))
  const { reason, message = '' } = await runToEnd(runtime, config([file], { hostFiles: 'ReadOnlyIfPossible' }))
  assert.deepEqual([reason, /of a container are its own; .* hostPath/.test(message)], ['StartError', true], message)
})

const root = process.getuid?.() === 0
describe('rights of a container', { skip: root && unshare !== undefined ? false : 'needs root and namespaces' }, () => {
  const status = 'grep -E "CapEff|NoNewPrivs" /proc/self/status'
  const cases: readonly (readonly [string, Partial<typeof noSecurity>, object, RegExp])[] = [
    ['all where nothing is said', {}, {}, /CapEff:\s+(?!0{16})\S+\nNoNewPrivs:\s+0\n$/],
    ['none where all are dropped', { dropCapabilities: ['ALL'] as never }, {}, /CapEff:\s+0{16}\n/],
    [
      'what is added to none',
      { dropCapabilities: ['ALL'] as never, addCapabilities: ['NET_BIND_SERVICE'] as never },
      {},
      /CapEff:\s+0{13}400\n/,
    ],
    ['all but what is dropped', { dropCapabilities: ['CAP_CHOWN'] as never }, {}, /CapEff:\s+[0-9a-f]{15}[02468ace]\n/],
    ['none to gain', { noNewPrivileges: true }, {}, /NoNewPrivs:\s+1\n$/],
    [
      'none for another user',
      { noNewPrivileges: true },
      { runAs: { uid: 1000 } },
      /CapEff:\s+0{16}\nNoNewPrivs:\s+1\n$/,
    ],
  ]
  for (const [sentence, own, more, expected] of cases) {
    test(`are ${sentence}`, async (t) => {
      const { runtime } = await world(t, 'auto')
      const wanted = config(['sh', '-c', status], { security: { ...noSecurity, ...own }, ...more })
      assert.match((await runToEnd(runtime, wanted)).log, expected)
    })
  }

  test('a capability that does not exist is refused by its name', async (t) => {
    const { runtime } = await world(t, 'auto')
    const wanted = config(['true'], { security: { ...noSecurity, addCapabilities: ['FLY'] } })
    const started = await runtime.start(wanted)
    assert.match(started.ok ? '' : started.error.message, /^unknown capability "FLY"/)
  })

  test('a read-only root keeps the files of the host from being written, and leaves volumes and the last word', async (t) => {
    const { runtime, dir } = await world(t, 'auto')
    const mounts = [{ source: dir, target: '/mnt/jobd-volume', readOnly: false }]
    const script = `touch ${dir}/no /tmp/no /run/no; touch /mnt/jobd-volume/yes && printf bye >/dev/termination-log`
    const wanted = config(['sh', '-c', script], { security: { ...noSecurity, readOnlyRoot: true }, mounts })
    const { log, exitCode } = await runToEnd(runtime, wanted)
    assert.equal(exitCode, 0)
    assert.equal(log.match(/Read-only file system/g)?.length, 3, log)
    assert.ok(existsSync(`${dir}/yes`))
    assert.equal(readFileSync(runtime.messagePath(wanted.key), 'utf8'), 'bye')
  })

  test('a mount of the host that a volume hides is no obstacle to a read-only root', async (t) => {
    const { runtime, dir } = await world(t, 'auto')
    for (const place of ['host/below', 'volume/below']) mkdirSync(`${dir}/${place}`, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', `${dir}/host/below`])
    const mounts = [{ source: `${dir}/volume`, target: `${dir}/host`, readOnly: true }]
    const script = `touch ${dir}/host/below/no ${dir}/no; grep -c ' ${dir}/host/below ' /proc/self/mountinfo`
    const wanted = config(['sh', '-c', script], { security: { ...noSecurity, readOnlyRoot: true }, mounts })
    const { log, exitCode } = await runToEnd(runtime, wanted).finally(() =>
      execFileSync('umount', [`${dir}/host/below`]),
    )
    assert.equal(exitCode, 0, log)
    assert.match(log, /(.*Read-only file system\n){2}1\n$/)
  })
})
