/** What every runtime must do with containers, as tests. A runtime passes a factory for a world of its own. */
import assert from 'node:assert/strict'
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type {
  ContainerConfig,
  ContainerInput,
  ExecEnd,
  Exit,
  Observed,
  PodSandbox,
  Runtime,
} from '../../src/agent/runtime/index.ts'
import { whenFiles, whenProcesses } from '../support/files.ts'

/** The directory of programs that scenarios run. */
export const programs = new URL('../fixtures/programs/', import.meta.url).pathname

export type RuntimeWorld = {
  readonly runtime: Runtime
  /** A directory that containers see under the same path. */
  readonly dir: string
  /** Opens the runtime again on the same files, once the last one was closed. */
  readonly open: () => Promise<Runtime>
  /** How many processes of the containers of this world run. */
  readonly processes: () => number
  /** What containers of this runtime need in any case: an image, PATH, the directory of programs. */
  readonly base: Pick<ContainerConfig, 'image' | 'env' | 'mounts'>
}

export type RuntimeContract = {
  readonly name: string
  readonly skip: string | false
  readonly open: (t: TestContext) => Promise<RuntimeWorld>
  /** Why something cannot be tried here. */
  readonly missing?: {
    readonly memory?: string
    readonly mounts?: string
    readonly memoryVolumes?: string
    readonly users?: string
    readonly input?: string
    readonly terminal?: string
  }
}

type Scenario = (name: string, body: (world: World) => Promise<void>, skip?: string) => void
type World = RuntimeWorld & {
  readonly config: (command: readonly string[], more?: Partial<ContainerConfig>) => ContainerConfig
}

let serial = 0

export function runRuntimeContract({ name, skip, open, missing = {} }: RuntimeContract): void {
  describe(`${name}: the contract of a runtime`, { skip }, () => {
    const scenario: Scenario = (sentence, body, skipped) => {
      test(sentence, { skip: skipped ?? false }, async (t) => {
        const world = await open(t)
        await body({ ...world, config: (command, more) => configOf(world, command, more) })
      })
    }
    ends(scenario, missing)
    inputs(scenario, missing)
    signals(scenario)
    survival(scenario)
    commands(scenario, missing)
    standardInputs(scenario, missing)
    shells(scenario, missing)
    limits(scenario, missing)
  })
}

function configOf(
  { base }: RuntimeWorld,
  command: readonly string[],
  more: Partial<ContainerConfig> = {},
): ContainerConfig {
  serial += 1
  const mounts = [...base.mounts, ...(more.mounts ?? [])]
  return {
    key: { podUid: `t${process.pid}-${serial}`, container: 'main', attempt: 0 },
    pod: { namespace: 'default', name: 'p', hostname: 'p' },
    command,
    limits: {},
    ...base,
    ...more,
    mounts,
  }
}

const sandboxOf = ({ key, pod }: ContainerConfig): PodSandbox => ({
  ...pod,
  podUid: key.podUid,
  dns: { nameservers: [], searches: undefined, options: [] },
  hostAliases: [],
  peers: [],
  names: [],
  isSingle: true,
  network: 'Pod',
  ipc: 'Pod',
  processes: 'Container',
})

async function start(runtime: Runtime, wanted: ContainerConfig): Promise<Observed> {
  const prepared = await runtime.preparePod(sandboxOf(wanted))
  assert.ok(prepared.ok)
  const started = await runtime.start(wanted)
  assert.ok(started.ok, started.ok ? '' : started.error.message)
  return started.value
}

/** Fulfilled with the end of a run. */
const endOf = (runtime: Runtime, { key }: Pick<ContainerConfig, 'key'>): Promise<Exit> =>
  new Promise((resolve) => {
    const silence = runtime.onChange(({ key: other, state }) => {
      if (other.podUid !== key.podUid || state.kind !== 'Exited') return
      silence()
      resolve(state.exit)
    })
  })

/** The end of a run that may have ended before this runtime was opened. */
export async function exitOf(runtime: Runtime, wanted: Pick<ContainerConfig, 'key'>): Promise<Exit> {
  const ended = endOf(runtime, wanted)
  const [found] = await runtime.observe(wanted.key.podUid)
  return found?.state.kind === 'Exited' ? found.state.exit : ended
}

const logOf = (runtime: Runtime, { key }: ContainerConfig): string =>
  existsSync(runtime.logPath(key)) ? readFileSync(runtime.logPath(key), 'utf8') : ''

