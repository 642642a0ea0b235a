/** `jobd wait`, `history`, `trigger`, `rerun` and `cron add` on the running server. */
import { fail, millis, ok, type Result } from '../base/index.ts'
import {
  addCronJob,
  type Connection,
  type OutputFormat,
  parseEnv,
  parseNames,
  printHistory,
  type RunContext,
  rerunJob,
  type Terminal,
  triggerCronJob,
  waitForJobs,
} from '../cli/index.ts'
import { parseGoDuration } from '../cron/index.ts'
import { connect } from './connect.ts'
import { withInterrupts } from './interrupts.ts'
import { realClock, realTerminal } from './real.ts'

type Common = { readonly dataDir?: string | undefined; readonly namespace: string }

/** The one name in `cronjob/x` or `x`; the error says what is expected. */
function nameOf(word: string, kind: 'CronJob' | 'Job'): Result<string, string> {
  const example = `${kind.toLowerCase()}/NAME`
  if (!word.includes('/')) return word === '' ? fail(`say which: ${example}`) : ok(word)
  const named = parseNames([word])
  if (!named.ok) return named
  const [one] = named.value
  const [name] = one?.names ?? []
  return one?.kind.kind === kind && name !== undefined ? ok(name) : fail(`expected ${example}, not ${word}`)
}

async function onServer(
  { dataDir }: Common,
  act: (context: { readonly connection: Connection; readonly terminal: Terminal }) => Promise<number>,
): Promise<number> {
  const terminal = realTerminal()
  const connection = await connect(dataDir)
  if (!connection.ok) {
    terminal.err(`${connection.error}\n`)
    return 1
  }
  try {
    return await act({ connection: connection.value, terminal })
  } finally {
    await connection.value.close()
  }
}

/** As `onServer`, for what is followed until it ends; an interrupt ends the Jobs. */
async function following(options: Common, act: (context: RunContext) => Promise<number>): Promise<number> {
  const { namespace } = options
  return await withInterrupts((interrupts) =>
    onServer(options, (context) => act({ ...context, clock: realClock, namespace, ...interrupts })),
  )
}

function wrong(message: string): Promise<number> {
  realTerminal().err(`${message}\n`)
  return Promise.resolve(2)
}

export function history(what: string, flags: Common & { readonly output?: OutputFormat }): Promise<number> {
  const name = nameOf(what, 'CronJob')
  if (!name.ok) return wrong(name.error)
  return onServer(flags, (context) =>
    printHistory(name.value, flags.output ?? 'table', { ...context, clock: realClock, namespace: flags.namespace }),
  )
}

type TriggerFlags = Common & { readonly env: readonly string[]; readonly wait: boolean }

export function trigger(what: string, args: readonly string[], flags: TriggerFlags): Promise<number> {
  const name = nameOf(what, 'CronJob')
  if (!name.ok) return wrong(name.error)
  const env = parseEnv(flags.env)
  if (!env.ok) return wrong(env.error)
  return following(flags, (context) => triggerCronJob(name.value, { env: env.value, args, wait: flags.wait }, context))
}

type RerunFlags = Common & { readonly failedIndexes: boolean; readonly wait: boolean }

export function rerun(what: string, flags: RerunFlags): Promise<number> {
  const name = nameOf(what, 'Job')
  if (!name.ok) return wrong(name.error)
  return following(flags, (context) => rerunJob(name.value, flags, context))
}

type WaitFlags = Common & { readonly timeout?: string }

export function wait(what: readonly string[], { timeout, ...common }: WaitFlags): Promise<number> {
  const names: string[] = []
  for (const word of what) {
    const name = nameOf(word, 'Job')
    if (!name.ok) return wrong(name.error)
    names.push(name.value)
  }
  if (timeout === undefined) return following(common, (context) => waitForJobs(names, {}, context))
  const nanos = parseGoDuration(timeout)
  if (!nanos.ok || nanos.value < 0n) return wrong(`--timeout takes a duration such as 30s or 10m, not ${timeout}`)
  const given = { span: millis(Number(nanos.value / 1_000_000n)), text: timeout }
  return following(common, (context) => waitForJobs(names, { timeout: given }, context))
}

type AddFlags = Common & {
  readonly timeZone?: string
  readonly concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace'
}

export function add(name: string, schedule: string, command: readonly string[], flags: AddFlags): Promise<number> {
  if (command.length === 0)
    return wrong("say what to run behind '--', e.g. jobd cron add tidy '0 3 * * *' -- ./tidy.sh")
  if (command[0] === '') return wrong("the command behind '--' begins with an empty word: name a program")
  if (name === '') return wrong('the name of the CronJob is empty')
  const { namespace, timeZone, concurrencyPolicy } = flags
  const given = { name, namespace, schedule, timeZone, concurrencyPolicy, command, workingDir: process.cwd() }
  return onServer(flags, (context) => addCronJob(given, { ...context, now: realClock.now() }))
}
