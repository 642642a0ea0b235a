/** Start-up, idling and whole commands, on the bundle as users run it. */

import { jobd, runProgram, startServer, temporaryDirectory } from '../../test/support/executable.ts'
import { type Case, median, memoryOf, pause, processTree, rounded, usageOf } from '../measure.ts'

async function timed(act: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await act()
  return performance.now() - begin
}

export const processCases: readonly Case[] = [
  {
    name: 'boot',
    async run() {
      const { path, dispose } = temporaryDirectory()
      const times: number[] = []
      const first = await timed(async () => (await startServer(path)).stop())
      for (let i = 0; i < 9; i++) {
        const begin = performance.now()
        const server = await startServer(path)
        times.push(performance.now() - begin)
        await server.stop()
      }
      dispose()
      return {
        unit: 'ms to ready',
        median: rounded(median(times)),
        best: rounded(Math.min(...times)),
        firstEver: rounded(first),
      }
    },
  },
  {
    name: 'idle',
    async run() {
      const { path, dispose } = temporaryDirectory()
      const server = await startServer(path)
      await pause(10_000)
      const pids = processTree(server.pid)
      const before = usageOf(pids)
      await pause(60_000)
      const after = usageOf(pids)
      const figures = {
        unit: 'one minute',
        pssMiB: rounded(memoryOf(pids)),
        processes: pids.length,
        cpuPercent: rounded(((after.cpuSeconds - before.cpuSeconds) / 60) * 100, 2),
        writtenBytes: after.writtenBytes - before.writtenBytes,
      }
      await server.stop()
      dispose()
      return figures
    },
  },
  {
    name: 'run-true',
    async run() {
      const times: number[] = []
      for (let i = 0; i < 9; i++)
        times.push(await timed(() => runProgram(jobd, ['run', '--data-dir', '/nonexistent', '--', 'true'])))
      return { unit: 'ms', median: rounded(median(times)), best: rounded(Math.min(...times)) }
    },
  },
]
