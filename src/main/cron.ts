/** `jobd cron …`: needs no server. */
import { createInterface } from 'node:readline'
import { parseTime } from '../base/index.ts'
import { answerLine, nextTimes } from '../cli/index.ts'
import { realClock, realTerminal } from './real.ts'

type NextFlags = {
  readonly timeZone: string
  readonly after?: string
  readonly count: string
  readonly output?: 'json'
  readonly stdin: boolean
}

/** Exit code 2 when the question cannot be understood. */
export async function next(schedule: string | undefined, flags: NextFlags): Promise<number> {
  const terminal = realTerminal()
  if (flags.stdin) return await answerLines()
  const wrong = (message: string): number => {
    terminal.err(`${message}\n`)
    return 2
  }
  if (schedule === undefined) return wrong("say which schedule, e.g. jobd cron next '*/5 * * * *'")
  const after = flags.after === undefined ? realClock.now() : parseTime(flags.after)
  if (after === undefined)
    return wrong(`--after takes an RFC 3339 time such as 2026-01-01T00:00:00Z, not ${flags.after}`)
  const times = nextTimes({ schedule, timeZone: flags.timeZone, after, count: Number(flags.count) })
  if (!times.ok) return wrong(times.error)
  if (flags.output === 'json') terminal.out(`${JSON.stringify({ next: times.value })}\n`)
  else for (const time of times.value) terminal.out(`${time}\n`)
  return 0
}

async function answerLines(): Promise<number> {
  const terminal = realTerminal()
  for await (const line of createInterface({ input: process.stdin })) {
    terminal.out(`${answerLine(line, realClock.now())}\n`)
  }
  return 0
}
