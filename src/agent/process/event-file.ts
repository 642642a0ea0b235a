/**
 * The file that supervisors append a line to when a run starts (`S <id>`) or ended (`E <id>`). It only wakes the daemon:
 * the truth is in the files of the run. Lines are short appends and so whole; one look reads all that came since the last.
 */
import { closeSync, openSync, readSync, statSync, truncateSync, watch } from 'node:fs'

export type EventFile = { readonly close: () => void; readonly read: () => void }

export type EventFileOptions = {
  readonly path: string
  /** Called with each line that is appended from now on, told by inotify. */
  readonly onLine: (line: string) => void
  /** The file was emptied, and a line that came in this very moment may be lost: look at the files of the runs. */
  readonly onEmptied: () => void
  /** Bytes after which what has been read is let go of. */
  readonly most?: number | undefined
}

/** Some ten thousand runs. */
const MOST = 1024 * 1024

export function followEventFile({ path, onLine, onEmptied, most = MOST }: EventFileOptions): EventFile {
  const file = openSync(path, 'a+', 0o600)
  const buffer = Buffer.allocUnsafe(64 * 1024)
  const state = { position: statSync(path).size, rest: '' }
  /** Those who append find the new end by themselves. */
  const empty = () => {
    truncateSync(path)
    state.position = 0
    onEmptied()
  }
  const read = () => {
    for (;;) {
      const count = readSync(file, buffer, 0, buffer.length, state.position)
      if (count === 0) break
      state.position += count
      const lines = (state.rest + buffer.toString('latin1', 0, count)).split('\n')
      state.rest = lines.pop() ?? ''
      for (const line of lines) onLine(line)
    }
    if (state.position >= most && state.rest === '') empty()
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
