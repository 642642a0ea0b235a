/** The thread that owns the database: the disk is waited for here, never where requests are served. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Database, isDiskFull, openDatabase, troubleText } from './database.ts'
import type { FromThread, Question, ToThread } from './messages.ts'
import { commitWithin, openReserve, type Reserve } from './reserve.ts'

function answer(database: Database, reserve: Reserve, question: Question): unknown {
  switch (question.kind) {
    case 'Commit':
      return commitWithin(reserve, database, question)
    case 'Get':
      return database.get(question.key)
    case 'List':
      return database.list(question.prefix, question.at, question.from, question.limit, question.uncounted)
    case 'History':
      return database.history(question.prefix, question.from, question.to)
    case 'Backup':
      return database.backup(question.file)
    case 'Close':
      return database.close()
  }
}

const port = parentPort
if (port === null) throw new Error('the database thread was started as a program')
const say = (message: FromThread): void => port.postMessage(message)

const { file } = workerData as { readonly file: string }
const opened = openDatabase(file)
if (opened.ok) {
  const database = opened.value
  for (const heads of database.heads()) say({ kind: 'Heads', heads })
  say({ kind: 'Opened', opened: database.opened })
  // Nobody waits for it but the first question.
  const reserve = openReserve(`${file}.reserve`)
  port.on('message', ({ id, question }: ToThread) => {
    try {
      say({ kind: 'Answer', id, value: answer(database, reserve, question) })
    } catch (error) {
      say({ kind: 'Failed', id, message: troubleText(error), isFull: isDiskFull(error) })
    }
    if (question.kind === 'Close') port.close()
  })
} else {
  say({ kind: 'NotOpened', error: opened.error })
  port.close()
}