async function run(runtime: Runtime, wanted: ContainerConfig): Promise<Exit & { readonly log: string }> {
  const ended = endOf(runtime, wanted)
  const { state } = await start(runtime, wanted)
  const exit = state.kind === 'Exited' ? state.exit : await ended
  return { ...exit, log: logOf(runtime, wanted) }
}

/** What a process has mounted; nothing for one that has ended. */
function mountsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
  } catch {
    return ''
  }
}

const said = (runtime: Runtime, wanted: ContainerConfig, text: string): Promise<void> =>
  whenFiles(dirname(runtime.logPath(wanted.key)), () => logOf(runtime, wanted).includes(text))

/** What a container has that asks for nothing. */
export const noSecurity: NonNullable<ContainerConfig['security']> = {
  privileged: false,
  readOnlyRoot: false,
  noNewPrivileges: false,
  addCapabilities: [],
  dropCapabilities: [],
  isUnconfined: false,
}

type Missing = NonNullable<RuntimeContract['missing']>

function ends(scenario: Scenario, missing: Missing): void {
  scenario('that a run has begun is told as its end is', async ({ runtime, config }) => {
    const wanted = config(['sleep', '1000'])
    const seen: string[] = []
    const over = new Promise<void>((resolve) => {
      runtime.onChange(({ key, state }) => {
        if (key.podUid !== wanted.key.podUid) return
        seen.push(state.kind)
        if (state.kind === 'Exited') resolve()
      })
    })
    await start(runtime, wanted)
    await runtime.signal(wanted.key, 'SIGKILL')
    await over
    assert.deepEqual(seen, ['Running', 'Exited'])
  })

  scenario('a run ends as its command ends, and its log holds what it said', async ({ runtime, config }) => {
    const cases: readonly (readonly [readonly string[], number, Exit['reason'], readonly string[]])[] = [
      [['true'], 0, 'Completed', []],
      [['sh', '-c', 'echo out; echo err >&2; exit 7'], 7, 'Error', ['err', 'out']],
      [['sh', '-c', 'exit 126'], 126, 'Error', []],
      [['sh', '-c', 'exit 127'], 127, 'Error', []],
      [['sh', '-c', 'cat; printf end'], 0, 'Completed', ['end']],
    ]
    for (const [command, exitCode, reason, lines] of cases) {
      const exit = await run(runtime, config(command))
      const log = exit.log.split('\n').filter(Boolean).sort()
      assert.deepEqual({ exitCode: exit.exitCode, reason: exit.reason, log }, { exitCode, reason, log: lines })
      assert.ok(exit.startedAt <= exit.finishedAt)
    }
  })

  scenario(
    'a command that cannot be executed has ended with StartError, which names it',
    async ({ runtime, config }) => {
      for (const program of ['no-such-program', '/no/such/program']) {
        const exit = await run(runtime, config([program]))
        assert.deepEqual([exit.exitCode, exit.reason, exit.log], [128, 'StartError', ''])
        assert.ok(exit.message?.includes(`"${program}"`), String(exit.message))
      }
    },
  )

  scenario('a run leaves nobody behind when it ends by itself', async ({ runtime, config, processes }) => {
    const exit = await run(runtime, config([`${programs}leave-behind.sh`]))
    assert.equal(exit.exitCode, 3)
    await whenProcesses(() => processes() === 0)
  })

  scenario(
    'the last word of a program is in its file',
    async ({ runtime, config }) => {
      const wanted = config(['sh', '-c', 'printf bye >/dev/termination-log'], {
        terminationMessagePath: '/dev/termination-log',
      })
      assert.equal((await run(runtime, wanted)).exitCode, 0)
      assert.equal(readFileSync(runtime.messagePath(wanted.key), 'utf8'), 'bye')
    },
    missing.mounts,
  )

  scenario('every byte of a large output is in the log', async ({ runtime, config }) => {
    const { log } = await run(runtime, config(['sh', '-c', 'seq 1 200000']))
    assert.equal(log, Array.from({ length: 200_000 }, (_, i) => `${i + 1}\n`).join(''))
  })
}

