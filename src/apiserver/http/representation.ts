/**
 * Objects and lists in the forms that clients ask for: as they are, as Table, as metadata only.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/response.go
 */
import {
  apiVersionOf,
  badRequest,
  type KindSchema,
  type KubeObject,
  notAcceptable,
  type Status,
} from '../../apimachinery/index.ts'
import type { ApiOptions, Column, Row, TableDefinition } from '../../apis/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { Api, Listing } from '../registry/index.ts'
import type { Document } from './exchange.ts'
import type { Representation } from './negotiate.ts'

/** What the forms need besides the object. */
export type Presenter = {
  readonly api: Api
  readonly options: ApiOptions
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

const metaVersion = (form: Representation): string => `meta.k8s.io/${form.asVersion ?? 'v1'}`

const partial = (object: KubeObject, version: string): KubeObject => ({
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

type TableMeta = {
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

/** A Table as a plain value. `columns` are left out (null) in all but the first event of a watch. */
export function tableValue(
  presenter: Presenter,
  table: TableDefinition<KubeObject>,
  objects: readonly KubeObject[],
  meta: TableMeta,
  form: Representation,
  include: IncludeObject,
  withColumns: boolean,
): unknown {
  const { options, api } = presenter
  const version = metaVersion(form)
  const now = api.now()
  const rows = objects.map((object) => {
    const row: Row = table.row(object, now, options)
    return {
      cells: row.cells,
      ...(row.conditions === undefined || row.conditions.length === 0 ? {} : { conditions: row.conditions }),
      object: include === 'None' ? null : include === 'Object' ? object : partial(object, version),
    }
  })
  return {
    kind: 'Table',
    apiVersion: version,
    metadata: meta,
    columnDefinitions: withColumns ? table.columns(options).map(columnOf) : null,
    rows,
  }
}

const documentOf = (value: unknown): Document => ({ value: () => value, text: () => JSON.stringify(value) })

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
  if (form.as === undefined) return ok({ value: () => object, text: () => presenter.api.textOf(object) })
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

function listMeta(listing: Listing): TableMeta {
  return {
    resourceVersion: listing.resourceVersion,
    ...(listing.continue === undefined || listing.continue === '' ? {} : { continue: listing.continue }),
    ...(listing.remainingItemCount === undefined ? {} : { remainingItemCount: listing.remainingItemCount }),
  }
}

/** Items of a list stand without kind and apiVersion. */
function bare(object: KubeObject): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest as KubeObject
}

function listText(api: Api, kind: string, apiVersion: string, listing: Listing): string {
  const head = `{"kind":"${kind}List","apiVersion":"${apiVersion}",`
  const prefix = `{"kind":"${kind}","apiVersion":"${apiVersion}",`
  const parts: string[] = []
  for (const object of listing.items) {
    const text = api.textOf(object)
    parts.push(text.startsWith(prefix) ? `{${text.slice(prefix.length)}` : JSON.stringify(bare(object)))
  }
  return `${head}"metadata":${JSON.stringify(listMeta(listing))},"items":[${parts.join(',')}]}`
}

/** A list in the asked form. */
export function listDocument(
  presenter: Presenter,
  kind: KindSchema,
  resource: string,
  listing: Listing,
  form: Representation,
  include: IncludeObject,
): Result<Document, Status> {
  const apiVersion = apiVersionOf(kind.group, kind.version)
  switch (form.as) {
    case undefined:
      return ok({
        value: () => ({
          kind: `${kind.kind}List`,
          apiVersion,
          metadata: listMeta(listing),
          items: listing.items.map(bare),
        }),
        text: () => listText(presenter.api, kind.kind, apiVersion, listing),
      })
    case 'Table': {
      const table = tableOf(presenter, resource)
      return ok(documentOf(tableValue(presenter, table, listing.items, listMeta(listing), form, include, true)))
    }
    case 'PartialObjectMetadataList': {
      const version = metaVersion(form)
      const items = listing.items.map((object) => partial(object, version))
      return ok(
        documentOf({ kind: 'PartialObjectMetadataList', apiVersion: version, metadata: listMeta(listing), items }),
      )
    }
    default:
      return fail(mismatch(form.as, kind, true))
  }
}
