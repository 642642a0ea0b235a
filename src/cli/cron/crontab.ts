/**
 * From crontabs to CronJobs. What cron does and Kubernetes cannot is told, never passed over.
 *
 * The rules of crontabs are those of Vixie cron and cronie, as crontab(5) tells them.
 */
import { isTimeZone, parseSchedule } from '../../cron/index.ts'
import { yamlText } from '../../yaml/text/index.ts'
import { type CronJobManifest, cronJobManifest, nameOfCommand } from './manifest.ts'

export type ImportOptions = {
  /** A system crontab, whose lines name a user before the command. */
  readonly system: boolean
  readonly namespace?: string | undefined
  /** For all entries without `CRON_TZ`; the zone of the server when absent. */
  readonly timeZone?: string | undefined
  /** The home directory of the user whom a line names, or of whoever imports: cron starts commands there. */
  readonly homeOf?: ((user: string | undefined) => string | undefined) | undefined
}

export type Imported = {
  readonly manifests: readonly CronJobManifest[]
  /** What is true of a manifest and cannot be said in it. */
  readonly notes: readonly string[]
  /** Lines that have no manifest, and why. */
  readonly problems: readonly string[]
}

/** Annotation of a CronJob that `jobd cron import` made: its line in the crontab. */
const lineAnnotation = 'jobd.dev/crontab-line'
/** Annotation of a CronJob that `jobd cron import` made: the comment above its line. */
const commentAnnotation = 'jobd.dev/crontab-comment'
/** Annotation of a CronJob that `jobd cron import` made: the user that a system crontab names. */
const userAnnotation = 'jobd.dev/crontab-user'

type State = {
  readonly options: ImportOptions
  readonly env: Map<string, string>
  readonly names: Set<string>
  readonly manifests: CronJobManifest[]
  readonly notes: string[]
  readonly problems: string[]
  comments: string[]
}

/** Translates a whole crontab, line by line. */
export function importCrontab(text: string, options: ImportOptions): Imported {
  const state: State = {
    options,
    env: new Map(),
    names: new Set(),
    manifests: [],
    notes: [],
    problems: [],
    comments: [],
  }
  for (const [i, raw] of text.split(/\r?\n/).entries()) readLine(state, raw.trimStart(), i + 1)
  const { manifests, notes, problems } = state
  return { manifests, notes: [...new Set(notes)], problems }
}

