/**
 * A disk from which the power can be taken: an ext4 file system in a file. What programs wrote and nobody synced is in the
 * memory of the kernel alone, not in the file; the file as it is at one instant is what a machine would find after a reboot.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'

export type PowerDisk = {
  /** Where it is mounted. */
  readonly path: string
  /** Keeps what is on the disk now. Whoever writes to it must stand still. */
  readonly photograph: () => Promise<void>
  /** Goes back to the photograph, as a reboot does: the file system repairs itself by its journal. */
  readonly reboot: () => void
  readonly unmount: () => void
}

const run = (file: string, ...args: readonly string[]): string =>
  execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()

/** Files `disk` and `disk.photograph` in `directory`, mounted at its `data`; or why there is none. */
export function openPowerDisk(directory: string): PowerDisk | string {
  const [file, photo, path] = [join(directory, 'disk'), join(directory, 'disk.photograph'), join(directory, 'data')]
  try {
    // Nothing may be written but what is asked for: no tables made later, no metadata by the clock.
    run('truncate', '--size=128M', file)
    run('mkfs.ext4', '-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', file)
    mkdirSync(path)
    mount(file, path)
  } catch (error) {
    return `no disk in a file can be mounted here: ${error instanceof Error ? error.message : String(error)}`
  }
  return {
    path,
    photograph: async () => {
      const device = run('findmnt', '--noheadings', '--output=SOURCE', path)
      for (;;) {
        const before = activityOf(device)
        run('cp', file, photo)
        if (before.inFlight === 0 && activityOf(device).requests === before.requests) return
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
    reboot() {
      // Lazily: what was killed may still be on its way out.
      run('umount', '--lazy', path)
      renameSync(photo, file)
      mount(file, path)
    },
    unmount: () => void run('umount', '--lazy', path),
  }
}

/** `commit`: seconds after which the journal would be written without being asked. */
function mount(file: string, path: string): void {
  run('mount', '-o', 'loop,commit=3600', file, path)
  run('chmod', '0700', path)
}

function activityOf(device: string): { readonly requests: string; readonly inFlight: number } {
  const numbers = readFileSync(`/sys/block/${basename(device)}/stat`, 'utf8')
    .trim()
    .split(/\s+/)
  // Fields 5 and 9: writes that ended, requests under way.
  return { requests: numbers[4] ?? '', inFlight: Number(numbers[8]) }
}
