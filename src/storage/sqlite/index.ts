export type { OpenError } from './messages.ts'
export { openSqliteStore, type SqliteStore } from './sqlite-store.ts'
