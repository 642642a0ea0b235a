/** Where the program says what it does. Fields are plain data; no secret ever goes in. */
export type Log = {
  readonly debug: (message: string, fields?: LogFields) => void
  readonly info: (message: string, fields?: LogFields) => void
  readonly warn: (message: string, fields?: LogFields) => void
  readonly error: (message: string, fields?: LogFields) => void
}
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
