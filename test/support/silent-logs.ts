/** The log of a pod that says nothing, for servers without a node agent. */
import assert from 'node:assert/strict'
import type { PodLogs } from '../../src/apiserver/http/index.ts'
import { ok } from '../../src/base/index.ts'

type Gate = PromiseWithResolvers<void>
export type SilentLogs = {
  readonly logs: PodLogs
  /** Somebody has asked for the log. */
  readonly asked: Gate
  /** To be resolved for it to be opened. */
  readonly opened: Gate
  /** The reader has let go of it. */
  readonly left: Gate
}

export function silentLogs(): SilentLogs {
  const [asked, opened, left] = [0, 1, 2].map(() => Promise.withResolvers<void>()) as [Gate, Gate, Gate]
  const said = Promise.withResolvers<IteratorResult<Uint8Array>>()
  const logs: PodLogs = {
    open: async () => {
      asked.resolve()
      await opened.promise
      const end = { done: true, value: undefined } as const
      const stop = async () => {
        left.resolve()
        said.resolve(end)
        return end
      }
      return ok({ [Symbol.asyncIterator]: () => ({ next: () => said.promise, return: stop }) })
    },
    openJob: async () => assert.fail('not asked for'),
  }
  return { logs, asked, opened, left }
}
