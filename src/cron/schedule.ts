/**
 * The grammar of schedules: five fields, descriptors, `@every`, and the old zone prefix.
 *
 * @source robfig/cron v3 parser.go, ParseStandard (facts: grammar, order of checks, errors)
 */
import { dictionary, fail, ok, type Result } from '../base/index.ts'
import { parseGoDuration } from './go-duration.ts'
import { isTimeZone } from './zone.ts'

/** The values of one field: `matches[value]`; `starred` when it had a plain `*` or `?`. */
export type Field = { readonly matches: readonly boolean[]; readonly starred: boolean }

export type Schedule =
  | {
      readonly kind: 'Fields'
      readonly minute: Field
      readonly hour: Field
      readonly dayOfMonth: Field
      readonly month: Field
      readonly dayOfWeek: Field
      /** A field is empty, as `,` is: nothing ever matches. */
      readonly never: boolean
      /** The zone of a `TZ=` or `CRON_TZ=` prefix. */
      readonly zone?: string | undefined
    }
  /** `@every`: whole seconds from the reference time on, whatever the clock shows. */
  | { readonly kind: 'Every'; readonly seconds: number; readonly zone?: string | undefined }

type Bounds = { readonly min: number; readonly max: number; readonly names?: Readonly<Record<string, number>> }

