/** Waiting for files, by what the kernel says of their directory. */
import { existsSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Fulfilled once there is something at the path; its directory must be there. */
export function appears(path: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(dirname(path), (_, name) => {
      if (name === basename(path)) done()
    })
    const done = () => {
      if (!existsSync(path)) return
      watcher.close()
      resolve()
    }
    done()
  })
}
