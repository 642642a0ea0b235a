/**
 * What differs per kind. The registry does everything else, for every kind the same way and in this order:
 * decode → defaults → prepare → admission → validate → warn → defaults → store. The second defaults stand for those that
 * upstream runs on the way back from etcd (a Job without labels takes the labels generated for its pods).
 *
 * All functions are pure and never change their arguments; where nothing changes they return the very object they were
 * given, so that unchanged parts stay shared in memory. Defaults run on decoding requests and on reading from storage,
 * and are idempotent.
 */

import type { FieldError, KubeObject, TypeName } from '../apimachinery/index.ts'
import type { Instant } from '../base/index.ts'
import type { PodSpec } from './core/types.gen.ts'

/** Facts of one write that a strategy may need. */
export type WriteContext = {
  readonly now: Instant
  readonly options: ApiOptions
  /** The decoded object as it stood in the request before defaults; absent for internal writes. */
  readonly requested?: KubeObject | undefined
}

/** The switches of the server that change what kinds accept or show. See docs/differences.md. */
export type ApiOptions = {
  /** Answer as upstream v1.36 in every point where jobd differs on purpose. */
  readonly exact: boolean
  /** What the node will not do of what a pod asks for, for Warning headers; `path` is where the spec stands. */
  readonly nodeWarnings?: ((spec: PodSpec, path: string) => readonly string[]) | undefined
  /** Why no containers can be added to running pods, and what to do instead; absent when the nodes can, or nothing is known of them. */
  readonly noEphemeralContainers?: string | undefined
  /** Whether a zone name is known, exactly spelled; the pure code has no zone data of its own. */
  readonly isTimeZone: (name: string) => boolean
  /** The time zone of the server, for schedules that name none; UTC when absent. */
  readonly localTimeZone?: string | undefined
}

export type Cell = string | number | boolean | null
export type Column = {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean' | 'date'
  readonly format?: 'name' | ''
  readonly description: string
  /** 0 is always shown, 1 with `-o wide`. */
  readonly priority: number
}
export type RowCondition = {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}
export type Row = { readonly cells: readonly Cell[]; readonly conditions?: readonly RowCondition[] }
export type TableDefinition<T extends KubeObject> = {
  readonly columns: (options: ApiOptions) => readonly Column[]
  readonly row: (object: T, now: Instant, options: ApiOptions) => Row
}

/** How one (sub)resource accepts an update. */
export type UpdateStrategy<T extends KubeObject> = {
  /** Keeps what this endpoint does not write (status, or spec), and counts the generation up. */
  readonly prepareForUpdate: (object: T, old: T, context: WriteContext) => T
  readonly validateUpdate: (object: T, old: T, context: WriteContext) => readonly FieldError[]
  readonly warningsOnUpdate?: (object: T, old: T, context: WriteContext) => readonly string[]
  /** Paths that server-side apply on this endpoint neither sets nor owns: `[['status']]`. */
  readonly resetFields: readonly (readonly string[])[]
}

export type Propagation = 'Orphan' | 'Background' | 'Foreground'

export type Strategy<T extends KubeObject = KubeObject> = UpdateStrategy<T> & {
  readonly type: TypeName
  readonly defaults: (object: T) => T
  readonly prepareForCreate: (object: T, context: WriteContext) => T
  readonly validateCreate: (object: T, context: WriteContext) => readonly FieldError[]
  readonly warningsOnCreate?: (object: T, context: WriteContext) => readonly string[]
  /** PUT of a missing name creates it (Event, Lease, ConfigMap … no; kinds that upstream allows it for). */
  readonly allowCreateOnUpdate: boolean
  /** PUT without resourceVersion is accepted. */
  readonly allowUnconditionalUpdate: boolean
  /** By name: `status`, and what else takes PUT and PATCH of the whole object. */
  readonly subresources: Readonly<Record<string, UpdateStrategy<T>>>
  readonly table: TableDefinition<T>
  /** Field selectors besides metadata.name and metadata.namespace: label → value of an object. */
  readonly fields: Readonly<Record<string, (object: T) => string>>
  /** The 400 text for an unknown field label; the generic one when absent. */
  readonly unknownField?: (label: string) => string
  /**
   * Fields of later versions, by path, each with why it is refused: dropped without an error, as unknown fields are, they
   * would make another object than the one that was asked for. With `exact` they are unknown fields.
   */
  readonly unbuilt?: Readonly<Record<string, string>>
  readonly deletion: DeletionStrategy<T>
  /**
   * Objects are many and seldom asked for: they are read from the store each time instead of being kept in memory. By
   * field, how the names begin of objects that have a value there, so that not all need to be looked at.
   */
  readonly onDisk?: Readonly<Record<string, (value: string) => string>>
}

export type DeletionStrategy<T extends KubeObject> = {
  /** What happens to dependents when the request does not say. */
  readonly defaultPropagation: Propagation
  /** Set for kinds that end in two steps; the seconds that `object` gets when it is asked to go with `requested`. */
  readonly gracePeriod?: (object: T, requested: number | undefined) => number
  /** The answer to a finished delete is the object instead of a Status. */
  readonly returnsObject: boolean
  readonly warnings?: (options: { readonly propagationGiven: boolean }) => readonly string[]
}