function inputs(scenario: Scenario, missing: Missing): void {
  scenario('a program gets any text as arguments', async ({ runtime, config }) => {
    const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => value.replaceAll('\0', ''))
    const property = fc.asyncProperty(fc.array(text, { maxLength: 6 }), async (words) => {
      const { log, exitCode } = await run(runtime, config([`${programs}print-argv.sh`, ...words]))
      assert.equal(exitCode, 0)
      const clean = words.map((word) => Buffer.from(word).toString())
      assert.deepEqual(log.split('\0').slice(0, -1), clean)
    })
    await fc.assert(property, { numRuns: 5, examples: [[["'", '\n', '\x81\x88', '-n', '$(id)', '\\']]] })
  })

  scenario('a program gets its environment and directory', async ({ runtime, config, base, dir }) => {
    const env = { ...base.env, QUOTES: `a'b"c\\d$(id)\`e\``, 'with.dots': 'and\nnewlines\n', EMPTY: '' }
    const { log } = await run(runtime, config(['cat', '/proc/self/environ'], { env }))
    const seen = new Map(
      log.split('\0').map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    )
    for (const [name, value] of Object.entries(env)) assert.equal(seen.get(name), value, name)
    assert.equal((await run(runtime, config(['readlink', '/proc/self/cwd'], { workingDir: dir }))).log, `${dir}\n`)
  })

  scenario(
    'volumes are where they are mounted, and kept from writing where asked to',
    async ({ runtime, config, dir }) => {
      mkdirSync(`${dir}/volume`)
      writeFileSync(`${dir}/volume/file`, 'content')
      const mount = (readOnly: boolean) => ({ source: `${dir}/volume`, target: '/mnt/volume', readOnly })
      const read = config(['sh', '-c', 'cat /mnt/volume/file; ! touch /mnt/volume/new 2>/dev/null'], {
        mounts: [mount(true)],
      })
      const first = await run(runtime, read)
      assert.deepEqual([first.log, first.exitCode], ['content', 0])
      const write = config(['sh', '-c', 'printf more >>/mnt/volume/file'], { mounts: [mount(false)] })
      assert.equal((await run(runtime, write)).exitCode, 0)
      assert.equal(readFileSync(`${dir}/volume/file`, 'utf8'), 'contentmore')
    },
    missing.mounts,
  )

  scenario(
    'a volume in memory holds what it may, for all runs of its pod, and goes with it',
    async ({ runtime, config, open }) => {
      const podUid = config([]).key.podUid
      const volume = { podUid, volume: 'v', bytes: 1 << 20 }
      const path = (await runtime.memoryVolume?.(volume)) ?? ''
      const mounts = [{ source: path, target: '/mnt/memory', readOnly: false }]
      const attempt = async (on: Runtime, container: string, script: string) => {
        const wanted = config(['sh', '-c', script], { mounts, key: { podUid, container, attempt: 0 } })
        const { log, exitCode } = await run(on, wanted)
        return { log, exitCode }
      }
      const fill = 'cd /mnt/memory && echo first >file && ! head -c 2000000 /dev/zero 2>&1 >large'
      assert.equal((await attempt(runtime, 'one', fill)).exitCode, 0)
      // Another pod's run must not hold on to the memory.
      const other = config(['sleep', '1000'])
      await start(runtime, other)
      await runtime.close()
      const next = await open()
      assert.ok((await next.podUids()).includes(podUid))
      assert.equal(await next.memoryVolume?.(volume), path)
      assert.deepEqual(await attempt(next, 'two', 'cat /mnt/memory/file'), { log: 'first\n', exitCode: 0 })
      const lines = mountsOf('self').split('\n')
      const device = lines.find((line) => line.includes(` ${path} `))?.split(' ')[2]
      assert.match(device ?? '', /^0:\d+$/)
      // While it is open, the kernel gives the number of its device to no other mount of this host.
      const hold = openSync(path, 'r')
      try {
        await next.remove(podUid)
        assert.equal(existsSync(path), false)
        const holders = readdirSync('/proc').filter((pid) => mountsOf(pid).includes(` ${device} `))
        assert.deepEqual(holders, [], 'nobody has it mounted any more')
      } finally {
        closeSync(hold)
      }
      await next.remove(other.key.podUid)
    },
    missing.memoryVolumes,
  )

  scenario(
    'a program runs as the user that it is to be',
    async ({ runtime, config }) => {
      const wanted = config(['sh', '-c', 'id -u; id -g; id -G'], { runAs: { uid: 1234, gid: 2345, groups: [3456] } })
      const lines = (await run(runtime, wanted)).log.split('\n')
      assert.deepEqual(lines.slice(0, 2), ['1234', '2345'])
      assert.ok(lines[2]?.split(' ').includes('3456'), String(lines[2]))
    },
    missing.users,
  )

  scenario(
    'the last word of another user, and of one without rights, is in its file too',
    async ({ runtime, config }) => {
      for (const terminationMessagePath of ['/dev/termination-log', '/last-word']) {
        for (const identity of [
          { runAs: { uid: 1234, gid: 2345 } },
          { security: { ...noSecurity, dropCapabilities: ['ALL'] } },
        ]) {
          const script = `printf bye >${terminationMessagePath}`
          const wanted = config(['sh', '-c', script], { ...identity, terminationMessagePath })
          assert.equal((await run(runtime, wanted)).exitCode, 0)
          assert.equal(readFileSync(runtime.messagePath(wanted.key), 'utf8'), 'bye')
        }
      }
    },
    missing.users ?? missing.mounts,
  )
}

