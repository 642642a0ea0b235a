/** `jobd describe`: one object for people: its fields as an indented text, then its events. */
import type { KindSchema, KubeObject } from '../apimachinery/index.ts'
import type { Event } from '../apis/core/index.ts'
import type { Connection, Terminal } from './connection.ts'
import type { Named } from './objects.ts'
import { alignColumns, nothingFound, statusText } from './printing.ts'
import { resourceNameOf } from './resources.ts'

export type DescribeContext = {
  readonly connection: Connection
  readonly terminal: Terminal
  readonly namespace: string
}

export async function describeObjects(named: readonly Named[], context: DescribeContext): Promise<number> {
  let code = 0
  let first = true
  for (const { kind, names } of named) {
    const all = names.length === 0 ? await namesOf(kind, context) : names
    if (all === undefined) code = 1
    for (const name of all ?? []) {
      if (!first) context.terminal.out('\n')
      first = false
      if (!(await describeOne(kind, name, context))) code = 1
    }
  }
  return code
}

/** Of all that there are, as nobody has named any; undefined when the server does not tell. */
async function namesOf(kind: KindSchema, context: DescribeContext): Promise<readonly string[] | undefined> {
  const { connection, terminal } = context
  const namespace = kind.namespaced ? context.namespace : undefined
  const listed = await connection.client.list<KubeObject>(resourceNameOf(kind), { namespace })
  if (!listed.ok) {
    terminal.err(`${statusText(listed.error)}\n`)
    return undefined
  }
  if (listed.value.items.length === 0) terminal.err(`${nothingFound(kind, namespace)}\n`)
  return listed.value.items.map(({ metadata }) => metadata.name ?? '')
}

async function describeOne(kind: KindSchema, name: string, context: DescribeContext): Promise<boolean> {
  const { connection, terminal } = context
  const namespace = kind.namespaced ? context.namespace : undefined
  const got = await connection.client.get<KubeObject>({ resource: resourceNameOf(kind), namespace, name })
  if (!got.ok) {
    terminal.err(`${statusText(got.error)}\n`)
    return false
  }
  terminal.out(describeText(got.value))
  const { uid = '' } = got.value.metadata
  const selector = `involvedObject.uid=${uid},involvedObject.name=${name},involvedObject.kind=${kind.kind}`
  const events = await connection.client.list<Event>('events', { namespace, fieldSelector: selector })
  terminal.out(events.ok ? eventsText(events.value.items) : `Events: ${statusText(events.error)}\n`)
  return true
}

/** Name and namespace, labels and annotations, then spec and status as they are. */
export function describeText(object: KubeObject): string {
  const { metadata, apiVersion: _, kind: __, ...rest } = object
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
  const head: [string, string][] = [
    ['Name', metadata.name ?? ''],
    ...(metadata.namespace === undefined ? [] : [['Namespace', metadata.namespace] as [string, string]]),
    ['Labels', pairsText(metadata.labels)],
    ['Annotations', pairsText(metadata.annotations)],
    ...(owner === undefined ? [] : [['Controlled By', `${owner.kind}/${owner.name}`] as [string, string]]),
    ['Created', metadata.creationTimestamp ?? '<unknown>'],
  ]
  const body = Object.entries(rest).map(([key, value]) => `${titleOf(key)}:${treeText(value, 1)}`)
  return `${alignColumns(head.map(([key, value]) => [`${key}:`, value]))}${body.join('')}`
}

const pairsText = (pairs: Readonly<Record<string, string>> | undefined): string => {
  const all = Object.entries(pairs ?? {}).filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration')
  return all.length === 0 ? '<none>' : all.map(([key, value]) => `${key}=${value}`).join(', ')
}

/** `activeDeadlineSeconds` → `Active Deadline Seconds`. */
const titleOf = (key: string): string =>
  key.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/^./, (char) => char.toUpperCase())

function treeText(value: unknown, depth: number): string {
  const indent = '  '.repeat(depth)
  if (Array.isArray(value)) {
    if (value.length === 0) return ' <none>\n'
    if (value.every((one) => typeof one !== 'object')) return `\n${value.map((one) => `${indent}${one}\n`).join('')}`
    return `\n${value.map((one) => `${indent}-${treeText(one, depth + 1).replace(/^\n\s*/, ' ')}`).join('')}`
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined)
    if (entries.length === 0) return ' <none>\n'
    const isMap = entries.some(([key]) => /[./-]/.test(key))
    return `\n${entries.map(([key, one]) => `${indent}${isMap ? key : titleOf(key)}:${treeText(one, depth + 1)}`).join('')}`
  }
  return ` ${String(value)}\n`
}

function eventsText(events: readonly Event[]): string {
  if (events.length === 0) return 'Events: <none>\n'
  const lines = events.map(({ type, reason, lastTimestamp, eventTime, source, message, count }) => [
    `  ${type ?? ''}`,
    reason ?? '',
    lastTimestamp ?? eventTime ?? '',
    source.component ?? '',
    (count ?? 1) > 1 ? `${message} (x${count})` : (message ?? ''),
  ])
  return `Events:\n${alignColumns([['  Type', 'Reason', 'Last Seen', 'From', 'Message'], ...lines])}`
}
