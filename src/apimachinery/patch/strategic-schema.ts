/**
 * How strategic merge patch treats each field, read from the schema.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/strategicpatch/meta.go, PatchMetaFromStruct
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { quoted } from '../field/errors.ts'
import { plainError } from '../meta/status.ts'
import type { Status } from '../meta/types.gen.ts'
import { type FieldSchema, schema, type TypeName } from '../schema/schema.ts'

/** A place in the schema: a named type, or what a map or list holds. */
export type PatchNode = Pick<FieldSchema, 'ref' | 'list' | 'map' | 'type'>
export type PatchMeta = {
  /** What the field holds; for lists, what its elements hold. */
  readonly node: PatchNode
  readonly strategy: '' | 'merge' | 'replace'
  readonly mergeKey: string
}

export const rootNode = (type: TypeName): PatchNode => ({ ref: type })

const metas = new WeakMap<FieldSchema, PatchMeta>()

function metaOf(field: FieldSchema): PatchMeta {
  const known = metas.get(field)
  if (known !== undefined) return known
  const words = (field.patchStrategy ?? '').split(',')
  const strategy = words.includes('merge') ? 'merge' : words.includes('replace') ? 'replace' : ''
  const meta: PatchMeta = { node: field.list ?? field, strategy, mergeKey: field.patchMergeKey ?? '' }
  metas.set(field, meta)
  return meta
}

/** How the field of an object merges. Upstream has an error (500) where there is no such field. */
export function structMeta(node: PatchNode, key: string): Result<PatchMeta, Status> {
  const field = fieldOf(node, key)
  return field.ok ? ok(metaOf(field.value)) : field
}

/** How the list in a field merges; an error (500) too when the field is no list. */
export function listMeta(node: PatchNode, key: string): Result<PatchMeta, Status> {
  const field = fieldOf(node, key)
  if (!field.ok) return field
  if (field.value.list === undefined) return fail(plainError('expected slice or array type, but got: struct'))
  return ok(metaOf(field.value))
}

function fieldOf(node: PatchNode, key: string): Result<FieldSchema, Status> {
  const type = node.ref === undefined ? undefined : schema.types[node.ref]
  if (type === undefined || node.ref === undefined) {
    const kind = node.map !== undefined ? 'map' : node.list !== undefined ? 'slice' : 'string'
    return fail(plainError(`merging an object in json but data type is not struct, instead is: ${kind}`))
  }
  const field = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined
  if (field !== undefined) return ok(field)
  const name = node.ref.slice(node.ref.lastIndexOf('.') + 1)
  return fail(plainError(`unable to find api field in struct ${name} for the json field ${quoted(key)}`))
}
