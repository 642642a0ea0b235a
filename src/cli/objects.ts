/** `jobd get` and `jobd delete`, for those without kubectl. */
import { isNotFound, type KindSchema, type KubeObject, type Status } from '../apimachinery/index.ts'
import type { Clock, Result } from '../base/index.ts'
import type { Connection, Terminal } from './connection.ts'
import { readManifests } from './manifests.ts'
import { formatObjects, formatTable, nothingFound, type OutputFormat, statusText } from './printing.ts'
import { findKind, resourceNameOf, shownName } from './resources.ts'
import { watchObjects } from './watching.ts'

export type ObjectsContext = {
  readonly connection: Connection
  readonly terminal: Terminal
  readonly clock: Clock
  readonly namespace: string
}

/** What a user names: one kind and its objects, or all of it when there are no names. */
export type Named = { readonly kind: KindSchema; readonly names: readonly string[] }

/** Reads `jobs`, `job pi other`, `job/pi pod/x`, `jobs,pods`. The error says what cannot be understood. */
export function parseNames(words: readonly string[]): Result<readonly Named[], string> {
  const [first = '', ...rest] = words
  if (first.includes('/')) {
    const pairs = words.map((word) => word.split('/'))
    const bad = pairs.findIndex((pair) => pair.length !== 2 || pair.includes(''))
    if (bad >= 0) return { ok: false, error: `"${words[bad]}" is not TYPE/NAME: write all arguments as TYPE/NAME` }
    return collect(pairs.map(([type = '', name = '']) => [type, [name]]))
  }
  if (first === '') return { ok: false, error: 'say what: a resource type such as jobs, or TYPE/NAME' }
  if (rest.includes('')) return { ok: false, error: `a name of ${first} is empty: give each a name, or none` }
  return collect(first.split(',').map((type) => [type, rest]))
}

function collect(pairs: readonly (readonly [string, readonly string[]])[]): Result<readonly Named[], string> {
  const named: Named[] = []
  for (const [type, names] of pairs) {
    const kind = findKind(type)
    if (!kind.ok) return kind
    named.push({ kind: kind.value, names })
  }
  return { ok: true, value: named }
}

export type GetOptions = {
  readonly output: OutputFormat
  readonly allNamespaces: boolean
  readonly selector?: string | undefined
  readonly fieldSelector?: string | undefined
}

/** Prints objects; exit code 1 when one of them is missing. */
export async function getObjects(
  named: readonly Named[],
  options: GetOptions,
  context: ObjectsContext,
): Promise<number> {
  let code = 0
  for (const one of named) {
    const printed =
      options.output === 'table' || options.output === 'wide'
        ? await printTables(one, options, context)
        : await printObjects(one, options, options.output, context)
    if (!printed) code = 1
  }
  return code
}

const namespaceFor = ({ kind }: Named, all: boolean, { namespace }: ObjectsContext): string | undefined =>
  kind.namespaced && !all ? namespace : undefined

async function printTables(one: Named, options: GetOptions, context: ObjectsContext): Promise<boolean> {
  const { connection, terminal } = context
  const namespace = namespaceFor(one, options.allNamespaces, context)
  const base = { namespace, labelSelector: options.selector, fieldSelector: options.fieldSelector }
  const requests = one.names.length === 0 ? [base] : one.names.map((name) => ({ namespace, name }))
  let head: Parameters<typeof formatTable>[0] | undefined
  let good = true
  for (const request of requests) {
    const table = await connection.table(resourceNameOf(one.kind), request)
    if (!table.ok) {
      terminal.err(`${statusText(table.error)}\n`)
      good = false
    } else head = { ...table.value, rows: [...(head?.rows ?? []), ...table.value.rows] }
  }
  if (head === undefined) return good
  if (head.rows.length === 0) terminal.err(`${nothingFound(one.kind, namespace)}\n`)
  else
    terminal.out(
      formatTable(head, { wide: options.output === 'wide', namespaces: options.allNamespaces && one.kind.namespaced }),
    )
  return good
}

