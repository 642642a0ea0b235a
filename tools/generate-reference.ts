/**
 * Writes docs/reference.md from the code: commands, annotations, metrics, events, errors, admission plugins, and what jobd does
 * with each field of a Job.
 *
 * Run with `--check` it writes nothing and exits 1 when the file is stale. Things that the code names and nobody has
 * described, and fields of the schema without a row in tools/field-support.ts, end it with an error.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type AdmissionWorld, admissionPlugins } from '../src/apiserver/admission/index.ts'
import type { CommandInfo } from '../src/cli/shell/index.ts'
import { describeProgram } from '../src/main/main.ts'
import { commandInfo } from '../src/main/shell.ts'
import { exitCodes, type ReasonFamily, reasonFamilies } from './error-reasons.ts'
import { fieldRows } from './field-rows.ts'

const root = new URL('..', import.meta.url).pathname
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /[.]ts$/.test(name) && !/[.](test|gen)[.]ts$/.test(name))
  .sort()
  .map((name) => ({ name, text: readFileSync(join(root, 'src', name), 'utf8') }))

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ').trim()
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
const unescaped = (literal: string): string => literal.replace(/\\(.)/g, '$1')

function commandText(path: readonly string[], command: CommandInfo): string {
  const options = command.options.map(({ long, short, value, choices, description, fallback }) => {
    const shown = value === undefined ? '' : ` ${choices.length > 0 ? choices.join('|') : value.toUpperCase()}`
    const usual = fallback === undefined || description.includes('(default:') ? '' : ` (default: ${fallback})`
    return [code([short, long].filter((flag) => flag !== undefined).join(', ') + shown), cell(description + usual)]
  })
  const words = command.arguments.filter(({ description }) => description !== '')
  const rows = [...words.map(({ name, description }) => [code(name.toUpperCase()), cell(description)]), ...options]
  const first = `### ${path.join(' ')}\n\n\`${path.join(' ')} ${command.usage}\`: ${command.description}.`
  return rows.length === 0 ? first : `${first}\n\n${table(['argument or flag', 'meaning'], rows)}`
}

function commands(above: readonly string[], command: CommandInfo): readonly string[] {
  const path = [...above, command.name]
  return command.commands.length === 0
    ? [commandText(path, command)]
    : command.commands.flatMap((below) => commands(path, below))
}

/** Every name of ours that a constant holds, with the sentence that stands before it. */
function ownNames(): readonly (readonly string[])[] {
  const rows = sources.flatMap(({ name, text }) =>
    [...text.matchAll(/(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?(?:export )?const \w+ = '(jobd\.dev\/[\w-]+)'/g)].map(
      ([, comment, key = '']) => {
        if (comment === undefined) throw new Error(`src/${name}: ${key} has no comment that says what it is`)
        return [code(key), cell(comment.replace(/^\s*\* ?/gm, ' ').replace('Annotation of ours on', 'Annotation of'))]
      },
    ),
  )
  return rows.sort(([one = ''], [other = '']) => (one < other ? -1 : 1))
}

const literal = "'((?:[^'\\\\]|\\\\.)*)'"

function managerMetrics(): readonly (readonly string[])[] {
  const prefix = 'job_controller_'
  return sources
    .filter(({ name }) => name.startsWith('manager/') && name !== 'manager/metrics.ts')
    .flatMap(({ name, text }) => {
      const lists = new Map([...text.matchAll(/const (\w+) = (\[[^\]]*\])/g)].map(([, key, list]) => [key, list]))
      const calls = /(?:createCounter|createGauge|createHistogram|= counter)\((?!prefix)/g
      const whole = new RegExp(
        `(create(Counter|Gauge|Histogram)|= counter)\\(\\s*(?:${literal}|\`\\$\\{prefix\\}(\\w+)\`),\\s*${literal},?\\s*(\\[[^\\]]*\\]|\\w+)?`,
        'g',
      )
      const found = [...text.matchAll(whole)]
      if (found.length !== [...text.matchAll(calls)].length)
        throw new Error(`src/${name}: a metric is made in a way that tools/generate-reference.ts cannot read`)
      return found.map(([, how, kind, plain, prefixed, help = '', labels = '']) => {
        const metric = how === '= counter' ? prefix + plain : (plain ?? prefix + prefixed)
        const list = labels.startsWith('[') ? labels : (lists.get(labels) ?? '')
        const names = [...list.matchAll(/'(\w+)'/g)].map(([, label = '']) => code(label))
        return [code(metric), (kind ?? 'Counter').toLowerCase(), names.join(', '), cell(unescaped(help))]
      })
    })
}

/** The metrics of the API server: what it prints after one request. */
function serverMetrics(): readonly (readonly string[])[] {
  const text = sources.find(({ name }) => name === 'apiserver/metrics/metrics.ts')?.text ?? ''
  const labels = ['verb', 'group', 'version', 'resource', 'subresource']
  const made = [...text.matchAll(/(series|histogramText)\(\s*'(\w+)',\s*'([^']*)',(?:\s*'(\w+)',)?/g)].map(
    ([, how, name = '', help = '', kind]) => {
      const names = how === 'series' ? [...labels, 'code'] : labels
      return [code(name), kind ?? 'histogram', names.map(code).join(', '), cell(help)]
    },
  )
  const added = sources.flatMap((source) =>
    [...source.text.matchAll(/metrics\.add\(\{\s*name: '(\w+)',\s*help: '([^']*)',\s*type: '(\w+)'/g)].map(
      ([, name = '', help = '', kind = '']) => [code(name), kind, '', cell(help)],
    ),
  )
  if (made.length === 0 || added.length === 0) throw new Error('no metrics of the API server found')
  return [...made, ...added]
}

const origins: readonly (readonly [prefix: string, origin: string])[] = [
  ['controllers/job/', 'Job'],
  ['manager/pod-effects', 'Job'],
  ['controllers/cronjob/', 'CronJob'],
  ['agent/', 'Pod'],
  ['manager/garbage-collector', 'any object'],
  ['manager/taint-eviction-controller', 'Pod'],
]

function events(): readonly (readonly string[])[] {
  const rows = new Map<string, string[]>()
  for (const { name, text } of sources) {
    for (const [, type = '', reason = ''] of text.matchAll(/'(Normal|Warning)',\s*(?:reason: )?'([A-Z]\w+)'/g)) {
      const origin = origins.find(([prefix]) => name.startsWith(prefix))?.[1]
      if (origin === undefined) throw new Error(`src/${name} tells ${reason}: of what kind of object?`)
      rows.set(`${origin} ${reason} ${type}`, [origin, code(reason), type])
    }
  }
  // Ends of Jobs are told under the reason of their condition.
  for (const reason of endReasons('failure')) rows.set(`Job ${reason} Warning`, ['Job', code(reason), 'Warning'])
  for (const reason of ['Suspended', 'Resumed']) rows.set(`Job ${reason}`, ['Job', code(reason), 'Normal'])
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
}

/** Why Jobs end, from the code that decides it. */
function endReasons(which: 'failure' | 'success'): readonly string[] {
  const pattern =
    which === 'failure' ? /(?:failure|reached)\(\s*'([A-Z]\w+)'/g : /success: true,\s*reason: '([A-Z]\w+)'/g
  const texts = sources.filter(({ name }) => name.startsWith('controllers/job/')).map(({ text }) => text)
  return [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, reason = '']) => reason)))].sort()
}

