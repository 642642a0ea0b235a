/** `jobd simulate`: the timeline of CronJobs as a table, JSON lines, or an SVG. */
import { decodeObject, type FieldError, fieldErrorText } from '../apimachinery/index.ts'
import type { CronJob } from '../apis/batch/index.ts'
import { type ApiOptions, strategyOf } from '../apis/index.ts'
import {
  fail,
  formatTime,
  type Instant,
  instant,
  type Millis,
  ok,
  parseTime,
  type Random,
  type Result,
} from '../base/index.ts'
import { type Entry, simulateCronJob } from '../simulator/index.ts'
import type { Manifest } from './manifests.ts'
import { alignColumns } from './printing.ts'

export type SimulateRequest = {
  readonly from: Instant
  readonly to: Instant
  readonly down: readonly { readonly from: Instant; readonly to: Instant }[]
  readonly duration: Millis
  readonly failRate: number
  readonly random: Random
  readonly options: Parameters<typeof simulateCronJob>[0]['options']
}

/** The entries of all CronJobs, in order of time. The error names the manifest and the field. */
export function simulateManifests(
  manifests: readonly Manifest[],
  request: SimulateRequest,
  api: ApiOptions,
): Result<readonly Entry[], string> {
  const entries: Entry[] = []
  for (const manifest of manifests) {
    const cronJob = cronJobOf(manifest, request.from, api)
    if (!cronJob.ok) return cronJob
    simulateCronJob({ ...request, cronJob: cronJob.value }, (entry) => entries.push(entry))
  }
  return ok(manifests.length === 1 ? entries : entries.sort((a, b) => a.time - b.time))
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

export function formatTimeline(entries: readonly Entry[]): string {
  const lines = entries.map(({ time, cronJob, kind, scheduled, job, text }) => [
    formatTime(time),
    cronJob,
    kind,
    scheduled === undefined ? '' : formatTime(scheduled),
    job ?? '',
    text ?? '',
  ])
  return alignColumns([['TIME', 'CRONJOB', 'WHAT', 'SCHEDULED', 'JOB', 'WHY'], ...lines])
}

export function timelineJson(entries: readonly Entry[]): string {
  const items = entries.map(({ time, scheduled, ...rest }) => ({
    time: formatTime(time),
    ...(scheduled === undefined ? {} : { scheduled: formatTime(scheduled) }),
    ...rest,
  }))
  return `${JSON.stringify({ entries: items }, null, 2)}\n`
}

const width = 1000
const rowHeight = 28
const left = 160
const colors: Readonly<Partial<Record<Entry['kind'], string>>> = {
  Started: '#4a90d9',
  Skipped: '#b8a000',
  Missed: '#d0453a',
  FailedToStart: '#8b1a1a',
}

/** One row for each CronJob: bars are Jobs (red when they failed), marks are skipped and missed due times, grey is downtime. */
export function timelineSvg(
  entries: readonly Entry[],
  { from, to, down }: Pick<SimulateRequest, 'from' | 'to' | 'down'>,
): string {
  const names = [...new Set(entries.map(({ cronJob }) => cronJob))]
  const x = (at: number): string => (left + ((at - from) / (to - from)) * (width - left - 10)).toFixed(1)
  const height = names.length * rowHeight + 50
  const shapes = down.map(
    ({ from: a, to: b }) =>
      `<rect x="${x(a)}" y="20" width="${(Number(x(b)) - Number(x(a))).toFixed(1)}" height="${height - 40}" fill="#e4e4e4"><title>down ${formatTime(a)} to ${formatTime(b)}</title></rect>`,
  )
  names.forEach((name, row) => {
    const y = 28 + row * rowHeight
    shapes.push(`<text x="8" y="${y + 12}">${escapeXml(name)}</text>`)
    shapes.push(
      ...rowShapes(
        entries.filter(({ cronJob }) => cronJob === name),
        y,
        x,
        to,
      ),
    )
  })
  const ends = `<text x="${left}" y="14">${formatTime(from)}</text><text x="${width - 10}" y="14" text-anchor="end">${formatTime(to)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">\n${ends}\n${shapes.join('\n')}\n</svg>\n`
}

function rowShapes(entries: readonly Entry[], y: number, x: (at: number) => string, to: Instant): readonly string[] {
  const ends = new Map(
    entries.filter(({ kind }) => kind === 'Completed' || kind === 'Failed').map((entry) => [entry.job, entry]),
  )
  return entries.flatMap(({ time, kind, scheduled, job, text }) => {
    if (kind === 'Started') {
      const end = ends.get(job)
      const until = end?.time ?? instant(to)
      const span = Math.max(1, Number(x(until)) - Number(x(time))).toFixed(1)
      const title = `${job} ${formatTime(time)}${end === undefined ? '' : ` ${end.kind} ${formatTime(end.time)}`}`
      return [
        `<rect x="${x(time)}" y="${y}" width="${span}" height="14" fill="${end?.kind === 'Failed' ? colors.Missed : colors.Started}"><title>${escapeXml(title)}</title></rect>`,
      ]
    }
    const color = colors[kind]
    if (color === undefined || scheduled === undefined) return []
    return [
      `<circle cx="${x(scheduled)}" cy="${y + 7}" r="4" fill="${color}"><title>${escapeXml(`${kind} ${formatTime(scheduled)} ${text ?? ''}`)}</title></circle>`,
    ]
  })
}

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
