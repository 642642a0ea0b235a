/** Processes of containers by their numbers, which are those of this machine only if the engine runs on it. */
import { readFileSync } from 'node:fs'

/** Whether the process with this number runs, and in the very container. */
export function isProcessOf(pid: number, containerId: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'latin1').includes(containerId)
  } catch {
    return false
  }
}
