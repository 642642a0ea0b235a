/** The thread that owns the database: the disk is waited for here, never where requests are served. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Database, openDatabase, troubleText } from './database.ts'
import type { FromThread, Question, ToThread } from './messages.ts'

function answer(database: Database, question: Question): unknown {
  switch (question.kind) {
    case 'Commit':
      return database.commit(question.batch)
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

const opened = openDatabase((workerData as { readonly file: string }).file)
if (opened.ok) {
  const database = opened.value
  port.on('message', ({ id, question }: ToThread) => {
    try {
      say({ kind: 'Answer', id, value: answer(database, question) })
    } catch (error) {
      say({ kind: 'Failed', id, message: troubleText(error) })
    }
    if (question.kind === 'Close') port.close()
  })
  for (const heads of database.heads()) say({ kind: 'Heads', heads })
  say({ kind: 'Opened', opened: database.opened })
} else {
  say({ kind: 'NotOpened', error: opened.error })
  port.close()
}
