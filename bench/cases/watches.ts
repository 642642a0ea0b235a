/** Watches over HTTPS: what idle ones keep, and how soon all of them have one event. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root, type Server } from '../../test/support/executable.ts'
import { type Case, type Figures, median, memoryOf, pause, processTree, rounded, usageOf } from '../measure.ts'
import { onServer } from './requests.ts'

const writes = 21

/** With `streams`, so many watches share a connection of HTTP/2, else each has one of HTTP/1.1 to itself. */
async function watches(server: Server, count: number, streams = 0): Promise<Figures> {
  const pids = processTree(server.pid)
  await pause(3000)
  const before = memoryOf(pids)
  const program = join(root, 'bench/watchers.ts')
  const child = spawn(process.execPath, [program, server.url, server.kubeconfig, `${count}`, `${streams}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  await pause(3000)
  const extra = memoryOf(pids) - before
  const from = usageOf(pids)
  const times: number[] = []
  for (let i = 0; i < writes; i++) {
    child.stdin.write('\n')
    const { value } = await lines.next()
    times.push((JSON.parse(String(value)) as { readonly ms: number }).ms)
  }
  const used = usageOf(pids)
  child.stdin.end()
  await once(child, 'exit')
  return {
    watches: count,
    extraMiB: rounded(extra),
    unit: 'ms from write to last watcher',
    median: rounded(median(times)),
    worst: rounded(Math.max(...times)),
    cpuMsEach: rounded(((used.cpuSeconds - from.cpuSeconds) * 1000) / writes),
  }
}

/**
 * As Go's clients open them: up to a hundred on one connection. Over HTTP/1.1, and with a connection of HTTP/2 for each, the
 * figure is mostly what TLS keeps for a connection.
 */
export const watchCases: readonly Case[] = [
  { name: 'https-watches-1000', run: () => onServer((server) => watches(server, 1000, 100)) },
  { name: 'https-watches-1000-http1', run: () => onServer((server) => watches(server, 1000)) },
  { name: 'https-watches-1000-alone', run: () => onServer((server) => watches(server, 1000, 1)) },
]
