/** `jobd history`: what became of the due times of a CronJob. */
import type { KindSchema, Status } from '../apimachinery/index.ts'
import type { Run } from '../apis/run/index.ts'
import { runsResource } from '../apis/run/index.ts'
import type { Terminal } from './connection.ts'
import type { ObjectsContext } from './objects.ts'
import { formatObjects, formatTable, type OutputFormat, statusText } from './printing.ts'
import { findKind } from './resources.ts'

/** Oldest first. Exit code 1 when there is neither such a CronJob nor any history of one. */
export async function printHistory(name: string, output: OutputFormat, context: ObjectsContext): Promise<number> {
  const { connection, terminal, namespace } = context
  const kind = findKind(runsResource)
  if (!kind.ok) throw new Error(kind.error)
  const selection = { namespace, fieldSelector: `spec.cronJobName=${name}` }
  if (output === 'table' || output === 'wide') return await printTable(name, kind.value, output, selection, context)
  const listed = await connection.client.list<Run>(runsResource, selection)
  if (!listed.ok) return tellProblem(listed.error, terminal)
  const runs = listed.value.items.toSorted((a, b) => (a.spec.scheduledTime < b.spec.scheduledTime ? -1 : 1))
  if (runs.length === 0) return await tellNone(name, context)
  terminal.out(formatObjects(kind.value, runs, output, true))
  return 0
}

/** With --exact the kind is not served. */
function tellProblem(status: Status, terminal: Terminal): number {
  terminal.err(`${status.code === 404 ? 'this server keeps no history (--exact)' : statusText(status)}\n`)
  return 1
}

async function tellNone(name: string, { connection, terminal, namespace }: ObjectsContext): Promise<number> {
  const found = await connection.client.get({ resource: 'cronjobs.batch', namespace, name })
  if (found.ok) terminal.err(`no time of cronjob.batch/${name} has been due yet\n`)
  else terminal.err(`${statusText(found.error)}\n`)
  return found.ok ? 0 : 1
}

async function printTable(
  name: string,
  { resource, group }: KindSchema,
  output: 'table' | 'wide',
  selection: { readonly namespace: string; readonly fieldSelector: string },
  context: ObjectsContext,
): Promise<number> {
  const { connection, terminal } = context
  const table = await connection.table(`${resource}.${group}`, selection)
  if (!table.ok) return tellProblem(table.error, terminal)
  if (table.value.rows.length === 0) return await tellNone(name, context)
  terminal.out(formatTable(table.value, { wide: output === 'wide', namespaces: false }))
  return 0
}
