/** `jobd history`: what became of the due times of a CronJob. */
import type { KindSchema } from '../apimachinery/index.ts'
import type { Run } from '../apis/run/index.ts'
import { runsResource } from '../apis/run/index.ts'
import type { ObjectsContext } from './objects.ts'
import { formatObjects, formatTable, type OutputFormat, statusText } from './printing.ts'
import { findKind } from './resources.ts'

/** Oldest first. Exit code 1 when there is neither such a CronJob nor any history of one. */
export async function printHistory(name: string, output: OutputFormat, context: ObjectsContext): Promise<number> {
  const { connection, terminal, namespace } = context
  const kind = findKind(runsResource)
  if (!kind.ok) throw new Error(kind.error)
  const selection = { namespace, fieldSelector: `spec.cronJobName=${name}` }
  const listed = await connection.client.list<Run>(runsResource, selection)
  if (!listed.ok) {
    // With --exact the kind is not served.
    const what = listed.error.code === 404 ? 'this server keeps no history (--exact)' : statusText(listed.error)
    terminal.err(`${what}\n`)
    return 1
  }
  const runs = listed.value.items.toSorted((a, b) => (a.spec.scheduledTime < b.spec.scheduledTime ? -1 : 1))
  if (runs.length === 0) return await tellNone(name, context)
  if (output !== 'table' && output !== 'wide') {
    terminal.out(formatObjects(kind.value, runs, output, true))
    return 0
  }
  return await printTable(kind.value, output === 'wide', selection, context)
}

async function tellNone(name: string, { connection, terminal, namespace }: ObjectsContext): Promise<number> {
  const found = await connection.client.get({ resource: 'cronjobs.batch', namespace, name })
  if (found.ok) terminal.err(`no time of cronjob.batch/${name} has been due yet\n`)
  else terminal.err(`${statusText(found.error)}\n`)
  return found.ok ? 0 : 1
}

async function printTable(
  { resource, group }: KindSchema,
  wide: boolean,
  selection: { readonly namespace: string; readonly fieldSelector: string },
  { connection, terminal }: ObjectsContext,
): Promise<number> {
  const table = await connection.table(`${resource}.${group}`, selection)
  if (!table.ok) {
    terminal.err(`${statusText(table.error)}\n`)
    return 1
  }
  terminal.out(formatTable(table.value, { wide, namespaces: false }))
  return 0
}
