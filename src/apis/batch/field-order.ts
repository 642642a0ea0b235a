import { presence, type TypeName } from '../../apimachinery/index.ts'

/** The record with its fields as upstream writes them; those without a value are left out. */
export function inFieldOrder<T extends object>(type: TypeName, record: T): T {
  const ordered: Partial<T> = {}
  for (const name of (presence[type]?.order ?? []) as readonly (keyof T)[]) {
    const value = record[name]
    if (value !== undefined) ordered[name] = value
  }
  return ordered as T
}
