/** Waiting for files, by what the kernel says of their directory; and for what the kernel says to nobody. */
import { existsSync, watch } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** Fulfilled once there is something at the path; its directory must be there. Nobody looks any more after `signal`. */
export const appears = (path: string, signal?: AbortSignal): Promise<void> =>
  whenFiles(dirname(path), () => existsSync(path), signal)

/**
 * Fulfilled once it holds, which is looked at whenever a file in the directory, which must be there, has changed; never
 * after `signal`.
 */
export function whenFiles(directory: string, isSo: () => boolean, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = watch(directory, signal === undefined ? {} : { signal }, look)
    watcher.on('error', reject)
    look()
    function look(): void {
      try {
        if (!isSo()) return
        resolve()
      } catch (error) {
        reject(error)
      }
      watcher.close()
    }
  })
}

/**
 * Fulfilled once it holds of processes that are not our children. A poll: of those Linux tells only who holds a pidfd, which
 * Node cannot open.
 */
export async function whenProcesses(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(5)
}
