/**
 * A systemd of a test's own as process 1 of its own namespaces: the programs are those of this machine, read-only; its
 * files, its units, its network and its control groups are its own. The machine's systemd, if it has one, sees nothing of it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { shellQuote } from '../../src/agent/process/shell-quote.ts'
import { root as checkout, type Ended, runProgram, temporaryDirectory } from './executable.ts'
import { appears } from './files.ts'

export type TestSystemd = {
  /** The directory that is `/` inside. */
  readonly root: string
  /** Runs a command of the shell inside, to its end. */
  readonly run: (script: string) => Promise<Ended>
  /** Ends everything in order and starts it again on the same files. */
  readonly reboot: () => Promise<void>
  /** Ends it, and removes its files and its control groups. */
  readonly stop: () => Promise<void>
}

const SYSTEMD = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd']

/** Why this machine cannot boot one; undefined when it looks as if it could. */
export function systemdMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  if (!SYSTEMD.some((path) => existsSync(path))) return 'needs systemd (package systemd)'
  for (const program of ['unshare', 'nsenter', 'setpriv', 'mount', 'ip', 'pivot_root', 'systemd-notify', 'systemctl'])
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `needs ${program} in PATH`
  const { status, stderr } = spawnSync(
    'unshare',
    ['--mount', '--pid', '--fork', '--cgroup', '--net', '--uts', '--ipc', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'],
    { encoding: 'utf8' },
  )
  if (status !== 0) return `needs namespaces and mounts: ${stderr.trim()}`
  const group = `jobd-test-${process.pid}-asks`
  try {
    for (const place of groupPlaces()) mkdirSync(`${place}/${group}`)
    return groupPlaces().length === 0 ? 'needs control groups' : undefined
  } catch {
    return 'needs control groups that it may make'
  } finally {
    for (const place of groupPlaces()) removeGroups(`${place}/${group}`)
  }
}

/** Where the trees of control groups are mounted: one in version 2, one for each controller in version 1. */
const groupMounts = (): readonly { readonly place: string; readonly type: string; readonly options: string }[] =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, place = '', type = '']) => /^cgroup2?$/.test(type) && place.startsWith('/sys/fs/cgroup'))
    .map(([, place = '', type = '', options = '']) => ({ place, type, options }))

const groupPlaces = (): readonly string[] => groupMounts().map(({ place }) => place)

/** Why it does not boot here, when that has ended or not come about within a minute; only then a text. */
export async function startSystemd(): Promise<TestSystemd | string> {
  const { path: dir, dispose } = temporaryDirectory()
  const root = `${dir}/root`
  const group = basename(dir)
  furnish(root)
  writeFileSync(`${dir}/boot`, bootScript(root, group))
  const remove = (): void => {
    for (const place of groupPlaces()) removeGroups(`${place}/${group}`)
    dispose()
  }
  const result = await boot(dir)
  if ('failure' in result) {
    remove()
    return result.failure
  }
  let booted = result
  return {
    root,
    run: (script) => inside(booted.first, script),
    reboot: async () => {
      await inside(booted.first, 'systemctl reboot')
      await booted.ended
      const again = await boot(dir)
      if ('failure' in again) throw new Error(again.failure)
      booted = again
    },
    stop: async () => {
      process.kill(Number(booted.first), 'SIGKILL')
      await booted.ended
      remove()
    },
  }
}

const inside = (first: string, script: string): Promise<Ended> =>
  runProgram('nsenter', [
    '--target',
    first,
    '--all',
    '--root',
    '--wd',
    'env',
    '-i',
    PATH,
    'HOME=/root',
    'sh',
    '-c',
    script,
  ])

const PATH = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'

/** Units that would reach what is the machine's own, or that nobody needs. */
const NOT_OURS = [
  ...['systemd-sysctl.service', 'systemd-modules-load.service', 'modprobe@.service', 'systemd-remount-fs.service'],
  ...['systemd-udevd.service', 'systemd-udev-trigger.service', 'sys-kernel-debug.mount', 'sys-kernel-tracing.mount'],
  ...['sys-kernel-config.mount', 'sys-fs-fuse-connections.mount', 'dev-hugepages.mount', 'getty.target'],
  ...['dbus.service', 'dbus.socket', 'systemd-logind.service', 'systemd-resolved.service', 'systemd-networkd.service'],
]

/** What a machine has besides its programs. */
function furnish(root: string): void {
  for (const name of [
    'etc/systemd/system',
    'var/tmp',
    'var/lib',
    'root',
    'tmp',
    'run',
    'proc',
    'sys',
    'dev',
    'old',
    'usr',
    'home',
  ])
    mkdirSync(`${root}/${name}`, { recursive: true })
  for (const name of readdirSync('/')) {
    // Of a system whose programs are all below /usr; others are mounted as they are.
    if (!/^(bin|sbin|lib\w*)$/.test(name)) continue
    const target = realpathSync(`/${name}`)
    if (target.startsWith('/usr/')) symlinkSync(target.slice(1), `${root}/${name}`)
    else mkdirSync(`${root}/${name}`)
  }
  for (const name of ['passwd', 'group', 'ld.so.cache', 'nsswitch.conf'])
    if (existsSync(`/etc/${name}`)) copyFileSync(`/etc/${name}`, `${root}/etc/${name}`)
  // Without one it is a first boot, which enables every service that this machine has.
  writeFileSync(`${root}/etc/machine-id`, `${'0123456789abcdef'.repeat(2)}\n`)
  writeFileSync(`${root}/etc/hostname`, 'jobd-test\n')
  const text = '[Unit]\nAfter=basic.target\n[Service]\nType=oneshot\nExecStart=/bin/touch /booted/yes\n'
  writeFileSync(`${root}/etc/systemd/system/booted.service`, text)
  for (const name of NOT_OURS) symlinkSync('/dev/null', `${root}/etc/systemd/system/${name}`)
  symlinkSync('/usr/lib/systemd/system/multi-user.target', `${root}/etc/systemd/system/default.target`)
  mkdirSync(`${root}/etc/systemd/system/multi-user.target.wants`)
  symlinkSync('../booted.service', `${root}/etc/systemd/system/multi-user.target.wants/booted.service`)
  for (const path of programs()) mkdirSync(`${root}${path}`, { recursive: true })
}

