/** `jobd get`, `describe`, `logs` and `delete` on the running server. */
import {
  type Connection,
  deleteObjects,
  describeObjects,
  getObjects,
  type Named,
  type OutputFormat,
  parseNames,
  printLogs,
  type Terminal,
} from '../cli/index.ts'
import { connect } from './connect.ts'
import { readStandardInput, realClock, realTerminal } from './real.ts'

type Common = { readonly dataDir?: string | undefined; readonly namespace: string }

/** Understands the names first, so that wrong use is told before a server is asked. */
async function onServer(
  words: readonly string[] | undefined,
  options: Common,
  act: (named: readonly Named[], context: { connection: Connection; terminal: Terminal }) => Promise<number>,
): Promise<number> {
  const terminal = realTerminal()
  const named = words === undefined ? { ok: true as const, value: [] } : parseNames(words)
  if (!named.ok) {
    terminal.err(`${named.error}\n`)
    return 2
  }
  const connection = await connect(options.dataDir)
  if (!connection.ok) {
    terminal.err(`${connection.error}\n`)
    return 1
  }
  try {
    return await act(named.value, { connection: connection.value, terminal })
  } finally {
    await connection.value.close()
  }
}

type GetFlags = Common & {
  readonly allNamespaces: boolean
  readonly selector?: string
  readonly fieldSelector?: string
  readonly output?: OutputFormat
}

export function get(what: readonly string[], flags: GetFlags): Promise<number> {
  const { output = 'table', allNamespaces, selector, fieldSelector, namespace } = flags
  const select = allNamespaces ? '-A' : selector ? '-l' : fieldSelector ? '--field-selector' : undefined
  return onServer(what, flags, (named, context) => {
    if (select === undefined || named.every(({ names }) => names.length === 0)) {
      const options = { output, allNamespaces, selector, fieldSelector }
      return getObjects(named, options, { ...context, clock: realClock, namespace })
    }
    context.terminal.err(`${select} is for objects without names: leave out one or the other\n`)
    return Promise.resolve(2)
  })
}

export const describe = (what: readonly string[], flags: Common): Promise<number> =>
  onServer(what, flags, (named, context) => describeObjects(named, { ...context, namespace: flags.namespace }))

type LogFlags = Common & {
  readonly follow: boolean
  readonly container?: string
  readonly previous: boolean
  readonly timestamps: boolean
  readonly tail?: string
}

export async function logs(what: string, flags: LogFlags): Promise<number> {
  const tailLines = flags.tail === undefined ? undefined : Number(flags.tail)
  if (tailLines !== undefined && !(Number.isSafeInteger(tailLines) && tailLines >= 0)) {
    realTerminal().err(`--tail takes a number of lines, not ${flags.tail}\n`)
    return 2
  }
  const { follow, container, previous, timestamps, namespace } = flags
  return await onServer(undefined, flags, (_, context) =>
    printLogs(what, { follow, container, previous, timestamps, tailLines }, { ...context, namespace }),
  )
}

type DeleteFlags = Common & {
  readonly filename?: readonly string[]
  readonly cascade: 'background' | 'foreground' | 'orphan'
  readonly wait: boolean
}

export function remove(what: readonly string[], flags: DeleteFlags): Promise<number> {
  const files = flags.filename ?? []
  if (files.length > 0 && what.length > 0) {
    realTerminal().err('name objects or files, not both\n')
    return Promise.resolve(2)
  }
  const options = { cascade: flags.cascade, wait: flags.wait, files, readInput: readStandardInput }
  return onServer(files.length > 0 ? undefined : what, flags, (named, context) =>
    deleteObjects(named, options, { ...context, clock: realClock, namespace: flags.namespace }),
  )
}
