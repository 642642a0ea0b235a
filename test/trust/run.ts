/**
 * `npm run trust [-- --long]`: the figures of docs/reliability.md. Histories are simulated, planted defects hunted, real servers
 * killed and inputs fuzzed, one after the other; each part tells its figures when it has ended, and the last line is a
 * JSON object of all. Exits 1 when a part found something, and shows what it said.
 *
 * A few minutes as it stands, for a look; `--long` plays 1000 histories, hunts every defect and kills 1000 servers, which takes hours.
 */
import { spawn } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mutations } from '../sim/mutations.ts'
import { root, temporaryDirectory } from '../support/executable.ts'
import { readOptions } from '../support/options.ts'

type Said = { readonly code: number | null; readonly text: string }
type Figures = Readonly<Record<string, unknown>>
type Part = {
  readonly name: string
  /** Undefined when what was said has no figures: the part broke before its end. */
  readonly run: (scratch: string) => Promise<{ readonly said: Said; readonly figures: Figures | undefined }>
}

const isLong = readOptions({ long: { type: 'boolean' } }).long === true
const size = isLong
  ? { histories: 1000, rounds: 1000, requests: 20_000, within: Number.POSITIVE_INFINITY }
  : { histories: 50, rounds: 10, requests: 2000, within: 40 }

async function node(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, text }))
  })
}

/** The figures of a program whose last line is a JSON object. */
function lastObject({ text }: Said): Figures | undefined {
  const line = text.trimEnd().split('\n').at(-1) ?? ''
  return line.startsWith('{') ? (JSON.parse(line) as Figures) : undefined
}

const sum = (counts: unknown): number =>
  Object.values(counts as Readonly<Record<string, number>>).reduce((total, count) => total + count, 0)

const simulator: Part = {
  name: 'simulation',
  async run() {
    const said = await node(['test/sim/run.ts', '--runs', String(size.histories)])
    const last = lastObject(said)
    if (last === undefined) return { said, figures: undefined }
    const { histories: seeds, broken, acts, writes, faults, checks } = last
    const totals = { invariantChecks: sum(checks), faultsInjected: sum(faults) }
    return { said, figures: { seeds, broken, acts, writes, ...totals, faults, checks } }
  },
}

const planted: Part = {
  name: 'planted defects',
  async run() {
    const only = mutations.filter(({ within }) => within <= size.within).map(({ name }) => name)
    const said = await node(['test/sim/run.ts', '--mutations', '--only', only.join(',')])
    const last = lastObject(said)
    const figures = last && { mutations: last['mutations'], caught: last['found'], of: mutations.length }
    return { said, figures }
  },
}

const crashes: Part = {
  name: 'crashes',
  async run() {
    const rounds = await node(['test/e2e/crash-rounds.ts', '--rounds', String(size.rounds), '--seed', '8'])
    const figures = lastObject(rounds)
    if (!isLong || rounds.code !== 0) return { said: rounds, figures }
    const still = await node(['--test', '--test-name-pattern=stood still', 'test/e2e/crash.test.ts'], {
      JOBD_TEST_STILL: '60',
    })
    return { said: still, figures: { ...figures, secondsStoodStill: 60 } }
  },
}

/** Requests to a whole server, and whatever a property is tried with. */
const fuzzing: Part = {
  name: 'fuzzing',
  async run(scratch) {
    const counts = join(scratch, 'inputs')
    const properties = globSync(['src/**/*.test.ts', 'test/contract/*.ts'], { cwd: root }).filter((file) =>
      /from 'fast-check'|arbitrary-objects|contract\//.test(readFileSync(join(root, file), 'utf8')),
    )
    const said = await node(['--test', '--test-reporter=spec', 'test/fuzz/server.test.ts', ...properties], {
      NODE_OPTIONS: `--import=${join(root, 'test/trust/count-inputs.ts')}`,
      JOBD_TRUST_INPUTS: counts,
      JOBD_FUZZ_REQUESTS: String(size.requests),
    })
    const requests = [...said.text.matchAll(/(\d+) requests$/gm)].map(([, count]) => Number(count))
    const inputs = existsSync(counts) ? readFileSync(counts, 'utf8').trimEnd().split('\n').map(Number) : []
    const add = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
    if (requests.length === 0) return { said, figures: undefined }
    const [oddRequests, triedByProperties] = [add(requests), add(inputs)]
    return { said, figures: { inputs: oddRequests + triedByProperties, oddRequests, triedByProperties } }
  },
}

const { path, dispose } = temporaryDirectory()
const all: Record<string, Figures> = {}
let isWhole = true
for (const { name, run } of [simulator, planted, crashes, fuzzing]) {
  const begin = performance.now()
  const { said, figures } = await run(path)
  const minutes = ((performance.now() - begin) / 60_000).toFixed(1)
  const isGood = said.code === 0 && figures !== undefined
  if (!isGood) {
    isWhole = false
    console.log(said.text.split('\n').slice(-60).join('\n'))
  }
  if (figures !== undefined) all[name] = figures
  console.log(`${name}, ${minutes} minutes: ${isGood ? 'nothing lost' : 'FAILED, see above'}`)
  for (const [key, value] of Object.entries(figures ?? {})) console.log(`  ${key}: ${JSON.stringify(value)}`)
}
dispose()
console.log(JSON.stringify({ trust: isWhole, ...all }))
process.exitCode = isWhole ? 0 : 1
