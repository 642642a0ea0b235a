export type { OpenError } from './messages.ts'
export { restoreDatabase } from './restore.ts'
export { openSqliteStore, type SqliteStore } from './sqlite-store.ts'
