/** What every command has: a server, in process or over HTTPS, and a terminal. */
import type { RestClient } from '../client/index.ts'

export type { LogRequest, Table } from '../client/index.ts'

/** What a command needs of a server. */
export type Connection = Omit<RestClient, 'raw'>

/** Where a command speaks. `err` is for progress and errors, so that `out` can be piped. */
export type Terminal = {
  /** Answers a promise when it asks to be waited for before more is written. */
  readonly out: (text: string | Uint8Array) => Promise<void> | undefined | void
  readonly err: (text: string) => void
  /** Whether `err` is a terminal that a line can be rewritten on. */
  readonly interactive: boolean
  readonly color: boolean
  readonly columns: number
}
