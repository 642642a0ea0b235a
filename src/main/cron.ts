/** `jobd cron next`, `explain` and `import`: they need no server. */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { isFileTrouble, parseTime, reasonOf } from '../base/index.ts'
import { answerLine, crontabYaml, explainSchedule, explanationText, importCrontab, nextTimes } from '../cli/index.ts'
import { isTimeZone } from '../cron/index.ts'
import { homeDirectory } from './data-dir.ts'
import { readStandardInput, realClock, realTerminal } from './real.ts'

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
  if (flags.stdin && schedule === undefined) return await answerLines()
  const wrong = (message: string): number => {
    terminal.err(`${message}\n`)
    return 2
  }
  if (flags.stdin) return wrong(`--stdin reads schedules from standard input: leave out ${schedule}`)
  if (!schedule) return wrong("say which schedule, e.g. jobd cron next '*/5 * * * *'")
  const after = flags.after === undefined ? realClock.now() : parseTime(flags.after)
  if (after === undefined)
    return wrong(`--after takes an RFC 3339 time such as 2026-01-01T00:00:00Z, not ${flags.after}`)
  const times = nextTimes({ schedule, timeZone: flags.timeZone, after, count: Number(flags.count) })
  if (!times.ok) return wrong(times.error)
  if (flags.output === 'json') terminal.out(`${JSON.stringify({ next: times.value })}\n`)
  else for (const time of times.value) terminal.out(`${time}\n`)
  if (times.value.length === 0 && flags.count !== '0') terminal.err(`${schedule} does not fire within five years\n`)
  return 0
}

async function answerLines(): Promise<number> {
  const terminal = realTerminal()
  for await (const line of createInterface({ input: process.stdin })) {
    terminal.out(`${answerLine(line, realClock.now())}\n`)
  }
  return 0
}

type ExplainFlags = {
  readonly timeZone: string
  readonly lang: 'en' | 'ja'
  readonly count: string
  readonly output?: 'json'
}

/** Exit code 2 when the schedule cannot be understood. */
export function explain(schedule: string, { timeZone, lang, count, output }: ExplainFlags): number {
  const terminal = realTerminal()
  const explained = explainSchedule({ schedule, timeZone, language: lang, now: realClock.now(), count: Number(count) })
  if (!explained.ok) {
    terminal.err(`${explained.error}\n`)
    return 2
  }
  if (output === 'json') terminal.out(`${JSON.stringify(explained.value)}\n`)
  else terminal.out(explanationText(explained.value, lang))
  return 0
}

type ImportFlags = { readonly system: boolean; readonly namespace?: string; readonly timeZone?: string }

/** Exit code 1 when a line has no CronJob, 2 when there is nothing to read. */
export async function importFile(file: string, flags: ImportFlags): Promise<number> {
  const terminal = realTerminal()
  if (flags.timeZone !== undefined && !isTimeZone(flags.timeZone)) {
    terminal.err(`--time-zone takes an IANA time zone such as Asia/Tokyo, not ${flags.timeZone}\n`)
    return 2
  }
  if (file === '') {
    terminal.err('the name of the crontab is empty: name one, or - for standard input\n')
    return 2
  }
  let text: string
  try {
    text = file === '-' ? await readStandardInput() : await readFile(file, 'utf8')
  } catch (error) {
    const missing = isFileTrouble(error) && error.code === 'ENOENT'
    const why = reasonOf(error)
    terminal.err(missing ? `${file} does not exist: check the path\n` : `${file} cannot be read: ${why}\n`)
    return 2
  }
  const imported = importCrontab(text, { ...flags, homeOf })
  terminal.out(crontabYaml(imported))
  if (text.trim() === '') terminal.err(`${file} is empty: there is nothing to import\n`)
  for (const note of [...imported.notes, ...imported.problems]) terminal.err(`${note}\n`)
  return imported.problems.length === 0 ? 0 : 1
}

/** Where cron would start what a user's crontab says; undefined for users that this machine does not know. */
function homeOf(user: string | undefined): string | undefined {
  try {
    if (user === undefined) return homeDirectory()
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
    return lines.map((line) => line.split(':')).find(([name]) => name === user)?.[5]
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return undefined
  }
}
