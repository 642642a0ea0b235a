/**
 * Objects and lists in the forms that clients ask for: as they are, as Table, as metadata only.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/response.go
 */
import { badRequest, type KindSchema, type KubeObject, notAcceptable, type Status } from '../../apimachinery/index.ts'
import type { ApiOptions, Column, Row, TableDefinition } from '../../apis/index.ts'
import { fail, type Instant, ok, type Result } from '../../base/index.ts'
import type { Recent } from '../cache/index.ts'
import type { Api } from '../registry/index.ts'
import type { Document } from './exchange.ts'
import type { Representation } from './negotiate.ts'

/** What the forms need besides the object. */
export type Presenter = {
  readonly api: Api
  readonly options: ApiOptions
  /** The protobuf messages of objects, see `messageOf`. */
  readonly messages: Recent<string>
}

export type IncludeObject = 'None' | 'Metadata' | 'Object'

/** `includeObject` of a Table request; 400 for other words. */
export function includeObjectOf(text: string | undefined): Result<IncludeObject, Status> {
  if (text === undefined || text === '' || text === 'Metadata') return ok('Metadata')
  if (text === 'None' || text === 'Object') return ok(text)
  return fail(
    badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`,
    ),
  )
}

/** Go's name of the internal type, as two refusals tell it. */
function goType(kind: KindSchema, list: boolean): string {
  const word = kind.group === '' || kind.group === 'events.k8s.io' ? 'core' : (kind.group.split('.')[0] as string)
  return `*${word}.${kind.kind}${list ? 'List' : ''}`
}

export const mismatch = (as: string, kind: KindSchema, list: boolean): Status =>
  notAcceptable(
    list
      ? `you requested ${as}, but the requested object is a list (${goType(kind, true)})`
      : `you requested ${as}, but the requested object is not a list (${goType(kind, false)})`,
  )

export const metaVersion = (form: Representation): string => `meta.k8s.io/${form.asVersion ?? 'v1'}`

export const partial = (object: KubeObject, version: string): KubeObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: version,
  metadata: object.metadata,
})

/** The table of a kind that has none of its own. */
const defaultTable: TableDefinition<KubeObject> = {
  columns: () => [
    { name: 'Name', type: 'string', format: 'name', description: '', priority: 0 },
    { name: 'Created At', type: 'date', description: '', priority: 0 },
  ],
  row: (object) => ({ cells: [object.metadata.name ?? '', object.metadata.creationTimestamp ?? ''] }),
}

export const tableOf = (presenter: Presenter, resource: string): TableDefinition<KubeObject> =>
  presenter.api.tableOf(resource) ?? defaultTable

export type TableMeta = {
  readonly resourceVersion?: string | undefined
  readonly continue?: string | undefined
  readonly remainingItemCount?: number | undefined
}

const columnOf = ({ name, type, format, description, priority }: Column): unknown => ({
  name,
  type,
  format: format ?? '',
  description,
  priority,
})

/** What the rows of one answer share: one table, one time. */
type RowForm = {
  readonly table: TableDefinition<KubeObject>
  readonly now: Instant
  readonly options: ApiOptions
  readonly version: string
  readonly include: IncludeObject
}

export function rowFormOf(
  { api, options }: Presenter,
  table: TableDefinition<KubeObject>,
  form: Representation,
  include: IncludeObject,
): RowForm {
  return { table, now: api.now(), options, version: metaVersion(form), include }
}

export function rowOf({ table, now, options, version, include }: RowForm, object: KubeObject): unknown {
  const row: Row = table.row(object, now, options)
  return {
    cells: row.cells,
    ...(row.conditions === undefined || row.conditions.length === 0 ? {} : { conditions: row.conditions }),
    object: include === 'None' ? null : include === 'Object' ? object : partial(object, version),
  }
}

/** A Table as a plain value. `columns` are left out (null) in all but the first event of a watch. */
export function tableValue(
  presenter: Presenter,
  table: TableDefinition<KubeObject>,
  objects: readonly KubeObject[],
  meta: TableMeta,
  form: Representation,
  include: IncludeObject,
  withColumns: boolean,
): object {
  const rowForm = rowFormOf(presenter, table, form, include)
  return {
    kind: 'Table',
    apiVersion: metaVersion(form),
    metadata: meta,
    columnDefinitions: withColumns ? table.columns(presenter.options).map(columnOf) : null,
    rows: objects.map((object) => rowOf(rowForm, object)),
  }
}

const documentOf = (value: object): Document => ({ value: () => value, text: () => JSON.stringify(value) })

export const isStatus = (object: KubeObject | Status): object is Status => object.kind === 'Status'

/** One object in the asked form; a Status stays as it is. */
export function objectDocument(
  presenter: Presenter,
  kind: KindSchema,
  resource: string,
  object: KubeObject | Status,
  form: Representation,
  include: IncludeObject,
): Result<Document, Status> {
  if (isStatus(object)) return ok(documentOf(object))
  if (form.as === undefined) {
    const { api, messages } = presenter
    return ok({ value: () => object, text: () => api.textOf(object), message: () => messages.of(object) })
  }
  switch (form.as) {
    case 'Table': {
      const meta = { resourceVersion: object.metadata.resourceVersion ?? '' }
      return ok(documentOf(tableValue(presenter, tableOf(presenter, resource), [object], meta, form, include, true)))
    }
    case 'PartialObjectMetadata':
      return ok(documentOf(partial(object, metaVersion(form))))
    default:
      return fail(mismatch(form.as, kind, false))
  }
}
