/**
 * Admission: what may be written, beyond what is right in itself. Plugins run in a fixed order; the mutating half before
 * validation, the validating half after it.
 */
import type { KindSchema, KubeObject, Status } from '../../apimachinery/index.ts'
import type { Clock, Random, Result } from '../../base/index.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** One write as plugins see it. */
export type Attributes = {
  readonly operation: Operation
  readonly kind: KindSchema
  /** `''` for the object itself. */
  readonly subresource: string
  /** `''` for cluster scope. */
  readonly namespace: string
  /** The name of the request; `''` while it is to be generated, and for collections. */
  readonly name: string
  /** The object to be written; absent for deletions. */
  readonly object?: KubeObject | undefined
  readonly old?: KubeObject | undefined
  readonly user: { readonly name: string; readonly groups: readonly string[] }
  readonly dryRun: boolean
  readonly warn: (text: string) => void
}

export type Admitted = Result<KubeObject | undefined, Status>
export type Validated = Result<undefined, Status>

export type AdmissionPlugin = {
  /** As in `--disable-admission-plugins`. */
  readonly name: string
  /** Answers the object, changed or as it was. A promise only where something must be waited for. */
  readonly admit?: (attributes: Attributes) => Admitted | Promise<Admitted>
  readonly validate?: (attributes: Attributes) => Validated | Promise<Validated>
}

/** What plugins may look at and change. Reads are of the newest known state. */
export type AdmissionWorld = {
  readonly get: (resource: string, namespace: string, name: string) => KubeObject | undefined
  /** In order of names; of all namespaces when `namespace` is `''`. */
  readonly list: (resource: string, namespace: string) => readonly KubeObject[]
  /** Replaces a stored object by a function of it. */
  readonly modify: (
    resource: string,
    namespace: string,
    name: string,
    change: (current: KubeObject) => Result<KubeObject, Status>,
  ) => Promise<Result<KubeObject, Status>>
  readonly clock: Clock
  readonly random: Random
}
