/**
 * `npm run vm -- --kernel DIRECTORY`: jobd in a virtual machine. Pods at their limits, under control groups of version 2, as
 * root and as a user with a group of his own. Ends with 1 at what is wrong.
 * The directory is that of an unpacked package `linux-image-…-cloud-amd64`; QEMU is `qemu-system-x86_64`.
 */
import { spawnSync } from 'node:child_process'
import { temporaryDirectory } from '../support/executable.ts'
import { readOptions } from '../support/options.ts'
import { kernelIn, type Machine, makeImage, startMachine } from './machine.ts'

const LIMITS = 'node /jobd/test/vm/guest-limits.ts'
/** What systemd does for a service with `User=` and `Delegate=yes`. */
const AS_USER = `echo '+memory +cpu +pids' >/sys/fs/cgroup/cgroup.subtree_control; mkdir /sys/fs/cgroup/given; cd /sys/fs/cgroup/given; chown 1000:1000 . cgroup.procs cgroup.subtree_control
echo 0 >cgroup.procs; cd /; export HOME=/home/user
exec setpriv --reuid 1000 --regid 1000 --clear-groups ${LIMITS} /sys/fs/cgroup/given /home/user/jobd`

const { kernel } = readOptions({ kernel: { type: 'string' } })
if (kernel === undefined) {
  console.error('--kernel is the directory of an unpacked package of a kernel')
  process.exit(2)
}
if (spawnSync('qemu-system-x86_64', ['--version']).status !== 0) {
  console.error('there is no qemu-system-x86_64: install the package qemu-system-x86')
  process.exit(2)
}
const { path, dispose } = temporaryDirectory()
try {
  await limits(await startMachine({ kernel: kernelIn(kernel), image: makeImage(path) }))
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
