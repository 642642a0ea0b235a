/** Asking the database thread: questions are answered in the order they were put. */
import { Worker } from 'node:worker_threads'
import { fail, ok, type Result } from '../../base/index.ts'
import type { Version } from '../revision/index.ts'
import type { Answers, FromThread, OpenError, Opened, Question, ToThread, Trouble } from './messages.ts'

export type DatabaseThread = {
  readonly opened: Opened
  readonly ask: <Kind extends Question['kind']>(
    question: Extract<Question, { kind: Kind }>,
  ) => Promise<Result<Answers[Kind], Trouble>>
}

/** Opens a database. `onEnd` is told when it cannot be asked any more, which nothing survives. */
export type StartDatabase = (
  file: string,
  onEnd: (error: Trouble) => void,
) => Promise<Result<DatabaseThread, OpenError>>

type Asked = (answer: Result<unknown, Trouble>) => void

/** The thread's program: beside this file in a checkout, under its own name in the bundle. */
function programUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './sqlite-thread.js', import.meta.url)
}

/** Starts the thread, which opens the database. */
export const startDatabaseThread: StartDatabase = (file, onEnd) => {
  const worker = new Worker(programUrl(), {
    workerData: { file },
    // The thread holds statements and one batch at a time: a small young generation keeps the idle process small.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  })
  const asked = new Map<number, Asked>()
  let last = 0
  const ask: DatabaseThread['ask'] = (question) =>
    new Promise((resolve) => {
      last += 1
      asked.set(last, resolve as Asked)
      const any: Question = question
      const handedOver = any.kind === 'Commit' ? [any.batch.bytes.buffer] : []
      worker.postMessage({ id: last, question } satisfies ToThread, handedOver)
    })
  const end = (message: string): void => {
    const error: Trouble = { kind: 'Unavailable', message }
    for (const resolve of asked.values()) resolve(fail(error))
    asked.clear()
    onEnd(error)
  }
  let heads: Version[] = []
  return new Promise((resolve) => {
    worker.on('message', (message: FromThread) => {
      switch (message.kind) {
        case 'Heads':
          for (const head of message.heads) heads.push(head)
          return
        case 'Opened':
          resolve(ok({ opened: { ...message.opened, heads }, ask }))
          heads = []
          return
        case 'NotOpened':
          return resolve(fail(message.error))
        case 'Answer':
          return settle(asked, message.id, ok(message.value))
        case 'Failed':
          return settle(
            asked,
            message.id,
            fail({ kind: 'Unavailable', message: message.message, isFull: message.isFull }),
          )
      }
    })
    worker.on('error', (error) => {
      resolve(fail({ kind: 'Unusable', message: `the database thread failed: ${String(error)}` }))
      end(`the database thread failed: ${String(error)}`)
    })
    worker.on('exit', () => end('the database is closed'))
  })
}

function settle(asked: Map<number, Asked>, id: number, answer: Result<unknown, Trouble>): void {
  const resolve = asked.get(id)
  asked.delete(id)
  resolve?.(answer)
}
