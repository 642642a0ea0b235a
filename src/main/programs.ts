/** Asking other programs of this machine. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

export type Answer = { readonly code: number; readonly out: string; readonly err: string }

/** Runs a program to its end, for `timeout` at most, in milliseconds; code 127 when it cannot be run. */
export const ask = (program: string, args: readonly string[], timeout = 10_000): Promise<Answer> =>
  new Promise((resolve) => {
    execFile(program, [...args], { timeout }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
      resolve({ code, out, err: err === '' && error !== null ? error.message : err })
    })
  })

/** The first executable file of this name on the PATH. */
export function onPath(name: string, path: string = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(':')
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
