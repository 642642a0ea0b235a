/** `jobd simulate -o svg`: the timeline of CronJobs as a picture. */
import { formatTime, type Instant, instant } from '../base/index.ts'
import type { Entry } from '../simulator/index.ts'
import type { SimulateRequest, Simulation } from './simulate.ts'

const width = 1000
const left = 170
const right = 20
const top = 44
const rowHeight = 32
const barHeight = 14
/** Below the rows: the times, then the legend. */
const footHeight = 52
/** Times on the axis, the first and the last among them. */
const ticks = 5

/** What fell on one column of the picture: as many marks as it has columns are enough, whatever the span. */
type Column = {
  started: number
  failed: number
  Skipped: number
  Missed: number
  FailedToStart: number
  readonly from: Instant
  /** Of the Jobs. */
  until: Instant
  /** Of the times without a Job. */
  last: Instant
  why: string
}

type Marks = Map<number, Column>

/**
 * One row for each CronJob: bars are Jobs, red when one of them failed; marks are due times without a Job; grey is the
 * downtime. What lies too close to be told apart is drawn as one, and its title tells how many it stands for.
 */
export function timelineSvg(
  { names, moments }: Simulation,
  { from, to, down }: Pick<SimulateRequest, 'from' | 'to' | 'down'>,
): string {
  const x = (at: Instant): number => left + ((at - from) / (to - from)) * (width - left - right)
  const rows = collect(names, moments, { x, to })
  const height = top + names.length * rowHeight + footHeight
  const bottom = height - footHeight
  const shapes = [
    ...down.map((span) => {
      const [a, b] = [Math.max(x(span.from), left), Math.min(x(span.to), width - right)]
      const title = `down from ${formatTime(span.from)} to ${formatTime(span.to)}`
      return rect({ x: a, y: top - 8, width: b - a, height: bottom - top + 8, fill: '#e2e2e2', title })
    }),
    ...axis({ from, to, bottom, x }),
    ...names.flatMap((name, row) => rowShapes(name, rows.get(name) ?? new Map(), top + row * rowHeight, x)),
    ...legend(height - 14),
  ]
  const head = `<text x="8" y="18" font-size="14">${formatTime(from)} to ${formatTime(to)}</text>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="white"/>\n${head}\n${shapes.join('\n')}\n</svg>\n`
}

type Scale = (at: Instant) => number

function collect(
  names: readonly string[],
  moments: Simulation['moments'],
  { x, to }: { readonly x: Scale; readonly to: Instant },
): ReadonlyMap<string, Marks> {
  const rows = new Map<string, Marks>(names.map((name) => [name, new Map()]))
  /** The columns of Jobs that have not ended. */
  const running = new Map<string, Column>()
  for (const moment of moments) {
    for (const entry of moment) mark(entry, rows.get(entry.cronJob) ?? new Map(), running, x)
  }
  for (const bar of running.values()) bar.until = to
  return rows
}

function mark(entry: Entry, marks: Marks, running: Map<string, Column>, x: Scale): void {
  const { time, cronJob, kind, scheduled = time, last = scheduled, job = '', text = '' } = entry
  const run = `${cronJob} ${job}`
  const columnAt = (at: Instant): Column => columnOf(marks, Math.round(x(at)), at)
  switch (kind) {
    case 'Started': {
      const column = columnAt(time)
      column.started++
      running.set(run, column)
      break
    }
    case 'Completed':
    case 'Failed':
    case 'Deleted': {
      const bar = running.get(run)
      running.delete(run)
      if (bar === undefined) break
      if (kind === 'Failed') bar.failed++
      bar.until = instant(Math.max(bar.until, time))
      break
    }
    case 'Skipped':
    case 'Missed':
    case 'FailedToStart': {
      const column = columnAt(scheduled)
      column[kind]++
      column.last = instant(Math.max(column.last, last))
      column.why = text
      break
    }
    case 'Event':
      break
  }
}

function columnOf(marks: Marks, at: number, from: Instant): Column {
  const there = marks.get(at)
  if (there !== undefined) return there
  const none = { started: 0, failed: 0, Skipped: 0, Missed: 0, FailedToStart: 0 }
  const made = { ...none, from, until: from, last: from, why: '' }
  marks.set(at, made)
  return made
}

