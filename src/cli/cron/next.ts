/** `jobd cron next`: when a schedule is due. */
import { fail, formatTime, type Instant, ok, parseTime, type Result } from '../../base/index.ts'
import { nextTime, parseSchedule, timeZone, utc, zoneProblem } from '../../cron/index.ts'

export type NextQuestion = {
  readonly schedule: string
  /** An exact IANA name; UTC when absent or empty. */
  readonly timeZone?: string | undefined
  readonly after: Instant
  /** How many times; 1 when absent. */
  readonly count?: number | undefined
}

/** The most times that one question may ask for: bounds the answer's size. */
const mostTimes = 10_000

/** RFC 3339 times in UTC, fewer than `count` when the schedule ends. The error is upstream's text. */
export function nextTimes({
  schedule,
  timeZone: zoneName = '',
  after,
  count = 1,
}: NextQuestion): Result<readonly string[], string> {
  if (!Number.isInteger(count) || count < 0 || count > mostTimes)
    return fail(`count must be a whole number from 0 to ${mostTimes}`)
  const parsed = parseSchedule(schedule)
  if (!parsed.ok) return parsed
  const zone = zoneName === '' ? utc : timeZone(zoneName)
  if (zone === undefined) return fail(zoneProblem(zoneName))
  const times: string[] = []
  for (let at: Instant | undefined = after; times.length < count; ) {
    at = nextTime(parsed.value, zone, at)
    if (at === undefined) break
    times.push(formatTime(at))
  }
  return ok(times)
}

/** One line of `--stdin`: a JSON question; the answer is one line of JSON, whatever the line holds. */
export function answerLine(line: string, now: Instant): string {
  const question = questionOf(line, now)
  const answer = question.ok ? nextTimes(question.value) : question
  return JSON.stringify(answer.ok ? { next: answer.value } : { error: answer.error })
}

function questionOf(line: string, now: Instant): Result<NextQuestion, string> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return fail('the line is not JSON')
  }
  if (typeof value !== 'object' || value === null) return fail('the line is not a JSON object')
  const { schedule, timeZone: zone, after, count } = value as Record<string, unknown>
  if (typeof schedule !== 'string') return fail('schedule must be a text')
  if (zone !== undefined && zone !== null && typeof zone !== 'string') return fail('timeZone must be a text')
  if (count !== undefined && count !== null && typeof count !== 'number') return fail('count must be a number')
  const at = after === undefined || after === null ? now : typeof after === 'string' ? parseTime(after) : undefined
  if (at === undefined) return fail('after must be an RFC 3339 time')
  return ok({ schedule, timeZone: zone ?? undefined, after: at, count: count ?? undefined })
}
