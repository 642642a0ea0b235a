/** The rows of tools/field-support.ts against the schema: what docs/reference.md prints and a test proves. */
import { type FieldSchema, schema } from '../src/apimachinery/index.ts'
import { fieldSupport } from './field-support.ts'

export type Verdict = 'supported' | 'warned' | 'refused'
export type FieldRow = {
  readonly type: string
  readonly field: string
  readonly verdict: Verdict
  /** Empty when there is nothing to say. */
  readonly remark: string
  /** A field of later versions, which the schema does not have. */
  readonly isUnbuilt: boolean
}

/** The types of which the rows start. */
export const rootTypes: readonly string[] = ['batch.v1.Job', 'batch.v1.CronJob']

/** The type of a field or of the elements of it, if it has one. */
export const refOf = (field: FieldSchema | undefined): string | undefined =>
  field?.ref ?? (field && refOf(field.list ?? field.map))

/** The rows of one type in order; throws where table and schema disagree. */
function rowsOf(type: string): readonly FieldRow[] {
  const support = fieldSupport[type]
  if (support === undefined) throw new Error(`tools/field-support.ts has no entry for ${type}`)
  const of = (verdict: Verdict, fields: Readonly<Record<string, string>> = {}, isUnbuilt = false) =>
    Object.entries(fields).map(([field, remark]): FieldRow => ({ type, field, verdict, remark, isUnbuilt }))
  const plain = (support.supported ?? '').split(' ').filter((field) => field !== '')
  const rows = [
    ...of('supported', Object.fromEntries(plain.map((field) => [field, '']))),
    ...of('supported', support.remarks),
    ...of('warned', support.warned),
    ...of('refused', support.refused),
  ]
  const unbuilt = of('refused', support.unbuilt, true)
  const inTable = rows.map(({ field }) => field).sort()
  const inSchema = Object.keys(schema.types[type]?.fields ?? {}).sort()
  for (const field of inSchema)
    if (!inTable.includes(field)) throw new Error(`tools/field-support.ts: ${type}.${field} is missing`)
  inTable.forEach((field, i) => {
    if (!inSchema.includes(field)) throw new Error(`tools/field-support.ts: ${type}.${field} is not in the schema`)
    if (inTable[i + 1] === field) throw new Error(`tools/field-support.ts: ${type}.${field} stands there twice`)
  })
  const known = unbuilt.find(({ field }) => inSchema.includes(field))
  if (known !== undefined) throw new Error(`tools/field-support.ts: ${type}.${known.field} is in the schema now`)
  return [...rows, ...unbuilt].sort((one, other) => (one.field < other.field ? -1 : 1))
}

/** All rows by type: Jobs and CronJobs, and the types below fields that do something; each once. */
export function fieldRows(): ReadonlyMap<string, readonly FieldRow[]> {
  const wanted = [...rootTypes]
  const found = new Map<string, readonly FieldRow[]>()
  for (const type of wanted) {
    const rows = rowsOf(type)
    found.set(type, rows)
    for (const { field, verdict } of rows) {
      const ref = verdict === 'supported' ? refOf(schema.types[type]?.fields[field]) : undefined
      if (ref !== undefined && !wanted.includes(ref)) wanted.push(ref)
    }
  }
  const extra = Object.keys(fieldSupport).find((type) => !found.has(type))
  if (extra !== undefined) throw new Error(`tools/field-support.ts: ${extra} is of no supported field`)
  return found
}
