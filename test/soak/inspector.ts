/** What is live in the memory of a server: asked through Node's inspector, so that jobd needs nothing for it. */
import { once } from 'node:events'
import type { Server } from '../support/executable.ts'

/** The variables of environment with which a server lets itself be asked, by whoever reads its stderr. */
export const INSPECTED = { NODE_OPTIONS: '--expose-gc --inspect=127.0.0.1:0' }

/** What a server says because of them. */
export const OF_THE_INSPECTOR = /^(?:Debugger |For help, see: ).*\n/gm

export type LiveMemory = { readonly residentMiB: number; readonly heapMiB: number }

export type Inspector = {
  /** Collects what is garbage, and answers what is left. It takes the server as long as one major collection. */
  readonly liveMemory: () => Promise<LiveMemory>
  /** Before the server is stopped, which else waits for it. */
  readonly close: () => Promise<void>
}

const LOOK = 'gc(), JSON.stringify(process.memoryUsage())'

type Answer = { readonly result?: { readonly result?: { readonly value?: string } } }

/** Of a server that was started with `INSPECTED`. */
export async function openInspector(server: Server): Promise<Inspector> {
  const [, address] = /^Debugger listening on (ws:\S+)$/m.exec(server.errors()) ?? []
  if (address === undefined) throw new Error(`the server told no inspector: ${server.errors()}`)
  const socket = new WebSocket(address)
  const closed = once(socket, 'close')
  const next = async (event: 'open' | 'message'): Promise<unknown> => {
    const [happened] = (await Promise.race([once(socket, event), closed])) as [Event]
    if (happened.type !== event)
      throw new Error(`the inspector at ${address} has gone: ${server.errors().slice(-1000)}`)
    return happened instanceof MessageEvent ? happened.data : undefined
  }
  await next('open')
  return {
    async liveMemory() {
      socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: LOOK } }))
      const text = String(await next('message'))
      const { result } = JSON.parse(text) as Answer
      if (result?.result?.value === undefined) throw new Error(`the inspector answered ${text}`)
      const { rss, heapUsed } = JSON.parse(result.result.value)
      return { residentMiB: rss / 2 ** 20, heapMiB: heapUsed / 2 ** 20 }
    },
    async close() {
      socket.close()
      await closed
    },
  }
}
