/** Start-up, idling and whole commands, on the bundle as users run it. */

import { jobd, runProgram, startServer, temporaryDirectory } from '../../test/support/executable.ts'
import { type Case, idleMinute, median, rounded } from '../measure.ts'

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
      const figures = await idleMinute(server.pid)
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