function signals(scenario: Scenario): void {
  scenario('a program ends its own way when asked to', async ({ runtime, config }) => {
    const wanted = config([`${programs}end-on-term.sh`])
    const ended = endOf(runtime, wanted)
    await start(runtime, wanted)
    await said(runtime, wanted, 'ready')
    await runtime.signal(wanted.key, 'SIGTERM')
    assert.equal((await ended).exitCode, 42)
    assert.match(logOf(runtime, wanted), /asked/)
  })

  scenario('a killed run dies with every descendant', async ({ runtime, config, processes }) => {
    const wanted = config([`${programs}fork-away.sh`])
    const ended = endOf(runtime, wanted)
    await start(runtime, wanted)
    await said(runtime, wanted, 'forked')
    await whenProcesses(() => processes() >= 4)
    await runtime.signal(wanted.key, 'SIGKILL')
    assert.equal((await ended).exitCode, 137)
    await whenProcesses(() => processes() === 0)
  })

  scenario('a program that is deaf to SIGTERM dies by SIGKILL', async ({ runtime, config, processes }) => {
    const wanted = config([`${programs}ignore-term.sh`])
    const ended = endOf(runtime, wanted)
    await start(runtime, wanted)
    await said(runtime, wanted, 'deaf')
    await runtime.signal(wanted.key, 'SIGTERM')
    assert.ok(processes() > 0)
    await runtime.signal(wanted.key, 'SIGKILL')
    assert.equal((await ended).exitCode, 137)
  })

  scenario(
    'a program hears what it sends to its whole group, SIGINT and SIGQUIT too, and nobody else does',
    async (w) => {
      const other = w.config(['sleep', '1000'])
      await start(w.runtime, other)
      const sent = ['TERM', 'INT', 'QUIT', 'HUP']
      const sends = sent.map((signal) => `trap "echo ${signal}" ${signal}; kill -${signal} 0`).join('; ')
      const { exitCode, log } = await run(w.runtime, w.config(['sh', '-c', `${sends}; exit 7`]))
      assert.deepEqual([log, exitCode], [sent.map((signal) => `${signal}\n`).join(''), 7])
      assert.equal((await w.runtime.observe(other.key.podUid))[0]?.state.kind, 'Running')
      assert.equal((await run(w.runtime, w.config(['true']))).exitCode, 0)
    },
  )

  scenario('signals to what is not there are no error', async ({ runtime }) => {
    await runtime.signal({ podUid: 'nobody', container: 'main', attempt: 0 }, 'SIGTERM')
    await runtime.remove('nobody')
    assert.deepEqual(await runtime.observe('nobody'), [])
  })
}

