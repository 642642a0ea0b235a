/** `jobd cron explain`: a schedule in words, what may surprise about it, and its next times. */
import { fail, formatTime, type Instant, ok, type Result } from '../../base/index.ts'
import {
  describeSchedule,
  formatInZone,
  type Language,
  nextTime,
  parseSchedule,
  timeZone,
  utc,
  zoneProblem,
} from '../../cron/index.ts'

export type ExplainQuestion = {
  readonly schedule: string
  /** An exact IANA name; UTC when empty. */
  readonly timeZone: string
  readonly language: Language
  readonly now: Instant
  /** How many next times. */
  readonly count: number
}
export type Explanation = {
  readonly text: string
  readonly warnings: readonly string[]
  /** Each in the zone of the schedule and in UTC, RFC 3339. */
  readonly next: readonly { readonly local: string; readonly utc: string }[]
}

/** The most next times that are told. */
const mostTimes = 1000

/** The error is upstream's text for the schedule or the zone. */
export function explainSchedule(question: ExplainQuestion): Result<Explanation, string> {
  const { schedule: text, language, now, count } = question
  if (!Number.isInteger(count) || count < 0 || count > mostTimes)
    return fail(`--count takes a whole number from 0 to ${mostTimes}`)
  const schedule = parseSchedule(text)
  if (!schedule.ok) return schedule
  const zone = question.timeZone === '' ? utc : timeZone(question.timeZone)
  if (zone === undefined) return fail(zoneProblem(question.timeZone))
  const next: { local: string; utc: string }[] = []
  for (let at: Instant | undefined = now; next.length < count; ) {
    at = nextTime(schedule.value, zone, at)
    if (at === undefined) break
    next.push({ local: formatInZone(at, zone), utc: formatTime(at) })
  }
  return ok({ ...describeSchedule(schedule.value, zone, now, language), next })
}

const words: Readonly<Record<Language, { readonly next: string; readonly warning: string }>> = {
  en: { next: 'next', warning: 'note' },
  ja: { next: '次回', warning: '注意' },
}

/** For people: the sentence, the notes, the times. */
export function explanationText({ text, warnings, next }: Explanation, language: Language): string {
  const { next: nextWord, warning } = words[language]
  const lines = [text, ...warnings.map((each) => `${warning}: ${each}`)]
  for (const { local, utc: inUtc } of next) {
    lines.push(local === inUtc ? `${nextWord}: ${inUtc}` : `${nextWord}: ${local} (${inUtc})`)
  }
  return `${lines.join('\n')}\n`
}