function rowShapes(name: string, marks: Marks, y: number, x: Scale): readonly string[] {
  const shown = name.length > 22 ? `${name.slice(0, 21)}…` : name
  const shapes = [`<text x="8" y="${y + 12}">${escapeXml(shown)}<title>${escapeXml(name)}</title></text>`]
  const middle = y + barHeight / 2
  for (const [at, { started, failed, from, until, ...without }] of marks) {
    if (started > 0) {
      const what = `${count(started, 'run')}${failed > 0 ? `, ${failed} failed` : ''}`
      const title = `${what}, ${formatTime(from)} to ${formatTime(until)}`
      const fill = failed > 0 ? red : blue
      shapes.push(rect({ x: at, y, width: Math.max(1, x(until) - at), height: barHeight, fill, title }))
    }
    for (const { kind, fill, what } of withoutJob) {
      if (without[kind] === 0) continue
      const { last, why } = without
      const span = last > from ? `${formatTime(from)} to ${formatTime(last)}` : formatTime(from)
      const title = `${what} ${span}: ${why}`
      if (x(last) > at + 1) shapes.push(rect({ x: at, y: middle - 2, width: x(last) - at, height: 4, fill, title }))
      shapes.push(circle(at, middle, fill, title))
    }
  }
  return shapes
}

const count = (n: number, what: string): string => (n === 1 ? `1 ${what}` : `${n} ${what}s`)

const blue = '#4a90d9'
const yellow = '#d9a400'
const red = '#d0453a'
const dark = '#6b1010'

const withoutJob = [
  { kind: 'Skipped', fill: yellow, what: 'skipped' },
  { kind: 'Missed', fill: red, what: 'missed' },
  { kind: 'FailedToStart', fill: dark, what: 'failed to start' },
] as const

type Box = {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly fill: string
  readonly title?: string
}

const short = (value: number): string => String(Math.round(value * 10) / 10)
const titled = (title: string | undefined): string => (title === undefined ? '' : `<title>${escapeXml(title)}</title>`)
const rect = ({ x, y, width, height, fill, title }: Box): string =>
  `<rect x="${short(x)}" y="${y}" width="${short(width)}" height="${height}" fill="${fill}">${titled(title)}</rect>`
const circle = (x: number, y: number, fill: string, title?: string): string =>
  `<circle cx="${x}" cy="${y}" r="4" fill="${fill}" stroke="white" stroke-width="0.5">${titled(title)}</circle>`

const hour = 3_600_000
type Axis = { readonly from: Instant; readonly to: Instant; readonly bottom: number; readonly x: Scale }

/** Times below the rows, the first at the left edge and the last at the right one. */
function axis({ from, to, bottom, x }: Axis): readonly string[] {
  const shown = (at: Instant): string => {
    const text = formatTime(at)
    return to - from < hour ? text.slice(11, 19) : text.slice(0, 16).replace('T', ' ')
  }
  return Array.from({ length: ticks }, (_, i) => {
    const at = instant(from + ((to - from) * i) / (ticks - 1))
    const anchor = i === 0 ? 'start' : i === ticks - 1 ? 'end' : 'middle'
    const place = short(x(at))
    return `<path d="M${place} ${top - 8}V${bottom}" stroke="#ccc"/><text x="${place}" y="${bottom + 14}" text-anchor="${anchor}" fill="#555">${shown(at)}</text>`
  })
}

function legend(y: number): readonly string[] {
  const mark = (x: number, shape: string, text: string): string =>
    `${shape}<text x="${x + 14}" y="${y}" fill="#555">${text}</text>`
  const bar = (x: number, fill: string): string => rect({ x, y: y - 9, width: 10, height: 10, fill })
  return [
    mark(left, bar(left, blue), 'Job'),
    mark(left + 70, bar(left + 70, red), 'failed Job'),
    mark(left + 170, circle(left + 175, y - 4, yellow), 'skipped time'),
    mark(left + 280, circle(left + 285, y - 4, red), 'missed time'),
    mark(left + 390, circle(left + 395, y - 4, dark), 'failed to start'),
    mark(left + 500, bar(left + 500, '#e2e2e2'), 'controller down'),
  ]
}

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
