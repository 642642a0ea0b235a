/** `jobd simulate`: needs no server. */
import { fail, millis, ok, parseTime, type Result } from '../base/index.ts'
import {
  formatTimeline,
  mergeSpans,
  parseSpan,
  readManifests,
  type SimulateRequest,
  type Simulation,
  simulateManifests,
  timelineJson,
  timelineSvg,
} from '../cli/index.ts'
import { defaultCronJobOptions, exactCronJobOptions } from '../controllers/cronjob/index.ts'
import { isTimeZone, timeZone, utc } from '../cron/index.ts'
import { readStandardInput, realTerminal } from './real.ts'
import { localZoneOf } from './zone.ts'

type Flags = {
  readonly from: string
  readonly to: string
  readonly down: readonly string[]
  readonly duration: string
  readonly failRate: string
  readonly seed: string
  readonly exact: boolean
  readonly tooManyMissed?: 'skip' | 'start-latest'
  readonly timeZone?: string
  readonly output?: 'json' | 'svg'
}

export async function simulate(files: readonly string[], flags: Flags): Promise<number> {
  const terminal = realTerminal()
  const wrong = (message: string): number => {
    terminal.err(`${message}\n`)
    return 2
  }
  const request = requestOf(flags)
  if (!request.ok) return wrong(request.error)
  const manifests = await readManifests(files, readStandardInput)
  if (!manifests.ok) return wrong(manifests.error)
  const simulation = simulateManifests(manifests.value, request.value, { exact: flags.exact, isTimeZone })
  if (!simulation.ok) return wrong(simulation.error)
  for (const piece of textOf(simulation.value, request.value, flags.output)) await terminal.out(piece)
  return 0
}

function textOf(simulation: Simulation, request: SimulateRequest, output: Flags['output']): Iterable<string> {
  if (output === 'json') return timelineJson(simulation)
  return output === 'svg' ? [timelineSvg(simulation, request)] : formatTimeline(simulation)
}

function requestOf(flags: Flags): Result<SimulateRequest, string> {
  const span = parseSpan(`${flags.from}/${flags.to}`)
  if (!span.ok) {
    const bad =
      parseTime(flags.from) === undefined
        ? `--from takes an RFC 3339 time, not ${flags.from}`
        : `--to takes an RFC 3339 time after --from, not ${flags.to}`
    return fail(bad)
  }
  const down = []
  for (const text of flags.down) {
    const one = parseSpan(text)
    if (!one.ok) return fail(`--down ${one.error}`)
    down.push(one.value)
  }
  const duration = secondsOf(flags.duration)
  if (duration === undefined) return fail(`--duration takes a time such as 90s or 5m, not ${flags.duration}`)
  const failRate = flags.failRate.trim() === '' ? Number.NaN : Number(flags.failRate)
  if (!(failRate >= 0 && failRate <= 1)) return fail(`--fail-rate takes a number from 0 to 1, not ${flags.failRate}`)
  if (!/^\d+$/.test(flags.seed)) return fail(`--seed takes a whole number, not ${flags.seed}`)
  const zone = localZoneOf(flags.timeZone)
  if (!zone.ok) return zone
  const options = {
    ...(flags.exact ? exactCronJobOptions : defaultCronJobOptions),
    ...(flags.tooManyMissed === undefined
      ? {}
      : { tooManyMissed: flags.tooManyMissed === 'skip' ? ('start-none' as const) : flags.tooManyMissed }),
    localZone: timeZone(zone.value) ?? utc,
  }
  return ok({
    ...span.value,
    down: mergeSpans(down),
    duration: millis(duration * 1000),
    failRate,
    random: seeded(Number(flags.seed)),
    options,
  })
}

function secondsOf(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(text)
  if (match === null) return undefined
  return Number(match[1]) * { s: 1, m: 60, h: 3600 }[(match[2] ?? 's') as 's' | 'm' | 'h']
}

/** A small generator whose numbers a seed repeats (mulberry32). */
function seeded(seed: number): SimulateRequest['random'] {
  let state = seed >>> 0
  return {
    bits() {
      state = (state + 0x6d2b79f5) >>> 0
      let t = state
      t = Math.imul(t ^ (t >>> 15), t | 1)
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
      return (t ^ (t >>> 14)) >>> 0
    },
  }
}
