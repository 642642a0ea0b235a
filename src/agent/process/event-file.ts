/**
 * The file that supervisors append a line to when a run starts (`S <id>`) or ended (`E <id>`). It only wakes the daemon:
 * the truth is in the files of the run. Lines are short appends and so whole; one look reads all that came since the last.
 */
import { closeSync, openSync, readSync, statSync, watch } from 'node:fs'

export type EventFile = { readonly close: () => void; readonly read: () => void }

/** Calls back with each line that is appended from now on, told by inotify. */
export function followEventFile(path: string, onLine: (line: string) => void): EventFile {
  const file = openSync(path, 'a+', 0o600)
  const buffer = Buffer.allocUnsafe(64 * 1024)
  const state = { position: statSync(path).size, rest: '' }
  const read = () => {
    for (;;) {
      const count = readSync(file, buffer, 0, buffer.length, state.position)
      if (count === 0) return
      state.position += count
      const lines = (state.rest + buffer.toString('latin1', 0, count)).split('\n')
      state.rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    }
  }
  const watcher = watch(path, { persistent: true }, read)
  return {
    read,
    close: () => {
      watcher.close()
      closeSync(file)
    },
  }
}
