/**
 * Fields that one manager applies and others own.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/managedfields/internal/conflict.go
 */
import { quoted } from '../field/errors.ts'
import { applyConflict } from '../meta/status.ts'
import type { Status } from '../meta/types.gen.ts'
import { difference, type Fields, type FieldTree, pathsOf } from './field-set.ts'
import { identityOf, type Owner } from './managed-fields.ts'

export type Conflict = { readonly owner: Owner; readonly fields: FieldTree }

/** The conflicts that are left without those about `allowed`. */
export function fieldsInConflict(conflicts: readonly Conflict[], allowed: Fields): readonly Conflict[] {
  return conflicts.flatMap(({ owner, fields }): readonly Conflict[] => {
    const rest = difference(fields, allowed)
    return rest === undefined ? [] : [{ owner, fields: rest }]
  })
}

/** The 409 that names every field and its owner. */
export function conflictStatus(conflicts: readonly Conflict[]): Status {
  const sorted = conflicts
    .map(({ owner, fields }) => ({ identity: identityOf(owner), owner: ownerText(owner), paths: pathsOf(fields) }))
    .sort((a, b) => (a.identity < b.identity ? -1 : 1))
  const causes = sorted.flatMap(({ owner, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field })),
  )
  const [only] = causes
  if (causes.length === 1 && only !== undefined)
    return applyConflict(`Apply failed with 1 conflict: ${only.message}: ${only.field}`, causes)
  const lines = sorted.flatMap(({ owner, paths }) => [`conflicts with ${owner}:`, ...paths.map((path) => `- ${path}`)])
  return applyConflict(`Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`, causes)
}

function ownerText({ manager, subresource, operation, apiVersion }: Owner): string {
  const name = subresource === '' ? quoted(manager) : `${quoted(manager)} with subresource ${quoted(subresource)}`
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
