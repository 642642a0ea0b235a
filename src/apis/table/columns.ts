import type { KubeObject } from '../../apimachinery/index.ts'
import type { Cell, Column, Row, TableDefinition } from '../strategy.ts'

/** One column; `priority` 1 shows it with `-o wide` only. */
export const column = (
  name: string,
  type: Column['type'],
  description: string,
  { priority = 0, format = '' }: { readonly priority?: number; readonly format?: 'name' | '' } = {},
): Column => ({ name, type, format, description, priority })

export const nameColumn: Column = column('Name', 'string', 'The name of the object, unique among its kind.', {
  format: 'name',
})
export const ageColumn: Column = column('Age', 'string', 'How long ago the object was created.')

/** A table whose columns are the same for all servers. */
export const tableOf = <T extends KubeObject>(
  columns: readonly Column[],
  row: (...parameters: Parameters<TableDefinition<T>['row']>) => readonly Cell[] | Row,
): TableDefinition<T> => ({
  columns: () => columns,
  row: (object, now, options) => {
    const made = row(object, now, options)
    return 'cells' in made ? made : { cells: made }
  },
})

const createdAtColumns: readonly Column[] = [nameColumn, column('Created At', 'date', 'When the object was created.')]

/** The table of a kind that has none of its own. */
export const genericTable: TableDefinition<KubeObject> = tableOf(createdAtColumns, ({ metadata }) => [
  metadata.name ?? '',
  metadata.creationTimestamp ?? null,
])