function survival(scenario: Scenario): void {
  scenario('a run starts once however often it is asked for', async ({ runtime, config, dir }) => {
    const wanted = config([`${programs}append-once.sh`, `${dir}/runs`, `${dir}/go`])
    const ended = endOf(runtime, wanted)
    await Promise.all([start(runtime, wanted), start(runtime, wanted), start(runtime, wanted)])
    appendFileSync(`${dir}/go`, '')
    assert.equal((await ended).exitCode, 0)
    await start(runtime, wanted)
    assert.equal(readFileSync(`${dir}/runs`, 'utf8'), 'run\n')
  })

  scenario(
    'a run goes on without the daemon and is found again, with its whole log',
    async ({ runtime, config, dir, open }) => {
      const wanted = config([`${programs}append-once.sh`, `${dir}/runs`, `${dir}/go`])
      const before = await start(runtime, wanted)
      await said(runtime, wanted, 'started')
      await runtime.close()
      const next = await open()
      assert.deepEqual(await next.podUids(), [wanted.key.podUid])
      const [found] = await next.observe(wanted.key.podUid)
      assert.deepEqual(found, before)
      const ended = endOf(next, wanted)
      writeFileSync(`${dir}/go`, '')
      assert.equal((await ended).exitCode, 0)
      assert.equal(logOf(next, wanted), 'started\ndone\n')
      assert.equal((await start(next, wanted)).state.kind, 'Exited')
      assert.equal(readFileSync(`${dir}/runs`, 'utf8'), 'run\n')
    },
  )

  scenario(
    'a run that ends while no daemon looks is judged by what it left',
    async ({ runtime, config, dir, open, processes }) => {
      const wanted = config(['sh', '-c', `until [ -e ${dir}/go ]; do sleep 0.02; done; echo late; exit 9`])
      await start(runtime, wanted)
      await runtime.close()
      writeFileSync(`${dir}/go`, '')
      await whenProcesses(() => processes() === 0)
      const next = await open()
      assert.equal((await exitOf(next, wanted)).exitCode, 9)
      assert.equal(logOf(next, wanted), 'late\n')
    },
  )

  scenario(
    'a removed pod is gone with its files, a released one leaves its log',
    async ({ runtime, config, processes }) => {
      const removed = config([`${programs}ignore-term.sh`])
      await start(runtime, removed)
      await runtime.remove(removed.key.podUid)
      await whenProcesses(() => processes() === 0)
      assert.equal(existsSync(runtime.logPath(removed.key)), false)
      const released = config(['echo', 'kept'])
      await run(runtime, released)
      await runtime.release(released.key.podUid)
      assert.equal(logOf(runtime, released), 'kept\n')
      await runtime.remove(released.key.podUid)
      assert.equal(existsSync(runtime.logPath(released.key)), false)
      assert.deepEqual(await runtime.podUids(), [])
    },
  )

  scenario('a run that no status shows any more goes with its log', async ({ runtime, config }) => {
    const first = config(['echo', 'first'])
    await run(runtime, first)
    const second = { ...first, key: { ...first.key, attempt: 1 }, command: ['echo', 'second'] }
    await run(runtime, second)
    await runtime.removeRun(first.key)
    assert.equal(existsSync(runtime.logPath(first.key)), false)
    assert.equal(logOf(runtime, second), 'second\n')
    assert.deepEqual(
      (await runtime.observe(first.key.podUid)).map(({ key }) => key.attempt),
      [1],
    )
  })
}

function commands(scenario: Scenario, missing: Missing): void {
  const exec = async (runtime: Runtime, wanted: ContainerConfig, command: readonly string[], input?: string) => {
    const output = { out: '', err: '' }
    const end = await new Promise<ExecEnd>((resolve, reject) => {
      const take = (name: 'out' | 'err') => (bytes: Uint8Array) => {
        output[name] += Buffer.from(bytes).toString()
        return true
      }
      const spec = { command, stdin: input !== undefined, tty: false }
      void runtime.exec(wanted.key, spec, { stdout: take('out'), stderr: take('err'), end: resolve }).then((handle) => {
        if (!handle.ok) return reject(new Error(handle.error))
        if (input !== undefined) handle.value.write(Buffer.from(input), () => {})
        handle.value.endStdin()
      })
    })
    return { ...output, end }
  }

  scenario('a command in a running container has its own input, outputs and exit code', async ({ runtime, config }) => {
    const wanted = config(['sh', '-c', 'echo up; exec sleep 1000'], { env: { PATH: '/bin:/usr/bin', OWN: 'value' } })
    await start(runtime, wanted)
    await said(runtime, wanted, 'up')
    assert.deepEqual(await exec(runtime, wanted, ['sh', '-c', 'echo "$OWN"; echo err >&2; exit 5']), {
      out: 'value\n',
      err: 'err\n',
      end: { kind: 'Exited', exitCode: 5 },
    })
    const killed = await exec(runtime, wanted, ['sh', '-c', 'kill -USR1 $$'])
    assert.deepEqual(killed.end, { kind: 'Exited', exitCode: 128 + constants.signals.SIGUSR1 })
    const long = 'x'.repeat(300_000)
    assert.equal((await exec(runtime, wanted, ['cat'], long)).out, long)
    const other = { ...wanted, key: { ...wanted.key, attempt: 7 } }
    await assert.rejects(exec(runtime, other, ['true']), /not running/)
  })

  scenario(
    'a command in a container is who its program is, with no more rights',
    async ({ runtime, config }) => {
      const security = { ...noSecurity, noNewPrivileges: true, dropCapabilities: ['ALL'] }
      const look = 'id -u; id -g; id -G; grep -E "^(CapBnd|NoNewPrivs):" /proc/self/status'
      for (const runAs of [undefined, { uid: 1234, gid: 2345, groups: [3456] }]) {
        const wanted = config(['sh', '-c', `${look}; echo up; exec sleep 1000`], { security, runAs })
        await start(runtime, wanted)
        await said(runtime, wanted, 'up')
        const { out } = await exec(runtime, wanted, ['sh', '-c', look])
        assert.equal(`${out}up\n`, logOf(runtime, wanted))
        assert.match(out, /CapBnd:\s+0+\nNoNewPrivs:\s+1\n/)
      }
    },
    missing.users,
  )

  scenario('a command that is closed ends with what it has started', async ({ runtime, config, processes }) => {
    const wanted = config(['sh', '-c', 'echo up; exec sleep 1000'])
    await start(runtime, wanted)
    await said(runtime, wanted, 'up')
    const before = processes()
    const spec = { command: ['sleep', '2000'], stdin: false, tty: false }
    const quiet = { stdout: () => true, stderr: () => true, end: () => {} }
    const handle = await runtime.exec(wanted.key, spec, quiet)
    assert.ok(handle.ok)
    await whenProcesses(() => processes() > before)
    handle.value.close()
    await whenProcesses(() => processes() === before)
  })
}

