/** Processes of containers by their numbers, which are those of this machine only if the engine runs on it. */
import { readFileSync } from 'node:fs'

/** Whether the process with this number runs, and in the very container. */
export const isProcessOf = (pid: number, containerId: string): boolean => cgroupsOf(pid).includes(containerId)

/** Its control groups, one a line, as the kernel tells them; empty for a process that is not there. */
export const cgroupsOf = (pid: number): string => kernelText(`/proc/${pid}/cgroup`)

/** What the kernel tells in a file that goes with its process or group; empty when it has gone. */
export function kernelText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