const named = (first: number, text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(text.split(' ').map((name, index) => [name, first + index]))

const minutes: Bounds = { min: 0, max: 59 }
const hours: Bounds = { min: 0, max: 23 }
const daysOfMonth: Bounds = { min: 1, max: 31 }
const months: Bounds = { min: 1, max: 12, names: named(1, 'jan feb mar apr may jun jul aug sep oct nov dec') }
const daysOfWeek: Bounds = { min: 0, max: 6, names: named(0, 'sun mon tue wed thu fri sat') }

const descriptors = dictionary<string>({
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
})

/** White space as Go's `unicode.IsSpace` has it. */
const space = /[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/
const edgeSpace = new RegExp(`^${space.source}|${space.source}$`, 'g')
const everyPrefix = '@every '

/** Schedules are read with every look at a CronJob, and there are few different ones. */
const known = new Map<string, Result<Schedule, string>>()
const knownBound = 4096

/** Reads a schedule; the error is upstream's text. A schedule that never fires is a schedule. */
export function parseSchedule(text: string): Result<Schedule, string> {
  const before = known.get(text)
  if (before !== undefined) return before
  const parsed = parseAnew(text)
  if (known.size >= knownBound) known.clear()
  known.set(text, parsed)
  return parsed
}

function parseAnew(text: string): Result<Schedule, string> {
  if (text === '') return fail('empty spec string')
  if (!text.startsWith('TZ=') && !text.startsWith('CRON_TZ=')) return parseWithoutZone(text)
  const end = text.indexOf(' ')
  // Upstream's parser falls over here, and its validation tells how.
  if (end < 0) return fail('invalid schedule format: runtime error: slice bounds out of range [:-1]')
  const given = text.slice(text.indexOf('=') + 1, end)
  const zone = given === '' || given === 'Local' ? 'UTC' : given
  if (!isTimeZone(zone)) return fail(`provided bad location ${given}: ${zoneProblem(given)}`)
  const parsed = parseWithoutZone(text.slice(end).replace(edgeSpace, ''))
  return parsed.ok ? ok({ ...parsed.value, zone }) : parsed
}

/** What Go's loader says of a name that is none. */
export const zoneProblem = (name: string): string =>
  name.includes('..') || name.startsWith('/') || name.includes('\\')
    ? 'time: invalid location name'
    : `unknown time zone ${name}`

function parseWithoutZone(text: string): Result<Schedule, string> {
  if (text.startsWith('@')) return parseDescriptor(text)
  const fields = text.split(space).filter((field) => field !== '')
  if (fields.length !== 5) return fail(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  const [minute, hour, dayOfMonth, month, dayOfWeek] = [minutes, hours, daysOfMonth, months, daysOfWeek].map(
    (bounds, index) => parseField(fields[index] ?? '', bounds),
  ) as [
    Result<Field, string>,
    Result<Field, string>,
    Result<Field, string>,
    Result<Field, string>,
    Result<Field, string>,
  ]
  if (!minute.ok) return minute
  if (!hour.ok) return hour
  if (!dayOfMonth.ok) return dayOfMonth
  if (!month.ok) return month
  if (!dayOfWeek.ok) return dayOfWeek
  const read = {
    minute: minute.value,
    hour: hour.value,
    dayOfMonth: dayOfMonth.value,
    month: month.value,
    dayOfWeek: dayOfWeek.value,
  }
  return ok({ kind: 'Fields', ...read, never: Object.values(read).some(({ matches }) => !matches.includes(true)) })
}

function parseDescriptor(text: string): Result<Schedule, string> {
  const fields = descriptors[text]
  if (fields !== undefined) return parseWithoutZone(fields)
  if (!text.startsWith(everyPrefix)) return fail(`unrecognized descriptor: ${text}`)
  const duration = parseGoDuration(text.slice(everyPrefix.length))
  if (!duration.ok) return fail(`failed to parse duration ${text}: ${duration.error}`)
  const seconds = Number(duration.value / 1_000_000_000n)
  return ok({ kind: 'Every', seconds: Math.max(1, seconds) })
}

function parseField(text: string, bounds: Bounds): Result<Field, string> {
  const matches: boolean[] = new Array(bounds.max + 1).fill(false)
  let starred = false
  for (const member of text.split(',')) {
    if (member === '') continue
    const range = parseRange(member, bounds)
    if (!range.ok) return range
    const { start, end, step, star } = range.value
    for (let value = start; value <= end; value += step) matches[value] = true
    starred ||= star
  }
  return ok({ matches, starred })
}

type Range = { readonly start: number; readonly end: number; readonly step: number; readonly star: boolean }

/** One member of a list: `*`, `?`, `N`, `N-M`, each with `/S`. The order of the checks decides which error is told. */
function parseRange(text: string, { min, max, names }: Bounds): Result<Range, string> {
  const [range = '', stepText, ...moreSteps] = text.split('/')
  const [low = '', high, ...moreHyphens] = range.split('-')
  const star = low === '*' || low === '?'
  let start = BigInt(min)
  let end = BigInt(max)
  if (!star) {
    const first = parseValue(low, names)
    if (!first.ok) return first
    start = first.value
    if (moreHyphens.length > 0) return fail(`too many hyphens: ${text}`)
    const last = high === undefined ? first : parseValue(high, names)
    if (!last.ok) return last
    end = last.value
  }
  let step = 1n
  if (stepText !== undefined) {
    if (moreSteps.length > 0) return fail(`too many slashes: ${text}`)
    const parsed = parseInteger(stepText)
    if (!parsed.ok) return parsed
    step = parsed.value
    // `N/S` goes on to the end of the range.
    if (high === undefined) end = BigInt(max)
  }
  if (start < min) return fail(`beginning of range (${start}) below minimum (${min}): ${text}`)
  if (end > max) return fail(`end of range (${end}) above maximum (${max}): ${text}`)
  if (start > end) return fail(`beginning of range (${start}) beyond end of range (${end}): ${text}`)
  if (step === 0n) return fail(`step of range should be a positive number: ${text}`)
  return ok({ start: Number(start), end: Number(end), step: Number(step), star: star && step === 1n })
}

function parseValue(text: string, names: Bounds['names']): Result<bigint, string> {
  const name = names?.[text.toLowerCase()]
  return name === undefined ? parseInteger(text) : ok(BigInt(name))
}

/** Go's Atoi, and no negative numbers. */
function parseInteger(text: string): Result<bigint, string> {
  const problem = (what: string): Result<bigint, string> =>
    fail(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: ${what}`)
  if (!/^[+-]?\d+$/.test(text)) return problem('invalid syntax')
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  if (value >= 2n ** 63n || value < -(2n ** 63n)) return problem('value out of range')
  return value < 0n ? fail(`negative number (${value}) not allowed: ${text}`) : ok(value)
}
