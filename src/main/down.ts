/** `jobd down` and `jobd env`: about the server of a data directory. */
import { watch } from 'node:fs'
import { dataDirectory, type Holder, nobodyServes, readHolder } from './data-dir.ts'
import { realTerminal } from './real.ts'
import { stopCommandOf } from './systemd.ts'

type Options = { readonly dataDir?: string | undefined }

/** Asks the server to stop and waits until it has let go of its data directory. Its pods run on. */
export async function down(options: Options): Promise<number> {
  const terminal = realTerminal()
  const directory = dataDirectory(options.dataDir)
  const holder = readHolder(directory)
  if (holder === undefined) {
    terminal.err(`${nobodyServes(directory, '')}\n`)
    return 1
  }
  const gone = whenGone(directory, holder)
  const stopCommand = stopCommandOf(holder.pid)
  try {
    process.kill(holder.pid, 'SIGTERM')
  } catch (error) {
    terminal.err(`cannot stop process ${holder.pid}: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
  await gone
  if (stopCommand !== undefined)
    terminal.err(`systemd, which started it, may start it again: '${stopCommand}' keeps it down\n`)
  return 0
}

/** Resolves when the holder's file is gone, which is the last thing that a server does. */
function whenGone(directory: string, holder: Holder): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(directory, () => {
      if (readHolder(directory)?.started === holder.started) return
      watcher.close()
      resolve()
    })
  })
}

/** Prints a line for the shell: `eval "$(jobd env)"` points kubectl at the server. */
export function printEnvironment(options: Options): number {
  const terminal = realTerminal()
  const directory = dataDirectory(options.dataDir)
  const holder = readHolder(directory)
  if (holder === undefined) {
    terminal.err(`${nobodyServes(directory)}\n`)
    return 1
  }
  terminal.out(`export KUBECONFIG=${quoteForShell(holder.kubeconfig)}\n`)
  return 0
}

const quoteForShell = (text: string): string =>
  /^[\w/.:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
