/**
 * The OpenAPI documents as they are sent. They are large and seldom asked for, so each is built when somebody asks, and
 * kept only until the garbage collector wants the memory; what stays is its hash.
 */
import { etagOf, hashOf } from '../discovery/index.ts'
import { documentNames, openApiV2, openApiV3, type ServerInfo } from './documents.ts'
import { encodeGnostic } from './gnostic.ts'

export const openApiContentTypes = {
  json: 'application/json',
  v2: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  v3: 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf',
} as const

export type OpenApiForm = 'json' | 'protobuf'
/** `etag` is quoted, as the header has it; `hash` is what stands in URLs of the index. */
export type OpenApiDocument = {
  readonly body: Uint8Array
  readonly contentType: string
  readonly etag: string
  readonly hash: string
}

export type OpenApi = {
  /** The document of `/openapi/v3`: the URLs of all others, with their hashes. */
  readonly index: () => OpenApiDocument
  /** The document `apis/batch/v1`; undefined for a name that is not served. */
  readonly v3: (name: string, form: OpenApiForm) => OpenApiDocument | undefined
  readonly v2: (form: OpenApiForm) => OpenApiDocument
}

/**
 * The forms that a request may get for its Accept header, best first: names of media types may be written with `@` or
 * with a dot, quality values are not looked at. `undefined`: nothing fits.
 */
export function openApiForm(accept: string | undefined, version: 'v2' | 'v3'): OpenApiForm | undefined {
  if (accept === undefined || accept === '') return 'json'
  for (const clause of accept.split(',')) {
    const type = (clause.split(';')[0] ?? '').trim()
    if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json'
    if (type.replace('@', '.') === openApiContentTypes[version]) return 'protobuf'
  }
  return undefined
}

/** Documents that describe a server of this title and version. */
export function createOpenApi(info: ServerInfo): OpenApi {
  const kept = new Map<string, WeakRef<OpenApiDocument>>()
  const hashes = new Map<string, string>()
  const utf8 = new TextEncoder()
  const remember = (key: string, make: () => OpenApiDocument): OpenApiDocument => {
    const known = kept.get(key)?.deref()
    if (known !== undefined) return known
    const document = make()
    kept.set(key, new WeakRef(document))
    return document
  }
  const documentOf = (body: Uint8Array, contentType: string): OpenApiDocument => {
    const hash = hashOf(body)
    return { body, contentType, hash, etag: etagOf(body) }
  }
  const v3: OpenApi['v3'] = (name, form) => {
    if (!documentNames().includes(name)) return undefined
    return remember(`${name} ${form}`, () => {
      const value = openApiV3(name, info) ?? {}
      const json = utf8.encode(JSON.stringify(value))
      const document =
        form === 'json'
          ? documentOf(json, openApiContentTypes.json)
          : documentOf(encodeGnostic(value), openApiContentTypes.v3)
      hashes.set(name, hashes.get(name) ?? hashOf(json))
      return { ...document, hash: hashes.get(name) ?? document.hash }
    })
  }
  const hashFor = (name: string): string => {
    if (!hashes.has(name)) v3(name, 'json')
    return hashes.get(name) ?? ''
  }
  const index = (): OpenApiDocument =>
    remember('index', () => {
      const urls = documentNames().map((name) => [
        name,
        { serverRelativeURL: `/openapi/v3/${name}?hash=${hashFor(name)}` },
      ])
      // Upstream sends its index so, although it is JSON.
      return documentOf(utf8.encode(JSON.stringify({ paths: Object.fromEntries(urls) })), 'text/plain; charset=utf-8')
    })
  const v2: OpenApi['v2'] = (form) =>
    remember(`v2 ${form}`, () => {
      const value = openApiV2(info)
      return form === 'json'
        ? documentOf(utf8.encode(JSON.stringify(value)), openApiContentTypes.json)
        : documentOf(encodeGnostic(value), openApiContentTypes.v2)
    })
  return { index, v3, v2 }
}
