/** A conditional write as a transaction of etcd, and what its answer means. */
import { revision } from '../../base/index.ts'
import type { StoreError, Version, WriteRequest } from '../revision/index.ts'
import {
  type Compare,
  decode,
  encode,
  type Kv,
  type Place,
  type TxnRequest,
  type TxnResponse,
  versionOf,
} from './messages.ts'

/** Writes while the lock is ours and the condition holds; otherwise reads which of the two does not. */
export function txnOf({ objects }: Place, fence: Compare, request: WriteRequest): TxnRequest {
  const key = encode(objects + request.key)
  const mod_revision = String(request.kind === 'Create' ? 0 : request.ifRevision)
  return {
    compare: [fence, { key, target: 'MOD', mod_revision }],
    success:
      request.kind === 'Delete'
        ? [{ request_delete_range: { key } }]
        : [{ request_put: { key, value: encode(request.value) } }, { request_range: { key, keys_only: true } }],
    failure: [{ request_range: { key: fence.key } }, { request_range: { key } }],
  }
}

export type Judgement =
  | { readonly kind: 'Written'; readonly version: Version }
  | { readonly kind: 'Refused'; readonly error: StoreError }
  | { readonly kind: 'Missing' }
  /** The lock was not ours. */
  | { readonly kind: 'Locked' }

export type Answered = {
  readonly response: TxnResponse
  readonly fence: Compare
  /** It was asked more than once, because an answer was lost. */
  readonly isRepeated: boolean
}

export function judge(place: Place, request: WriteRequest, { response, fence, isRepeated }: Answered): Judgement {
  const kvs = (response.responses ?? []).map(({ response_range }) => response_range?.kvs?.[0])
  if (response.succeeded === true) {
    const at = revision(Number(response.header.revision))
    const put = kvs[1]
    const created = put === undefined ? at : revision(Number(put.create_revision))
    return { kind: 'Written', version: { key: request.key, created, modified: at } }
  }
  const [held, current] = kvs
  if ((held?.lease ?? '0') !== fence.lease) return { kind: 'Locked' }
  if (current === undefined) return { kind: 'Missing' }
  if (isRepeated && isOurs(request, current)) return { kind: 'Written', version: versionOf(place, current) }
  const at = revision(Number(current.mod_revision))
  return { kind: 'Refused', error: { kind: request.kind === 'Create' ? 'Exists' : 'Conflict', current: at } }
}

/** Whether a transaction whose answer was lost, asked again, finds what it wrote itself. */
function isOurs(request: WriteRequest, current: Kv): boolean {
  if (request.kind === 'Delete' || decode(current.value ?? '') !== request.value) return false
  return request.kind === 'Create'
    ? current.create_revision === current.mod_revision
    : Number(current.mod_revision) > request.ifRevision
}
