/**
 * Time zones from the data of the runtime. `Intl` is used here although this code is pure: it is a table that ships with
 * the runtime, it reads no clock and no environment, and the answers for one zone and instant are always the same.
 *
 * Asking it is slow (2 µs), so the offsets of a zone are kept in a table that grows by spans of about a year as they are
 * asked for. A span is sampled every 6 days, and where the offset differs the change is found by bisection. No zone has
 * two changes within 6 days since 1970, nor will have until 2100 (a test holds this against the data).
 */
import { zoneNames } from './zone-names.ts'

/** The offset from UTC in seconds, and between which instants (Unix seconds) it is known to hold. */
export type Offset = { readonly seconds: number; readonly start: number; readonly end: number }

export type TimeZone = {
  readonly name: string
  /** The offset at an instant in Unix seconds. Times before 1970 may be imprecise. */
  readonly offsetAt: (unix: number) => Offset
}

const spanSeconds = 2 ** 25
const sampleSeconds = 2 ** 19

/** Names that the runtime knows and our list, which may be older, does not. */
const runtimeNames: () => ReadonlySet<string> = once(() => new Set(Intl.supportedValuesOf('timeZone')))
const listedNames: () => ReadonlySet<string> = once(() => new Set(zoneNames))

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Whether a time zone has exactly this name: upper and lower case count, and no other forms (`+02:00`) are names. */
export function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true
  return (listedNames().has(name) || runtimeNames().has(name)) && timeZone(name) !== undefined
}

const zones = new Map<string, TimeZone | undefined>()

/** The zone of a name; undefined when there is none. */
export function timeZone(name: string): TimeZone | undefined {
  if (zones.has(name)) return zones.get(name)
  if (!listedNames().has(name) && !runtimeNames().has(name) && name !== 'UTC') return undefined
  const zone = makeZone(name)
  zones.set(name, zone)
  return zone
}

const forever: Offset = { seconds: 0, start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }

/** The zone without changes. */
export const utc: TimeZone = { name: 'UTC', offsetAt: () => forever }

function makeZone(name: string): TimeZone | undefined {
  if (name === 'UTC') return utc
  if (formatterOf(name) === undefined) return undefined
  const spans = new Map<number, readonly Offset[]>()
  let last = forever
  let known = false
  return {
    name,
    offsetAt: (unix) => {
      if (known && unix >= last.start && unix < last.end) return last
      const index = Math.floor(unix / spanSeconds)
      let span = spans.get(index)
      if (span === undefined) {
        span = readSpan(name, index * spanSeconds)
        spans.set(index, span)
      }
      last = span.find(({ end }) => unix < end) ?? last
      known = true
      return last
    },
  }
}

/** The offsets from `start` on for one span, in order and without gaps. */
function readSpan(name: string, start: number): readonly Offset[] {
  const offsets: Offset[] = []
  const end = start + spanSeconds
  let since = start
  let current = ask(name, start)
  for (let at = start; at < end; at += sampleSeconds) {
    const next = ask(name, at + sampleSeconds)
    if (next === current) continue
    const change = bisect(name, at, at + sampleSeconds, current)
    if (change < end) {
      offsets.push({ seconds: current, start: since, end: change })
      since = change
    }
    current = next
  }
  const holds = since === end ? undefined : { seconds: ask(name, since), start: since, end }
  return holds === undefined ? offsets : [...offsets, holds]
}

/** The first second in (from, to] at which the offset is no longer `offset`. */
function bisect(name: string, from: number, to: number, offset: number): number {
  let before = from
  let after = to
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (ask(name, middle) === offset) before = middle
    else after = middle
  }
  return after
}

/** Formatters are big; few are kept, the least recently made goes first. */
const formatters = new Map<string, Intl.DateTimeFormat>()
const keptFormatters = 32

function formatterOf(name: string): Intl.DateTimeFormat | undefined {
  const known = formatters.get(name)
  if (known !== undefined) return known
  let made: Intl.DateTimeFormat
  try {
    made = new Intl.DateTimeFormat('en-US', { timeZone: name, minute: 'numeric', timeZoneName: 'shortOffset' })
  } catch {
    // The only failure of the constructor with these options is a RangeError: the runtime has no such zone.
    return undefined
  }
  const [oldest] = formatters.keys()
  if (formatters.size >= keptFormatters && oldest !== undefined) formatters.delete(oldest)
  formatters.set(name, made)
  return made
}

const shownOffset = /GMT(?:([+-])(\d+)(?::(\d+))?(?::(\d+))?)?$/

/** The offset in seconds, from texts such as `13 GMT-3:30`. */
function ask(name: string, unix: number): number {
  const [, sign, hours = '0', minutes = '0', seconds = '0'] =
    shownOffset.exec(formatterOf(name)?.format(unix * 1000) ?? '') ?? []
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return sign === '-' ? -offset : offset
}
