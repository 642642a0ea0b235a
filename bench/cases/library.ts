/** The library of the bundle, in a fresh process: what a test file waits for. */
import { execFileSync } from 'node:child_process'
import { root } from '../../test/support/executable.ts'
import { type Case, median, rounded } from '../measure.ts'

/** Prints how long the import took and each of ten starts. */
const program = (entry: string, call: string): string => `
  const begin = performance.now()
  const { ${call} } = await import(${JSON.stringify(`${root}dist/${entry}.js`)})
  const times = [performance.now() - begin]
  for (let i = 0; i < 10; i++) {
    const start = performance.now()
    const made = await ${call}()
    times.push(performance.now() - start)
    await made.stop()
  }
  console.log(JSON.stringify(times))`

const caseOf = (name: string, entry: string, call: string): Case => ({
  name,
  async run() {
    const node = process.execPath
    const args = ['--input-type=module', '--eval', program(entry, call)]
    const [imported = 0, first = 0, ...later] = JSON.parse(execFileSync(node, args, { encoding: 'utf8' })) as number[]
    return {
      unit: 'ms to ready',
      median: rounded(median(later)),
      best: rounded(Math.min(...later)),
      first: rounded(first),
      import: rounded(imported),
    }
  },
})

export const libraryCases: readonly Case[] = [
  caseOf('test-cluster', 'testing', 'startTestCluster'),
  caseOf('library', 'library', 'startJobd'),
]
