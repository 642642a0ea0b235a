/**
 * What etcd and the store say to each other through the JSON gateway of etcd's v3 API: the protobuf messages in the JSON
 * of proto3, so that keys and values are base64, 64-bit numbers are texts, and what is zero is left out.
 *
 * @source etcd v3.4 api/etcdserverpb/rpc.proto, api/mvccpb/kv.proto
 */
import { revision } from '../../base/index.ts'
import type { Entry, Version } from '../revision/index.ts'

export type Kv = {
  readonly key: string
  readonly value?: string
  readonly create_revision: string
  readonly mod_revision: string
  readonly lease?: string
}

export type Header = { readonly revision: string }

export type RangeResponse = { readonly header: Header; readonly kvs?: readonly Kv[]; readonly count?: string }

export type Compare = {
  readonly key: string
  readonly target: 'MOD' | 'VERSION' | 'LEASE'
  readonly mod_revision?: string
  readonly version?: string
  readonly lease?: string
}

export type Operation =
  | { readonly request_put: { readonly key: string; readonly value: string; readonly lease?: string } }
  | { readonly request_delete_range: { readonly key: string } }
  | { readonly request_range: { readonly key: string; readonly keys_only?: boolean } }

export type TxnRequest = {
  readonly compare: readonly Compare[]
  readonly success: readonly Operation[]
  readonly failure: readonly Operation[]
}

export type TxnResponse = {
  readonly header: Header
  readonly succeeded?: boolean
  readonly responses?: readonly { readonly response_range?: { readonly kvs?: readonly Kv[] } }[]
}

export type WatchEvent = { readonly type?: 'PUT' | 'DELETE'; readonly kv: Kv; readonly prev_kv?: Kv }

export type WatchResponse = {
  readonly header: Header
  readonly created?: boolean
  readonly canceled?: boolean
  readonly cancel_reason?: string
  readonly compact_revision?: string
  readonly events?: readonly WatchEvent[]
}

/** `TTL` is missing when the lease is no more. */
export type Lease = { readonly ID: string; readonly TTL?: string }

export const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
export const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')

/** The end of the range of all keys that begin with a prefix: the prefix with its last byte raised by one. */
export function endOfPrefix(prefix: string): string {
  const bytes = Buffer.from(prefix, 'utf8')
  const last = bytes.length - 1
  // 0xff is no byte of UTF-8, so raising never overflows.
  bytes[last] = (bytes[last] ?? 0) + 1
  return bytes.toString('base64')
}

/** The keys of one store: everything below `place` is its own. */
export type Place = {
  /** What the keys of objects begin with: `/jobd/objects`. */
  readonly objects: string
  /** `/jobd/lock` says who serves from here. */
  readonly lock: string
  /** `/jobd/tick` is written to learn that everything before it has been told. */
  readonly tick: string
  /** All of it, as etcd takes it. */
  readonly range: Range
}

/** In base64. */
export type Range = { readonly key: string; readonly range_end: string }

export const rangeOf = (prefix: string): Range => ({ key: encode(prefix), range_end: endOfPrefix(prefix) })

export const placeAt = (path: string): Place => ({
  objects: `${path}/objects`,
  lock: `${path}/lock`,
  tick: `${path}/tick`,
  range: rangeOf(`${path}/`),
})

export const versionOf = ({ objects }: Place, kv: Kv): Version => ({
  key: decode(kv.key).slice(objects.length),
  created: revision(Number(kv.create_revision)),
  modified: revision(Number(kv.mod_revision)),
})

export const entryOf = (place: Place, kv: Kv): Entry => ({ ...versionOf(place, kv), value: decode(kv.value ?? '') })
