export type { DatabaseThread, StartDatabase } from './database-thread.ts'
export type { Answers, Batch, OpenError, Opened, Question, Superseded, Trouble } from './messages.ts'
export { restoreDatabase } from './restore.ts'
export { openSqliteStore, type SqliteStore } from './sqlite-store.ts'
