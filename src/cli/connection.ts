/** What a command needs of a server, in process or over HTTPS. */
import type { Status } from '../apimachinery/index.ts'
import type { Result } from '../base/index.ts'
import type { Client, ListRequest, ResourceName } from '../client/index.ts'

export type TableColumn = { readonly name: string; readonly type: string; readonly priority: number }
export type TableRow = {
  readonly cells: readonly unknown[]
  readonly object?: { readonly metadata?: { readonly namespace?: string | undefined } | undefined } | undefined
}
/** A server-side table, as kubectl shows it. */
export type Table = { readonly columnDefinitions: readonly TableColumn[]; readonly rows: readonly TableRow[] }

export type LogRequest = {
  readonly namespace: string
  readonly pod: string
  readonly container?: string | undefined
  readonly follow?: boolean | undefined
  readonly previous?: boolean | undefined
  readonly timestamps?: boolean | undefined
  readonly tailLines?: number | undefined
  readonly sinceSeconds?: number | undefined
}

export type JobLogRequest = Omit<LogRequest, 'pod' | 'follow' | 'previous'> & { readonly job: string }

export type Connection = {
  readonly client: Client
  readonly table: (
    resource: ResourceName,
    request: ListRequest & { readonly name?: string },
  ) => Promise<Result<Table, Status>>
  readonly logs: (request: LogRequest) => Promise<Result<AsyncIterable<Uint8Array>, Status>>
  /** What all pods of a Job wrote, gone ones included; 404 from a server that does not keep it. */
  readonly jobLogs: (request: JobLogRequest) => Promise<Result<AsyncIterable<Uint8Array>, Status>>
  readonly close: () => Promise<void>
}

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
