/**
 * The OpenAPI documents over HTTP: what is chosen, how long it may be kept.
 *
 * @source kubernetes v1.36 k8s.io/kube-openapi/pkg/{handler,handler3} (facts: paths, media types, headers)
 */
import { etagOf, hashOf } from '../discovery/index.ts'
import type { OpenApi, OpenApiDocument } from '../openapi/index.ts'
import { sendCacheable } from './cacheable.ts'
import { type Exchange, sendText } from './exchange.ts'

const year = 365 * 24 * 3_600_000
const protobufType = (version: 'v2' | 'v3'): string =>
  `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`
/** How clients spell it: the name with an at sign is upstream's older one. */
const protobufNames = (version: 'v2' | 'v3'): readonly string[] => [
  protobufType(version),
  `application/com.github.proto-openapi.spec.${version}@v1.0+protobuf`,
]

type Choice = 'json' | 'protobuf' | undefined

/** JSON where anything goes. */
function choose(accept: string | undefined, version: 'v2' | 'v3'): Choice {
  if (accept === undefined || accept === '') return 'json'
  for (const part of accept.split(',')) {
    const mime = (part.split(';')[0] as string).trim()
    if (mime === '*/*' || mime === 'application/*' || mime === 'application/json') return 'json'
    if (protobufNames(version).includes(mime)) return 'protobuf'
  }
  return undefined
}

/** Documents are made anew when they are sent; what stays is their hash. */
type Known = { readonly document: OpenApiDocument; readonly hash: string }

/** Upstream answers a name that is not served with nothing but the code. */
function emptyNotFound(x: Exchange): void {
  x.code = 404
  x.res.begin(404, ['Audit-Id', x.auditId, 'Content-Length', '0'])
  x.res.body.end()
}

/** Makes the function that answers paths below `/openapi`; false for a path that is none. */
export function newServeOpenApi(source: OpenApi): (x: Exchange) => boolean {
  const documents = new Map<string, Known>()
  const known = (path: string): Known | undefined => {
    const there = documents.get(path)
    if (there !== undefined) return there
    const made = path === 'v2' ? source.v2() : source.v3(path)
    if (made === undefined) return undefined
    const hashed = { document: made, hash: hashOf(made.json()) }
    documents.set(path, hashed)
    return hashed
  }
  const answer = (x: Exchange, version: 'v2' | 'v3', known: Known, cache: string, extra: readonly string[]): void => {
    const { document, hash } = known
    const choice = choose(x.req.headers.accept, version)
    if (choice === undefined) sendText(x, 406, 'Not Acceptable\n')
    else if (choice === 'json') sendCacheable(x, 'application/json', `"${hash}"`, document.json, cache, extra)
    else sendCacheable(x, protobufType(version), `"${hash}"`, document.protobuf, cache, extra)
  }
  let index: string | undefined
  const indexText = (): string => {
    index ??= JSON.stringify({
      paths: Object.fromEntries(
        source.v3Paths.map((path) => [
          path,
          { serverRelativeURL: `/openapi/v3/${path}?hash=${known(path)?.hash ?? ''}` },
        ]),
      ),
    })
    return index
  }
  const serveDocument = (x: Exchange, path: string): void => {
    const document = known(path)
    const asked = x.query.get('hash')?.[0] ?? ''
    if (document === undefined) emptyNotFound(x)
    else if (asked === '') answer(x, 'v3', document, 'no-cache, private', [])
    else if (asked === document.hash) {
      answer(x, 'v3', document, 'public, immutable', ['Expires', new Date(x.now() + year).toUTCString()])
    } else {
      x.code = 301
      x.res.begin(301, ['Location', `/openapi/v3/${path}?hash=${document.hash}`, 'Content-Length', '0'])
      x.res.body.end()
    }
  }
  return (x) => {
    const path = x.info.path.replace(/\/$/, '')
    if (path === '/openapi/v2') {
      answer(x, 'v2', known('v2') as Known, 'no-cache, private', [])
      return true
    }
    if (path === '/openapi/v3') {
      const text = indexText()
      // Upstream leaves the type to be guessed from the content.
      sendCacheable(x, 'text/plain; charset=utf-8', etagOf(text), () => text, 'no-cache, private')
      return true
    }
    if (!path.startsWith('/openapi/v3/')) return false
    serveDocument(x, path.slice('/openapi/v3/'.length))
    return true
  }
}