async function printObjects(
  one: Named,
  options: GetOptions,
  format: 'json' | 'yaml' | 'name',
  context: ObjectsContext,
): Promise<boolean> {
  const { connection, terminal } = context
  const resource = resourceNameOf(one.kind)
  const namespace = namespaceFor(one, options.allNamespaces, context)
  if (one.names.length === 0) {
    const listed = await connection.client.list(resource, {
      namespace,
      labelSelector: options.selector,
      fieldSelector: options.fieldSelector,
    })
    if (!listed.ok) return told(terminal, listed.error)
    terminal.out(formatObjects(one.kind, listed.value.items, format, true))
    return true
  }
  const found: KubeObject[] = []
  let good = true
  for (const name of one.names) {
    const got = await connection.client.get({ resource, namespace, name })
    if (got.ok) found.push(got.value)
    else good = told(terminal, got.error)
  }
  if (found.length > 0) terminal.out(formatObjects(one.kind, found, format, one.names.length > 1))
  return good
}

function told(terminal: Terminal, status: Status): false {
  terminal.err(`${statusText(status)}\n`)
  return false
}

export type DeleteOptions = {
  readonly cascade: 'background' | 'foreground' | 'orphan'
  readonly wait: boolean
  readonly files: readonly string[]
  readonly readInput: () => Promise<string>
}
const policies = { background: 'Background', foreground: 'Foreground', orphan: 'Orphan' } as const

type Doomed = { readonly kind: KindSchema; readonly name: string; readonly namespace: string | undefined }

/** Deletes what is named or in the files, and waits until it is gone. */
export async function deleteObjects(
  named: readonly Named[],
  options: DeleteOptions,
  context: ObjectsContext,
): Promise<number> {
  const doomed = await doomedOf(named, options, context)
  if (!doomed.ok) {
    context.terminal.err(`${doomed.error}\n`)
    return 2
  }
  let code = 0
  for (const one of doomed.value) if (!(await deleteOne(one, options, context))) code = 1
  return code
}

async function doomedOf(
  named: readonly Named[],
  options: DeleteOptions,
  context: ObjectsContext,
): Promise<Result<readonly Doomed[], string>> {
  if (options.files.length === 0) {
    if (named.some(({ names }) => names.length === 0)) return { ok: false, error: 'say which: TYPE NAME or TYPE/NAME' }
    const all = named.flatMap(({ kind, names }) =>
      names.map((name) => ({ kind, name, namespace: kind.namespaced ? context.namespace : undefined })),
    )
    return { ok: true, value: all }
  }
  const manifests = await readManifests(options.files, options.readInput)
  if (!manifests.ok) return manifests
  if (manifests.value.length === 0)
    return { ok: false, error: `there is nothing to delete in ${options.files.join(', ')}` }
  const nameless = manifests.value.find(({ object: { metadata } }) => !metadata.name)
  if (nameless !== undefined) {
    const { origin, object } = nameless
    return { ok: false, error: `${origin} (${object.kind}) has no metadata.name: delete what it has made by name` }
  }
  const all = manifests.value.map(({ kind, object: { metadata } }) => ({
    kind,
    name: metadata.name ?? '',
    namespace: kind.namespaced ? (metadata.namespace ?? context.namespace) : undefined,
  }))
  return { ok: true, value: all }
}

async function deleteOne(
  { kind, name, namespace }: Doomed,
  options: DeleteOptions,
  context: ObjectsContext,
): Promise<boolean> {
  const { connection, terminal, clock } = context
  const resource = resourceNameOf(kind)
  const before = await connection.client.get<KubeObject>({ resource, namespace, name })
  if (!before.ok) return told(terminal, before.error)
  const deleted = await connection.client.delete(
    { resource, namespace, name },
    { propagationPolicy: policies[options.cascade] },
  )
  if (!deleted.ok && !isNotFound(deleted.error)) return told(terminal, deleted.error)
  if (options.wait) await gone(context.connection, clock, resource, before.value)
  terminal.out(`${shownName(kind, name).replace('/', ' "')}" deleted\n`)
  return true
}

function gone({ client }: Connection, clock: Clock, resource: string, before: KubeObject): Promise<void> {
  const { namespace, name, uid } = before.metadata
  return new Promise((resolve) => {
    const finish = (): void => {
      handle.stop()
      resolve()
    }
    const handle = watchObjects<KubeObject>(
      client,
      clock,
      { resource, selection: { namespace, fieldSelector: `metadata.name=${name}` }, known: [before] },
      {
        onObject() {},
        onGone: (object) => void (object.metadata.uid === uid ? finish() : undefined),
        onTrouble() {},
      },
    )
  })
}
