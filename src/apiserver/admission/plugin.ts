/**
 * Admission: what may be written, beyond what is right in itself. Plugins run in a fixed order; the mutating half before
 * validation, the validating half after it.
 */
import type { KindSchema, KubeObject, Status } from '../../apimachinery/index.ts'
import type { Result } from '../../base/index.ts'

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

export type AdmissionPlugin = {
  /** As in `--disable-admission-plugins`. */
  readonly name: string
  /** Answers the object, changed or as it was. */
  readonly admit?: (attributes: Attributes) => Result<KubeObject | undefined, Status>
  /** A promise only where something must be written or waited for. */
  readonly validate?: (attributes: Attributes) => Result<undefined, Status> | Promise<Result<undefined, Status>>
}

/** What plugins may look at. Reads are of the newest known state. */
export type AdmissionReads = {
  readonly get: (resource: string, namespace: string, name: string) => KubeObject | undefined
  readonly list: (resource: string, namespace: string) => readonly KubeObject[]
}
