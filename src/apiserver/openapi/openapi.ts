/**
 * The OpenAPI documents as they are sent. They are large and seldom asked for, so each is built when somebody asks, and
 * kept only until the garbage collector wants the memory.
 */
import { type KindSchema, schema } from '../../apimachinery/index.ts'
import { documentNames, openApiV2, openApiV3, type ServerInfo } from './documents.ts'
import { encodeGnostic } from './gnostic.ts'
import type { JsonObject } from './schemas.ts'

/** One document; each call gives the same content, built anew or not. */
export type OpenApiDocument = { readonly json: () => string; readonly protobuf: () => Uint8Array }

export type OpenApi = {
  /** The names of the documents below `/openapi/v3/`: `api/v1`, `apis/batch/v1`, `version`. */
  readonly v3Paths: readonly string[]
  /** Undefined for a name that is not served. */
  readonly v3: (path: string) => OpenApiDocument | undefined
  readonly v2: () => OpenApiDocument
}

function remembered<Value extends object>(make: () => Value): () => Value {
  let known: WeakRef<Value> | undefined
  return () => {
    const there = known?.deref()
    if (there !== undefined) return there
    const value = make()
    known = new WeakRef(value)
    return value
  }
}

function documentOf(value: () => JsonObject): OpenApiDocument {
  // A text cannot be held weakly, a box around it can.
  const json = remembered(() => ({ text: JSON.stringify(value()) }))
  return { json: () => json().text, protobuf: remembered(() => encodeGnostic(value())) }
}

/** Documents that describe a server of this title and version which serves these kinds, upstream's when absent. */
export function createOpenApi(info: ServerInfo, served: readonly KindSchema[] = schema.kinds): OpenApi {
  const v3Paths = documentNames(served)
  const documents = new Map(v3Paths.map((path) => [path, documentOf(() => openApiV3(path, info, served) ?? {})]))
  const v2 = documentOf(() => openApiV2(info, served))
  return { v3Paths, v3: (path) => documents.get(path), v2: () => v2 }
}
