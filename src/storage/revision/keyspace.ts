/**
 * Which keys there are and at which revisions: decides every conditional write and gives out revisions.
 *
 * Decisions see writes that are not durable yet (`assigned`), readers see only durable ones (`visible`). A batch that
 * cannot be made durable is taken back together with all that was decided after it.
 *
 * Worked example: create a → assigned 1, visible 0; update a (if 1) → assigned 2; the disk keeps both → visible 2.
 * Had the disk refused, `takeBack` of both leaves assigned 0, and a is free again.
 */
import { fail, ok, type Result, type Revision, revision } from '../../base/index.ts'
import type { Change, StoreError, Version } from './store.ts'

export type Keyspace = {
  readonly heads: Map<string, Version>
  assigned: Revision
  visible: Revision
}

/** A decided write: `value` undefined removes the key. */
export type Write = {
  readonly revision: Revision
  readonly key: string
  readonly created: Revision
  readonly value: string | undefined
  readonly previous: Version | undefined
}

export type WriteRequest =
  | { readonly kind: 'Create'; readonly key: string; readonly value: string }
  | { readonly kind: 'Update'; readonly key: string; readonly value: string; readonly ifRevision: Revision }
  | { readonly kind: 'Delete'; readonly key: string; readonly ifRevision: Revision }

export const newKeyspace = (at: Revision): Keyspace => ({ heads: new Map(), assigned: at, visible: at })

/** Decides one write and takes the next revision for it; on an error nothing has changed. */
export function decide(keyspace: Keyspace, request: WriteRequest): Result<Write, StoreError> {
  const head = keyspace.heads.get(request.key)
  if (request.kind === 'Create') {
    if (head !== undefined) return fail({ kind: 'Exists', current: head.modified })
  } else {
    if (head === undefined) return fail({ kind: 'Missing', current: keyspace.assigned })
    if (head.modified !== request.ifRevision) return fail({ kind: 'Conflict', current: head.modified })
  }
  const next = revision(keyspace.assigned + 1)
  keyspace.assigned = next
  const created = head?.created ?? next
  if (request.kind === 'Delete') keyspace.heads.delete(request.key)
  else keyspace.heads.set(request.key, { key: request.key, created, modified: next })
  const value = request.kind === 'Delete' ? undefined : request.value
  return ok({ revision: next, key: request.key, created, value, previous: head })
}

/** Undoes writes that did not become durable. They must be all that were assigned after the visible revision. */
export function takeBack(keyspace: Keyspace, writes: readonly Write[]): void {
  for (const write of writes.toReversed()) {
    if (write.previous === undefined) keyspace.heads.delete(write.key)
    else keyspace.heads.set(write.key, write.previous)
  }
  keyspace.assigned = keyspace.visible
}

export function changeOf(write: Write): Change {
  const { revision: at, key, created, value, previous } = write
  if (value !== undefined) return { kind: 'Put', revision: at, entry: { key, value, created, modified: at }, previous }
  return { kind: 'Delete', revision: at, previous: previous ?? { key, created, modified: at } }
}

export const keyOf = (change: Change): string => (change.kind === 'Put' ? change.entry.key : change.previous.key)
