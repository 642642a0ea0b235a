/** Tables and objects as text. */
import type { KindSchema, KubeObject, Status } from '../apimachinery/index.ts'
import { yamlText } from '../yaml/text/index.ts'
import type { Table } from './connection.ts'
import { resourceNameOf, shownName } from './resources.ts'

export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml' | 'name'
export const outputFormats: readonly OutputFormat[] = ['table', 'wide', 'json', 'yaml', 'name']

/** Rows in columns, as kubectl prints a server-side table. */
export function formatTable(
  { columnDefinitions, rows }: Table,
  options: { wide: boolean; namespaces: boolean },
): string {
  const shown = columnDefinitions
    .map((column, i) => ({ ...column, i }))
    .filter(({ priority }) => options.wide || priority === 0)
  const head = shown.map(({ name }) => name.toUpperCase())
  const body = rows.map(({ cells, object }) => {
    const line = shown.map(({ i }) => cellText(cells[i]))
    return options.namespaces ? [object?.metadata?.namespace ?? '', ...line] : line
  })
  return alignColumns([options.namespaces ? ['NAMESPACE', ...head] : head, ...body])
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '<none>'
  const [first = '', ...rest] = String(cell).split('\n')
  return rest.length > 0 ? `${first}...` : first
}

/** Pads every column but the last to its widest cell and three blanks. */
export function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const line of lines) {
    for (const [i, cell] of line.entries()) widths[i] = Math.max(widths[i] ?? 0, [...cell].length)
  }
  const text = lines.map((line) =>
    line
      .map((cell, i) => (i === line.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - [...cell].length + 3)))
      .join('')
      .trimEnd(),
  )
  return `${text.join('\n')}\n`
}

/** One object or several in a machine-readable form; managedFields are left out, as kubectl does. */
export function formatObjects(
  kind: KindSchema,
  objects: readonly KubeObject[],
  format: Exclude<OutputFormat, 'table' | 'wide'>,
  asList: boolean,
): string {
  if (format === 'name') return objects.map(({ metadata }) => `${shownName(kind, metadata.name ?? '')}\n`).join('')
  const clean = objects.map(({ metadata: { managedFields: _, ...metadata }, ...rest }) => ({
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kind.kind,
    ...rest,
    metadata,
  }))
  const value = asList ? { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items: clean } : clean[0]
  if (format === 'json') return `${JSON.stringify(value, null, 4)}\n`
  return yamlText(value)
}

/** A failure of the server as one sentence. */
export function statusText(status: Status): string {
  const reason = status.reason ?? ''
  const message = status.message ?? 'the server gave no reason'
  return reason === '' ? message : `${message} (${reason})`
}

/** What is told while a server that does not answer is asked again. */
export const troubleText = (status: Status): string => `the server does not answer, trying again: ${statusText(status)}`

/** `No resources found in default namespace.`, or without the namespace. */
export const nothingFound = (kind: KindSchema, namespace: string | undefined): string =>
  kind.namespaced && namespace !== undefined
    ? `No ${resourceNameOf(kind)} found in namespace ${namespace}.`
    : `No ${resourceNameOf(kind)} found.`