/** Throws where the table and the code disagree. */
function reasonTable({ title, shown, files, pattern, others, reasons }: ReasonFamily): string {
  const texts = sources.filter(({ name }) => files.some((file) => name.startsWith(file)))
  const found = texts.flatMap(({ name, text }) =>
    [...text.matchAll(pattern)].flatMap(([, ...names]) =>
      names.filter((reason) => reason !== undefined).map((reason) => [name, reason] as const),
    ),
  )
  for (const [name, reason] of found) {
    if (!(reason in reasons) && !others.includes(reason))
      throw new Error(`src/${name} gives the reason ${reason}: tools/error-reasons.ts does not say what it means`)
  }
  const extra = [...Object.keys(reasons), ...others].find(
    (reason) => !texts.some(({ text }) => text.includes(`'${reason}'`)),
  )
  if (extra !== undefined) throw new Error(`tools/error-reasons.ts: the code gives no reason ${extra} in ${files}`)
  const rows = Object.entries(reasons).map(([name, [meaning, remedy]]) => [code(name), cell(meaning), cell(remedy)])
  return `### ${title}\n\n${shown}\n\n${table(['reason', 'meaning', 'what to do'], rows)}`
}

/** One table for each type. */
const supportTables = (): readonly string[] =>
  [...fieldRows()].map(([type, rows]) => {
    const lines = rows.map(({ field, verdict, remark }) => [code(field), verdict, cell(remark)])
    return `### ${type.slice(type.lastIndexOf('.') + 1)}\n\n${table(['field', 'status', 'remark'], lines)}`
  })

/** The plug-ins are only asked for their names, for which they need no world. */
const pluginNames = (exact: boolean): readonly string[] =>
  admissionPlugins({} as AdmissionWorld, exact).map(({ name }) => name)

const usual = pluginNames(false)
const text = `# Reference

Written by \`tools/generate-reference.ts\` from the code; do not edit. Texts for people are in the [index of all documents](README.md).

## Commands

${table(['exit code', 'meaning'], exitCodes)}

${commands([], commandInfo(describeProgram(() => {}))).join('\n\n')}

## Annotations and labels of jobd

${table(['name', 'meaning'], ownNames())}

## Metrics

Served at \`/metrics\`. Those of the process itself (\`process_*\`, \`nodejs_*\`) are those of prom-client.

${table(['name', 'type', 'labels', 'help'], [...serverMetrics(), ...managerMetrics()])}

## Events

${table(['about', 'reason', 'type'], events())}

## How Jobs end

Reasons of the condition \`Failed\`: ${endReasons('failure').map(code).join(', ')}.
Reasons of the condition \`Complete\`: ${endReasons('success').map(code).join(', ')}.

## Errors

${reasonFamilies.map(reasonTable).join('\n\n')}

## Admission plugins

In this order; \`jobd up --disable-admission-plugins\` switches them off and takes upstream's other names too, without effect.

${table(
  ['plugin', 'runs'],
  pluginNames(true).map((name) => [code(name), usual.includes(name) ? 'always' : 'with `--exact`']),
)}

## Fields

What becomes of each field of Jobs, CronJobs and pods with the process runtime. *Supported*: as upstream, or as the remark says. *Warned*: checked and
without effect, which a \`Warning\` header says that names the field. *Refused*: the object is refused or the pod does not run, with a message that names it.
What is below a warned or refused field is not listed. \`test/conformance/field-support.test.ts\` proves each row.

${supportTables().join('\n\n')}
`

const file = join(root, 'docs/reference.md')
function current(): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
if (current() !== text) {
  if (process.argv.includes('--check')) {
    console.error(`${relative(root, file)} is stale: run npm run fix:reference`)
    process.exitCode = 1
  } else writeFileSync(file, text)
}
