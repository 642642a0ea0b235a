/** The audit log as a file: one JSON line for each request, as upstream writes them. */
import { closeSync, createWriteStream, openSync } from 'node:fs'
import type { AuditLog } from '../apiserver/http/index.ts'
import { fail, type Log, ok, type Result, reasonOf } from '../base/index.ts'

export type AuditFile = {
  readonly write: AuditLog
  /** Writes what waits, then closes the file. */
  readonly close: () => Promise<void>
}

/** Bytes that may wait for a slow disk. What comes on top is lost, and told so in the log, before the server stands still. */
const maxWaiting = 16 * 1024 * 1024

/** Opens `file` to append to it, making it readable by its owner alone. */
export function openAuditFile(file: string, log: Log): Result<AuditFile, string> {
  try {
    closeSync(openSync(file, 'a', 0o600))
  } catch (error) {
    return fail(`the audit log ${file} cannot be written: ${reasonOf(error)}; choose another with --audit-log`)
  }
  const stream = createWriteStream(file, { flags: 'a' })
  let lost = 0
  stream.on('error', (error) => log.error('the audit log cannot be written', { file, because: reasonOf(error) }))
  stream.on('drain', () => {
    if (lost > 0) log.error('lines of the audit log were lost: the disk is too slow', { file, lines: lost })
    lost = 0
  })
  return ok({
    write(line) {
      if (stream.writableLength > maxWaiting) lost++
      else stream.write(`${line}\n`)
    },
    close: () =>
      new Promise((resolve) => {
        if (stream.destroyed) resolve()
        else stream.end(resolve)
      }),
  })
}