async function inputOf(runtime: Runtime, { key }: ContainerConfig): Promise<ContainerInput> {
  const input = await runtime.openInput(key)
  assert.ok(input !== undefined, 'the container has an input')
  return input
}

const type = (input: ContainerInput, text: string): Promise<void> =>
  new Promise((resolve) => input.write(Buffer.from(text), resolve))

function standardInputs(scenario: Scenario, missing: Missing): void {
  scenario(
    'an input stays open when clients and the daemon go',
    async ({ runtime, config, open }) => {
      const wanted = config(['sh', '-c', 'while read line; do echo "got $line"; done; echo over'], { stdin: true })
      await start(runtime, wanted)
      for (const text of ['one', 'two']) {
        const input = await inputOf(runtime, wanted)
        await type(input, `${text}\n`)
        await said(runtime, wanted, `got ${text}`)
        input.endStdin()
        input.close()
      }
      await runtime.close()
      const next = await open()
      assert.equal((await next.observe(wanted.key.podUid))[0]?.state.kind, 'Running')
      await type(await inputOf(next, wanted), 'three\n')
      await said(next, wanted, 'got three')
      assert.equal(logOf(next, wanted), 'got one\ngot two\ngot three\n')
    },
    missing.input,
  )

  scenario(
    'an input for one client ends when that one has gone',
    async ({ runtime, config }) => {
      const long = 'x'.repeat(300_000)
      for (const leave of ['endStdin', 'close'] as const) {
        const wanted = config(['sh', '-c', 'cat; echo end'], { stdin: true, stdinOnce: true })
        const ended = endOf(runtime, wanted)
        await start(runtime, wanted)
        const input = await inputOf(runtime, wanted)
        await type(input, long)
        input[leave]()
        assert.equal((await ended).exitCode, 0)
        assert.equal(logOf(runtime, wanted), `${long}end\n`)
        assert.equal(await runtime.openInput(wanted.key), undefined)
      }
    },
    missing.input,
  )

  scenario('a container that asks for no input has none', async ({ runtime, config }) => {
    const wanted = config(['sh', '-c', 'cat; echo up; exec sleep 1000'])
    await start(runtime, wanted)
    await said(runtime, wanted, 'up')
    assert.equal(await runtime.openInput(wanted.key), undefined)
  })

  scenario(
    'a terminal is one, takes input and signals, and has the size of the client',
    async ({ runtime, config }) => {
      const program = `trap 'echo asked; exit 42' TERM
        [ -t 0 ] && [ -t 1 ] && echo "a terminal"; read line; echo "got $line"
        until [ "$(stty size)" = '40 101' ]; do sleep 0.05; done; echo "sized '$0' $OWN"; while :; do sleep 0.05; done`
      const env = { PATH: '/bin:/usr/bin', OWN: "o'w n", SHELL: '/no/such/shell' }
      const wanted = config(['sh', '-c', program, "it's me"], { stdin: true, tty: true, env })
      const ended = endOf(runtime, wanted)
      await start(runtime, wanted)
      await said(runtime, wanted, 'a terminal')
      const input = await inputOf(runtime, wanted)
      await type(input, 'hello\n')
      await said(runtime, wanted, 'got hello')
      input.resize({ width: 101, height: 40 })
      await said(runtime, wanted, `sized 'it's me' o'w n`)
      await runtime.signal(wanted.key, 'SIGTERM')
      assert.deepEqual([(await ended).exitCode, logOf(runtime, wanted).includes('asked')], [42, true])
    },
    missing.terminal,
  )
}

