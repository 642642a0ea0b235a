/** `jobd simulate`: the timeline of CronJobs as a table, JSON lines, or an SVG. */
import { decodeObject, type FieldError, fieldErrorText } from '../apimachinery/index.ts'
import type { CronJob } from '../apis/batch/index.ts'
import { type ApiOptions, strategyOf } from '../apis/index.ts'
import { fail, formatTime, type Instant, ok, parseTime, type Result } from '../base/index.ts'
import { type Entry, type Scenario, simulateCronJobs } from '../simulator/index.ts'
import type { Manifest } from './manifests.ts'

export type SimulateRequest = Omit<Scenario, 'cronJob' | 'shownAs'>

/** What all CronJobs do, in order of time, worked out as it is asked for. The error names the manifest and the field. */
export function simulateManifests(
  manifests: readonly Manifest[],
  request: SimulateRequest,
  api: ApiOptions,
): Result<Simulation, string> {
  if (manifests.length === 0) return fail('nothing to simulate: the files hold no CronJob')
  const cronJobs = new Map<string, CronJob>()
  for (const manifest of manifests) {
    const cronJob = cronJobOf(manifest, request.from, api)
    if (!cronJob.ok) return cronJob
    const { namespace, name } = cronJob.value.metadata
    const key = `${namespace}/${name}`
    if (cronJobs.has(key)) return fail(`${manifest.origin}: CronJob ${key} is there twice: leave one of them out`)
    cronJobs.set(key, cronJob.value)
  }
  // Names are enough where all are of one namespace.
  const inOne = new Set([...cronJobs.values()].map(({ metadata }) => metadata.namespace)).size === 1
  const scenarios = [...cronJobs].map(([key, cronJob]): Scenario => {
    const shownAs = inOne ? (cronJob.metadata.name ?? '') : key
    return { ...request, cronJob, shownAs }
  })
  return ok({ names: scenarios.map(({ shownAs }) => shownAs), moments: simulateCronJobs(scenarios) })
}

export type Simulation = {
  readonly names: readonly string[]
  /** In order of time, what happens at once together. */
  readonly moments: Iterable<readonly Entry[]>
}

function cronJobOf({ object, origin, kind }: Manifest, now: Instant, options: ApiOptions): Result<CronJob, string> {
  const strategy = strategyOf('batch.v1.CronJob')
  if (kind.kind !== 'CronJob' || strategy === undefined) {
    return fail(`${origin} is a ${kind.kind}: jobd simulate takes CronJobs`)
  }
  const decoded = decodeObject('batch.v1.CronJob', object, 'Strict')
  if (!decoded.ok) return fail(`${origin}: ${decoded.error.message}`)
  const name = object.metadata.name ?? 'cronjob'
  const metadata = { namespace: 'default', uid: `simulated-${name}`, ...decoded.value.object.metadata }
  const context = { now, options }
  const prepared = strategy.prepareForCreate(strategy.defaults({ ...decoded.value.object, metadata }), context)
  const errors: readonly FieldError[] = strategy.validateCreate(prepared, context)
  if (errors.length > 0) return fail(`${origin}: ${errors.map(fieldErrorText).join('; ')}`)
  return ok(prepared as CronJob)
}

/** `A/B`, two RFC 3339 times. */
export function parseSpan(text: string): Result<{ readonly from: Instant; readonly to: Instant }, string> {
  const [a = '', b = '', ...rest] = text.split('/')
  const from = parseTime(a)
  const to = parseTime(b)
  if (from === undefined || to === undefined || rest.length > 0)
    return fail(`"${text}" is not FROM/TO with two RFC 3339 times`)
  return from < to ? ok({ from, to }) : fail(`"${text}" ends before it begins`)
}

type Span = SimulateRequest['down'][number]

/** In order, and those that touch as one. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last === undefined || last.to < span.from) merged.push(span)
    else merged.splice(-1, 1, { from: last.from, to: last.to > span.to ? last.to : span.to })
  }
  return merged
}

/** A table as pieces of text: there may be millions of lines, so that nothing waits for the widest. */
export function* formatTimeline({ names, moments }: Simulation): Generator<string> {
  const longest = Math.max(...names.map(({ length }) => length))
  const nameWidth = Math.max(longest, 'CRONJOB'.length) + gap
  const jobWidth = longest + minuteDigits + gap
  const labels = new Map(names.map((name) => [name, new Map<Entry['kind'], string>()]))
  const labelOf = (name: string, kind: Entry['kind']): string => {
    const known = labels.get(name)
    const label = known?.get(kind) ?? gapText + name.padEnd(nameWidth) + kind.padEnd(kindWidth)
    known?.set(kind, label)
    return label
  }
  yield `${'TIME'.padEnd(timeWidth)}${'CRONJOB'.padEnd(nameWidth)}${'WHAT'.padEnd(kindWidth)}${'SCHEDULED'.padEnd(timeWidth)}${'JOB'.padEnd(jobWidth)}WHY\n`
  yield* inPieces(moments, ({ time, cronJob, kind, scheduled, job = '', text = '' }) => {
    const due = scheduled === undefined ? notDue : formatTime(scheduled) + gapText
    const start = formatTime(time) + labelOf(cronJob, kind) + due
    if (text !== '') return `${start}${job.padEnd(jobWidth)}${text}\n`
    return job === '' ? `${start.trimEnd()}\n` : `${start}${job}\n`
  })
}

const gap = 3
const gapText = ' '.repeat(gap)
const kindWidth = 'FailedToStart'.length + gap
const timeWidth = '2026-01-01T00:00:00Z'.length + gap
const notDue = ' '.repeat(timeWidth)
/** Of the number behind the name of a Job, with its hyphen. */
const minuteDigits = '-29979359'.length

/** One JSON object, with a line for each entry. */
export function* timelineJson({ moments }: Simulation): Generator<string> {
  let first = true
  yield '{"entries":['
  yield* inPieces(moments, ({ time, scheduled, last, ...rest }) => {
    const due = {
      ...(scheduled === undefined ? {} : { scheduled: formatTime(scheduled) }),
      ...(last === undefined ? {} : { last: formatTime(last) }),
    }
    const comma = first ? '\n' : ',\n'
    first = false
    return comma + JSON.stringify({ time: formatTime(time), ...due, ...rest })
  })
  yield '\n]}\n'
}

const pieceLength = 65_536

function* inPieces(moments: Simulation['moments'], textOf: (entry: Entry) => string): Generator<string> {
  let piece = ''
  for (const moment of moments) {
    for (const entry of moment) piece += textOf(entry)
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  yield piece
}
