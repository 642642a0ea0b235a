/**
 * `npm run vm -- --kernel DIRECTORY [--rounds N] [--seed N]`: jobd in a virtual machine. First pods at their limits, under
 * control groups of version 2, as root and as a user with a group of his own; then power cuts. Ends with 1 at what is wrong.
 * The directory is that of an unpacked package `linux-image-…-cloud-amd64`; QEMU is `qemu-system-x86_64`.
 */
import { spawnSync } from 'node:child_process'
import { seededRandom } from '../sim/seeded-random.ts'
import { temporaryDirectory } from '../support/executable.ts'
import { readOptions } from '../support/options.ts'
import { kernelIn, type Machine, makeImage, startMachine } from './machine.ts'
import { makeDisk } from './volatile-disk.ts'

type Have = { readonly revision: number; readonly objects: readonly string[]; readonly starts: readonly string[] }

const LIMITS = 'node /jobd/test/vm/guest-limits.ts'
/** What systemd does for a service with `User=` and `Delegate=yes`. */
const AS_USER = `echo '+memory +cpu +pids' >/sys/fs/cgroup/cgroup.subtree_control; mkdir /sys/fs/cgroup/given; cd /sys/fs/cgroup/given; chown 1000:1000 . cgroup.procs cgroup.subtree_control
echo 0 >cgroup.procs; cd /; export HOME=/home/user
exec setpriv --reuid 1000 --regid 1000 --clear-groups ${LIMITS} /sys/fs/cgroup/given /home/user/jobd`

const values = readOptions({ kernel: { type: 'string' }, rounds: { type: 'string' }, seed: { type: 'string' } })
const [rounds, seed] = [Number(values.rounds ?? 5), Number(values.seed ?? 1)]
if (values.kernel === undefined || !Number.isInteger(rounds) || !Number.isInteger(seed) || rounds < 0) {
  console.error('--kernel is the directory of an unpacked package of a kernel; --rounds and --seed are whole numbers')
  process.exit(2)
}
if (spawnSync('qemu-system-x86_64', ['--version']).status !== 0) {
  console.error('there is no qemu-system-x86_64: install the package qemu-system-x86')
  process.exit(2)
}
const { path, dispose } = temporaryDirectory()
try {
  const parts = { kernel: kernelIn(values.kernel), image: makeImage(path, values.kernel) }
  await limits(await startMachine({ ...parts, disk: [] }))
  await powerCuts(parts)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  dispose()
}

async function limits(machine: Machine): Promise<void> {
  const users = [`${LIMITS} /sys/fs/cgroup /tmp/jobd`, AS_USER]
  const next = (): boolean => {
    const script = users.shift()
    if (script !== undefined) machine.start(`(${script}) || echo WRONG ended with $?`)
    return script !== undefined
  }
  next()
  for await (const line of machine.lines) {
    console.log(line)
    if (line.startsWith('WRONG')) process.exitCode = 1
    if ((line === 'DONE' || line.startsWith('WRONG ended')) && !next()) break
  }
  await machine.kill()
}

/** Throws with what was lost. */
async function powerCuts(parts: { readonly kernel: string; readonly image: string }): Promise<void> {
  const random = seededRandom(seed)
  const disk = makeDisk(path)
  const acknowledged = new Map<string, number>()
  for (let round = 0; round <= rounds; round++) {
    const machine = await startMachine({ ...parts, disk: disk.attach() })
    try {
      await hearRound(machine, { round, acknowledged, left: random.between(1, 150) })
    } finally {
      await machine.kill()
    }
    if (round < rounds) console.log(JSON.stringify({ round, acknowledged: acknowledged.size, ...disk.cut(random) }))
  }
  console.log(JSON.stringify({ seed, powerCuts: rounds, acknowledged: acknowledged.size, lost: 0, doubleStarts: 0 }))
}

type Round = { readonly round: number; readonly acknowledged: Map<string, number>; readonly left: number }

/** Until so many writes are acknowledged that the power goes, or in the last round until all Jobs have ended. */
async function hearRound(machine: Machine, { round, acknowledged, left }: Round): Promise<void> {
  const isLast = round === rounds
  machine.start(`node /jobd/test/vm/guest-load.ts ${round} ${isLast ? 'settle' : 'write'} || echo ENDED`)
  const other: string[] = []
  for await (const line of machine.lines) {
    const [word = '', name = '', revision] = line.split(' ')
    if (word === 'HAVE') judge(acknowledged, JSON.parse(line.slice(5)) as Have)
    else if (word === 'ACKNOWLEDGED') acknowledged.set(name, Number(revision))
    else if (word === 'SETTLED') {
      const starts = JSON.parse(line.slice(8)) as readonly string[]
      judgeStarts(starts)
      console.log(`${starts.length} containers have started`)
      return
    } else if (word === 'ENDED') break
    else other.push(line)
    if (word === 'ACKNOWLEDGED' && --left === 0) return
  }
  throw new Error(`seed ${seed}, round ${round}: the load ended: ${other.join('\n')}`)
}

function judge(acknowledged: ReadonlyMap<string, number>, { revision, objects, starts }: Have): void {
  const there = new Set(objects)
  const lost = [...acknowledged.keys()].filter((name) => !there.has(name))
  if (lost.length > 0) throw new Error(`seed ${seed}: lost ${lost.join()}`)
  const newest = Math.max(0, ...acknowledged.values())
  if (revision < newest) throw new Error(`seed ${seed}: resourceVersion went back from ${newest} to ${revision}`)
  judgeStarts(starts)
}

/** Lines `JOB POD`: a Job has one pod, which starts once. */
function judgeStarts(lines: readonly string[]): void {
  const jobs = lines.map((line) => line.split(' ')[0])
  const twice = lines.filter((_, index) => jobs.indexOf(jobs[index]) !== index)
  if (twice.length > 0) throw new Error(`seed ${seed}: started twice: ${twice.join()}`)
}
