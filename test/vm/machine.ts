/**
 * A virtual machine with a kernel of its own: the programs are those of this machine, in a file system that is made for it;
 * control groups are those of version 2 alone. It is asked by its second serial line, and may say lines there by itself.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { root as checkout } from '../support/executable.ts'

export type Machine = {
  /** Starts a command of the shell. */
  readonly start: (script: string) => void
  /** What it says, line by line; ends with the machine. */
  readonly lines: AsyncIterableIterator<string>
  /** As when the power goes. */
  readonly kill: () => Promise<void>
}

const PROGRAMS = [
  'busybox sh mount umount unshare setpriv nsenter setsid script env cat ls mkdir rmdir ln chmod chown rm head tr seq sleep',
  'date sync stty base64 cut readlink hostname ip',
].flatMap((names) => names.split(' '))

const INIT = `#!/bin/sh
export PATH=/usr/bin HOME=/root
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm; mount -t devpts devpts /dev/pts
for place in /dev/shm /run /tmp /var/tmp /home; do mount -t tmpfs tmpfs $place; done
mkdir -p /home/user; chown 1000:1000 /home/user; chmod 1777 /tmp /var/tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
hostname machine; ip link set lo up
stty -F /dev/ttyS1 raw -echo
exec </dev/ttyS1 >/dev/ttyS1
echo READY
count=0
while IFS= read -r line; do
  # A file each: a shell reads on in its own for as long as it runs.
  count=$((count + 1))
  echo "$line" | base64 -d >/run/command.$count
  # Node.js resets a terminal when it ends, which empties what the line has received.
  { sh /run/command.$count 2>&1 </dev/null | cat; } &
done
`

/** Makes the file system that machines start from; its size does not matter, it is read only. */
export function makeImage(directory: string): string {
  const [tree, image] = [join(directory, 'root'), join(directory, 'root.img')]
  const places = 'proc sys dev tmp run etc root home mnt opt var/tmp usr/bin'
  for (const name of places.split(' ')) mkdirSync(join(tree, name), { recursive: true })
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    mkdirSync(join(tree, 'usr', name), { recursive: true })
    symlinkSync(`usr/${name}`, join(tree, name))
  }
  symlinkSync('../run', join(tree, 'var/run'))
  for (const name of PROGRAMS) addProgram(tree, output('sh', '-c', `command -v ${name}`), name)
  addProgram(tree, process.execPath, 'node')
  for (const name of ['bin', 'dist', 'src', 'test', 'package.json', 'node_modules/yaml'])
    cpSync(join(checkout, name), join(tree, 'jobd', name), { recursive: true, dereference: true })
  writeFileSync(join(tree, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n')
  writeFileSync(join(tree, 'etc/group'), 'root:x:0:\nuser:x:1000:\n')
  writeFileSync(join(tree, 'init'), INIT)
  chmodSync(join(tree, 'init'), 0o755)
  output('mke2fs', '-q', '-t', 'ext4', '-d', tree, image, '1G')
  rmSync(tree, { recursive: true })
  return image
}

/** With the libraries that it is linked to. */
function addProgram(tree: string, file: string, name: string): void {
  copyFileSync(file, join(tree, 'usr/bin', name))
  for (const [library] of output('sh', '-c', 'ldd "$1" || true', 'sh', file).matchAll(/\/\S+/g)) {
    const to = join(tree, library.startsWith('/usr/') ? library : `/usr${library}`)
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(library, to)
  }
}

const output = (file: string, ...args: readonly string[]): string =>
  execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()

/** In milliseconds: then it is ended, and so are its lines. */
const LONGEST_SILENCE = 300_000

export type Parts = { readonly kernel: string; readonly image: string }

/** Resolves when it takes commands; rejects when it ends before. */
export async function startMachine({ kernel, image }: Parts): Promise<Machine> {
  const words = [
    ...['-accel', 'tcg,thread=single', '-cpu', 'Nehalem', '-smp', '2', '-m', '1536', '-nodefaults', '-no-reboot'],
    ...['-display', 'none', '-kernel', kernel, '-append'],
    'root=/dev/nvme0n1 ro quiet cgroup_no_v1=all mitigations=off random.trust_cpu=on panic=-1 init=/init',
    ...['-drive', `file=${image},if=none,id=root,format=raw,readonly=on`, '-device', 'nvme,drive=root,serial=root'],
    ...['-serial', 'null', '-serial', 'stdio'],
  ]
  const child = spawn('qemu-system-x86_64', words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const silence = setTimeout(() => child.kill('SIGKILL'), LONGEST_SILENCE)
  child.stdout.on('data', () => silence.refresh())
  void ended.then(() => clearTimeout(silence))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const first = await lines.next()
  if (first.value !== 'READY') throw new Error('the machine ended before it was ready')
  return {
    start: (script) => void child.stdin.write(`${Buffer.from(script).toString('base64')}\n`),
    lines,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Of a Debian package that was unpacked, or the file itself. */
export const kernelIn = (place: string): string => {
  const found = readdirSync(join(place, 'boot')).find((name) => name.startsWith('vmlinuz-'))
  if (found === undefined) throw new Error(`${place}/boot has no vmlinuz-…`)
  return join(place, 'boot', found)
}