/** Directories of this machine that are there too: its programs, this checkout and the Node.js that runs it. */
function programs(): readonly string[] {
  const own = [
    checkout.replace(/\/$/, ''),
    realpathSync(`${checkout}/node_modules`),
    dirname(realpathSync(process.execPath)),
  ]
  const real = readdirSync('/').filter(
    (name) => /^(bin|sbin|lib\w*)$/.test(name) && realpathSync(`/${name}`) === `/${name}`,
  )
  const all = ['/usr', ...real.map((name) => `/${name}`), ...own]
  return all.filter((path) => !all.some((above) => above !== path && path.startsWith(`${above}/`)))
}

/**
 * The shell script that becomes `unshare`, whose only child becomes systemd: that one alone enters a group of its own in
 * each tree, so that the namespace of control groups begins there and, in version 2, nobody else is in it.
 */
function bootScript(root: string, group: string): string {
  const mounts = groupMounts()
  const enter = mounts.map(({ place }) => {
    const own = `${place}/${group}`
    // In version 1 a group takes no process before it knows its processors.
    const sets = ['cpuset.cpus', 'cpuset.mems'].map(
      (name) => `[ ! -e ${own}/${name} ] || cat ${place}/${name} >${own}/${name}`,
    )
    return [`mkdir -p ${own}`, ...sets, `echo 0 >${own}/cgroup.procs`].join('\n')
  })
  const again = mounts.map(({ place, type, options }) => {
    const kept = options
      .split(',')
      .filter((option) => type === 'cgroup' && !/^(rw|ro|nosuid|nodev|noexec|\w*atime)$/.test(option))
    const flags = kept.some((option) => option.startsWith('name=')) ? ['none', ...kept] : kept
    return `mkdir -p .${place}; mount -t ${type} ${flags.length === 0 ? '' : `-o ${flags.join(',')}`} ${type} .${place}`
  })
  const nested = mounts.some(({ place }) => place !== '/sys/fs/cgroup')
  const first = [
    'set -e',
    `mount --bind ${root} ${root}`,
    `cd ${root}`,
    ...programs().map((path) => `mount --rbind ${path} .${path}; mount -o remount,ro,bind .${path}`),
    'mount -t proc proc proc',
    'mount -t sysfs -o ro sysfs sys',
    ...(nested ? ['mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup'] : []),
    ...again,
    'mount -t tmpfs -o mode=755 tmpfs dev',
    'for device in null zero full random urandom tty; do : >dev/$device; mount --bind /dev/$device dev/$device; done',
    'mkdir dev/pts dev/shm',
    'mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts',
    'mount -t tmpfs -o mode=1777 tmpfs dev/shm',
    'ln -s pts/ptmx dev/ptmx; ln -s /proc/self/fd dev/fd; ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr',
    'mount -t tmpfs -o mode=755 tmpfs run',
    'hostname jobd-test',
    'ip link set lo up',
    'pivot_root . old',
    // Shared as on a machine: what is mounted in one place is seen in others, until somebody says otherwise.
    `exec env -i container=jobd-test ${PATH} chroot . sh -c 'umount -l /old; mount --make-rshared /; exec ${SYSTEMD.find((path) => existsSync(path))}'`,
  ]
  const unshare = 'exec unshare --mount --propagation private --pid --fork --kill-child --uts --ipc --net'
  const inGroups = ['set -e', ...enter, `exec unshare --cgroup sh -c ${shellQuote(first.join('\n'))}`]
  return `${unshare} sh -c ${shellQuote(inGroups.join('\n'))}`
}

/** `first` is process 1, by its number outside: `ended` when it and all others inside are gone. */
type Booted = { readonly first: string; readonly ended: Promise<unknown> }

/** Resolves when the units of a booted machine have started. */
async function boot(dir: string): Promise<Booted | { readonly failure: string }> {
  const booted = `${dir}/root/booted`
  rmSync(booted, { recursive: true, force: true })
  mkdirSync(booted)
  const patience = new AbortController()
  const isUp = appears(`${booted}/yes`, patience.signal)
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', `${dir}/boot`], { stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes.toString()))
  const ended = once(child, 'exit')
  const deadline = setTimeout(() => patience.abort(), LONGEST_BOOT)
  const late = once(patience.signal, 'abort')
  const how = await Promise.race([isUp.then(() => 'up'), ended.then(() => 'ended'), late.then(() => 'late')])
  clearTimeout(deadline)
  patience.abort()
  const first = childOf(child.pid ?? 0)
  if (how !== 'up') {
    if (first !== '') process.kill(Number(first), 'SIGKILL')
    await ended
    return { failure: `systemd does not boot here${how === 'late' ? ' within a minute' : ''}: ${said.join('').trim()}` }
  }
  return { first, ended }
}

const LONGEST_BOOT = 60_000

/** The only child of a process; empty when it has ended. */
function childOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Removes a control group and those below it, deepest first; it is no matter when there is none. */
function removeGroups(group: string): void {
  if (!existsSync(group)) return
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(`${group}/${entry.name}`)
  rmdirSync(group)
}
