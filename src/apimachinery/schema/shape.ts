/** What the schema's data looks like. */

/** `batch.v1.Job`: group word, version and kind. */
export type TypeName = string

export type ScalarType =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'bytes'
  | 'time'
  | 'microTime'
  | 'quantity'
  | 'intOrString'
  | 'fieldsV1'
  | 'rawExtension'

export type FieldSchema = {
  readonly type?: ScalarType
  readonly ref?: TypeName
  readonly list?: FieldSchema
  readonly map?: FieldSchema
  readonly enum?: readonly string[]
  readonly required?: boolean
  readonly proto?: number
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly mapKeys?: readonly string[]
  readonly mapType?: 'atomic' | 'granular'
  readonly patchStrategy?: string
  readonly patchMergeKey?: string
}

export type TypeSchema = {
  readonly fields: Readonly<Record<string, FieldSchema>>
  readonly mapType?: 'atomic' | 'granular'
}

export type Presence = {
  readonly order: readonly string[]
  readonly always?: readonly string[]
  readonly optional?: readonly string[]
}

/** One served resource or subresource (`pods/log`). */
export type KindSchema = {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly singular?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly type?: TypeName
  readonly listType?: TypeName
  readonly bodyGroup?: string
  readonly bodyVersion?: string
}

export type Schema = {
  readonly kinds: readonly KindSchema[]
  readonly types: Readonly<Record<TypeName, TypeSchema>>
  readonly protoOnly: Readonly<
    Record<TypeName, Readonly<Record<string, { readonly id: number; readonly type: TypeName }>>>
  >
}