function readLine(state: State, line: string, number: number): void {
  if (line.trim() === '') {
    state.comments = []
    return
  }
  if (line.startsWith('#')) {
    state.comments.push(line.replace(/^#+\s?/, '').trimEnd())
    return
  }
  const setting = settingOf(line)
  if (setting === undefined) {
    const problem = readEntry(state, line)
    if (problem !== undefined) state.problems.push(`line ${number} is left out: ${problem}: ${line.trimEnd()}`)
  } else readSetting(state, setting, number)
  state.comments = []
}

type Setting = { readonly name: string; readonly value: string }

/** `NAME=value`, with blanks around `=` and quotes around either side as crontabs may have them. */
function settingOf(line: string): Setting | undefined {
  const match = /^(?:"([^"]+)"|'([^']+)'|([A-Za-z_]\w*))\s*=\s*(.*?)\s*$/.exec(line)
  if (match === null) return undefined
  const [, double, single, plain, text = ''] = match
  const quoted = /^(["'])(.*)\1$/.exec(text)
  return { name: double ?? single ?? plain ?? '', value: quoted?.[2] ?? text }
}

function readSetting({ env, notes, problems }: State, { name, value }: Setting, number: number): void {
  if (name === 'MAILTO' || name === 'MAILFROM') {
    if (value !== '') notes.push(`${name}=${value}: no mail is sent; output stays in the log of the pod`)
    return
  }
  if (name === 'RANDOM_DELAY') {
    notes.push(`RANDOM_DELAY=${value}: CronJobs start at their times, without a random delay`)
    return
  }
  if (name === 'CRON_TZ' && !isTimeZone(value)) {
    problems.push(`line ${number} is left out: ${value} is no IANA time zone: CRON_TZ=${value}`)
    return
  }
  env.set(name, value)
}

const nicknames: ReadonlySet<string> = new Set([
  '@yearly',
  '@annually',
  '@monthly',
  '@weekly',
  '@daily',
  '@midnight',
  '@hourly',
])

/** Reads one entry; a text says why it has no CronJob. */
function readEntry(state: State, line: string): string | undefined {
  // cronie: a minus sign keeps the entry out of the system log.
  const entry = line.replace(/^-(?=\S)/, '')
  const nickname = /^@\S+/.exec(entry)?.[0]
  if (nickname === '@reboot') {
    return '@reboot has no schedule, so no CronJob can stand for it; start the command with the machine, for example by a systemd unit'
  }
  if (nickname !== undefined && !nicknames.has(nickname)) return `cron has no ${nickname}`
  const fields = nickname === undefined ? 5 : 1
  const match = new RegExp(`^((?:\\S+\\s+){${fields}})(.*)$`).exec(entry)
  if (match === null) return 'it is neither a setting nor an entry with five fields and a command'
  const schedule = scheduleOf((match[1] ?? '').trim().split(/\s+/))
  if (!schedule.ok) return schedule.error
  const owned = state.options.system ? /^(\S+)\s+(.*)$/.exec(match[2] ?? '') : [undefined, undefined, match[2]]
  const command = owned?.[2]?.trimEnd() ?? ''
  if (command === '') return state.options.system ? 'it has no user and command' : 'it has no command'
  addManifest(state, { schedule: schedule.value, user: owned?.[1], command, line: line.trimEnd() })
  return undefined
}

type Scheduled = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly error: string }

/** The schedule as Kubernetes has it; an error where the two mean different days. */
function scheduleOf(fields: readonly string[]): Scheduled {
  const [minute = '', hour, day = '', month, weekday = ''] = fields
  if (hour === undefined) return { ok: true, value: minute }
  const random = fields.find((field) => field.includes('~'))
  if (random !== undefined) {
    return { ok: false, error: `cron takes a random time of ${random}, Kubernetes has no such thing; choose one` }
  }
  const stepped = (field: string): boolean => field.startsWith('*/')
  if ((stepped(day) && weekday !== '*') || (stepped(weekday) && day !== '*')) {
    const error =
      'cron takes days that match both day fields when one of them begins with *, Kubernetes takes days that match either; write the days out'
    return { ok: false, error }
  }
  const value = [minute, hour, day, month, sundays(weekday)].join(' ')
  const parsed = parseSchedule(value)
  return parsed.ok ? { ok: true, value } : { ok: false, error: parsed.error }
}

/** Cron calls Sunday 0 and 7, Kubernetes only 0. */
function sundays(weekday: string): string {
  if (!/7/.test(weekday)) return weekday
  const days = weekday.split(',').flatMap((part) => {
    const match = /^(\d)(?:-(\d))?(?:\/(\d+))?$/.exec(part)
    if (match === null || !part.includes('7')) return [part]
    const [from, to, step] = [Number(match[1]), Number(match[2] ?? match[1]), Number(match[3] ?? 1)]
    if (to !== 7 || step < 1 || from > to) return [part]
    const values: string[] = []
    for (let value = from; value <= to; value += step) values.push(String(value % 7))
    return values
  })
  return [...new Set(days)].join(',')
}

type Entry = {
  readonly schedule: string
  readonly user: string | undefined
  readonly command: string
  readonly line: string
}

function addManifest(state: State, { schedule, user, command, line }: Entry): void {
  const { options, env } = state
  const [text = '', ...input] = splitInput(command)
  const { SHELL: shell = '/bin/sh', HOME: home, CRON_TZ: zone, ...others } = Object.fromEntries(env)
  const stdin = input.length === 0 ? undefined : input.join('\n').replace(/\n?$/, '\n')
  state.manifests.push(
    cronJobManifest({
      name: freeName(state, nameOfCommand(text)),
      namespace: options.namespace,
      schedule,
      timeZone: zone ?? options.timeZone,
      command: stdin === undefined ? [shell, '-c', text] : fedWith(stdin, shell, text),
      workingDir: home ?? options.homeOf?.(user),
      env: { ...others, ...(env.has('SHELL') ? { SHELL: shell } : {}), ...(home === undefined ? {} : { HOME: home }) },
      annotations: {
        [lineAnnotation]: line,
        ...(state.comments.length === 0 ? {} : { [commentAnnotation]: state.comments.join('\n') }),
        ...(user === undefined ? {} : { [userAnnotation]: user }),
      },
    }),
  )
  if (user !== undefined) {
    state.notes.push(`user ${user}: commands run as the user of jobd; set spec.securityContext.runAsUser to change it`)
  }
}

/** The first unescaped `%` ends the command; what follows is its input, each further `%` a new line. */
function splitInput(command: string): readonly string[] {
  return command.split(/(?<!\\)%/).map((part) => part.replaceAll('\\%', '%'))
}

/** Values travel as arguments, so that nothing in them is read by the shell that joins the two. */
const fedWith = (stdin: string, shell: string, command: string): readonly string[] => [
  '/bin/sh',
  '-c',
  'printf %s "$1" | "$2" -c "$3"',
  'crontab',
  stdin,
  shell,
  command,
]

function freeName({ names }: State, base: string): string {
  let name = base
  for (let i = 2; names.has(name); i++) name = `${base}-${i}`
  names.add(name)
  return name
}

/** The manifests as YAML, for `kubectl apply` and for a version control. */
export const crontabYaml = ({ manifests, notes, problems }: Imported): string =>
  [
    ...[...notes, ...problems].map((note) => `# ${note}\n`),
    ...manifests.map((manifest) => `---\n${yamlText(manifest)}`),
  ].join('')