function shells(scenario: Scenario, missing: Missing): void {
  scenario(
    'a shell in a terminal ends as it says, resized, whatever shell the container names',
    async ({ runtime, config }) => {
      const env = { PATH: '/bin:/usr/bin', OWN: 'value', SHELL: '/no/such/shell' }
      const wanted = config(['sh', '-c', 'echo up; exec sleep 1000'], { env })
      await start(runtime, wanted)
      await said(runtime, wanted, 'up')
      const ends = Promise.withResolvers<ExecEnd>()
      const prompts = Promise.withResolvers<void>()
      let out = ''
      const stdout = (bytes: Uint8Array) => {
        out += Buffer.from(bytes).toString()
        // Some ask the terminal something behind it.
        if (/[#$] /.test(out)) prompts.resolve()
        return true
      }
      const spec = { command: ['sh'], stdin: true, tty: true }
      const handle = await runtime.exec(wanted.key, spec, { stdout, stderr: () => true, end: ends.resolve })
      assert.ok(handle.ok)
      await prompts.promise
      handle.value.resize({ width: 101, height: 40 })
      const script = 'until [ "$(stty size)" = "40 101" ]; do sleep 0.05; done; echo "$OWN $SHELL $((6 * 7))"; exit 3\r'
      handle.value.write(Buffer.from(script), () => {})
      assert.deepEqual(await ends.promise, { kind: 'Exited', exitCode: 3 }, out)
      assert.match(out, /^value \/no\/such\/shell 42\r?$/m)
      assert.doesNotMatch(out, /tty process group|job control/)
    },
    missing.terminal,
  )
}

function limits(scenario: Scenario, missing: Missing): void {
  scenario(
    'a program that wants more memory than it may have is OOMKilled',
    async ({ runtime, config }) => {
      const wanted = config(['sh', '-c', 'head -c 200000000 /dev/zero | tail | wc -c; exit 137'], {
        limits: { memoryBytes: 32 * 1024 * 1024 },
      })
      const { exitCode, reason } = await run(runtime, wanted)
      assert.deepEqual([exitCode, reason], [137, 'OOMKilled'])
    },
    missing.memory,
  )

  scenario('a fork bomb is held at its limit, and the pod is told of it', async ({ runtime, config, processes }) => {
    const most = 40
    // Bounded on its own: no more than a few hundred are ever tried at once.
    const bomb = 'bomb() { sleep 1000 & [ "$1" = 0 ] || { bomb $(($1 - 1)) & bomb $(($1 - 1)) & }; wait; }; bomb 7'
    // The first process forks once, while it may: one that is refused ends, and the container with it before anybody has looked.
    const wanted = config(['sh', '-c', `${bomb} & wait; exec sleep 1000`], { limits: { pids: most } })
    const other = config(['sh', '-c', 'sleep 0.5; echo unharmed'])
    const told = new Promise<string>((resolve) => {
      const silence = runtime.onChange(({ key, trouble }) => {
        if (key.podUid !== wanted.key.podUid || trouble === undefined) return
        silence()
        resolve(trouble)
      })
    })
    await start(runtime, wanted)
    assert.equal((await run(runtime, other)).log, 'unharmed\n')
    if (runtime.limiting().pids === 'kernel') assert.ok(processes() <= most, String(processes()))
    // Where the kernel does not hold it, a watchdog kills it, and its end tells why.
    if (runtime.limiting().pids !== 'nobody') assert.match(await told, /40.*--pod-pids-limit/)
    await runtime.signal(wanted.key, 'SIGKILL')
    await whenProcesses(() => processes() === 0)
  })
}
