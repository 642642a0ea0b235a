/**
 * Which form an answer takes: media types, conversions to Table and PartialObjectMetadata, indented JSON.
 *
 * Two judges stand one behind the other, as upstream: the router compares plain media types letter by letter
 * (`acceptedByRoute`), the negotiation proper knows quality values, parameters and wildcards (`negotiate`).
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/negotiation/negotiate.go; emicklei/go-restful/v3 route.go, jsr311.go
 */
import { notAcceptable, type Status } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'

export type Media = 'json' | 'yaml' | 'protobuf'
export type Conversion = 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | 'APIGroupDiscoveryList'

/** The form of one answer. */
export type Representation = {
  readonly media: Media
  readonly as?: Conversion | undefined
  /** The version of the conversion: `v1`, `v1beta1` or `v2`. */
  readonly asVersion?: string | undefined
  /** `;pretty=1` in the chosen clause. */
  readonly pretty: boolean
}

export const mediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const
export const streamTypes = [
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
] as const
export const contentTypes: Readonly<Record<Media, string>> = {
  json: mediaTypes[0],
  yaml: mediaTypes[1],
  protobuf: mediaTypes[2],
}

export const plainJson: Representation = { media: 'json', pretty: false }

type Clause = {
  readonly type: string
  readonly subtype: string
  readonly quality: number
  readonly params: ReadonlyMap<string, string>
}

function clauseOf(text: string): Clause {
  const [mime = '', ...rest] = text.split(';')
  const params = new Map<string, string>()
  let quality = 1
  for (const pair of rest) {
    const equals = pair.indexOf('=')
    if (equals < 0) continue
    const key = pair.slice(0, equals).trim()
    const value = pair.slice(equals + 1).trim()
    if (key === 'q') quality = /^\d*\.?\d+$/.test(value) ? Number(value) : 1
    else params.set(key, value)
  }
  const slash = mime.indexOf('/')
  const type = (slash < 0 ? mime : mime.slice(0, slash)).trim()
  return { type, subtype: slash < 0 ? '*' : mime.slice(slash + 1).trim(), quality, params }
}

const precision = (clause: Clause): number => (clause.type === '*' ? 0 : clause.subtype === '*' ? 1 : 2)

function clausesOf(header: string): readonly Clause[] {
  const clauses = header.split(',').map(clauseOf)
  return clauses.sort((a, b) => b.quality - a.quality || precision(b) - precision(a))
}

/** What an endpoint can be asked for beyond the plain object. */
export type Endpoint = 'resource' | 'plain' | 'discovery'

const metaKinds = new Set<string>(['PartialObjectMetadata', 'PartialObjectMetadataList'])

function allows(endpoint: Endpoint, media: Media, params: ReadonlyMap<string, string>): boolean {
  const kind = params.get('as') ?? ''
  const group = params.get('g') ?? ''
  const version = params.get('v') ?? ''
  if (!params.has('as') && !params.has('g') && !params.has('v')) return true
  if (endpoint === 'discovery') {
    return kind === 'APIGroupDiscoveryList' && group === 'apidiscovery.k8s.io' && version === 'v2'
  }
  if (endpoint !== 'resource' || group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return false
  return kind === 'Table' ? media !== 'protobuf' : metaKinds.has(kind)
}

const medias: readonly (readonly [Media, string])[] = [
  ['json', 'json'],
  ['yaml', 'yaml'],
  ['protobuf', 'vnd.kubernetes.protobuf'],
]

function matchOf(clause: Clause, endpoint: Endpoint, stream: boolean): Representation | undefined {
  for (const [media, subtype] of medias) {
    const matches =
      (clause.type === 'application' && (clause.subtype === subtype || clause.subtype === '*')) ||
      (clause.type === '*' && clause.subtype === '*')
    if (!matches || !allows(endpoint, media, clause.params)) continue
    const asked = clause.params.get('stream') ?? ''
    if (asked !== '' && (media === 'yaml' || asked !== 'watch' || endpoint !== 'resource')) continue
    if (stream && media === 'yaml') return undefined
    return {
      media,
      pretty: clause.params.get('pretty') === '1',
      as: clause.params.get('as') as Conversion | undefined,
      asVersion: clause.params.get('v'),
    }
  }
  return undefined
}

const refusal = notAcceptable(`only the following media types are accepted: ${mediaTypes.join(', ')}`)
const streamRefusal = notAcceptable(`only the following media types are accepted: ${streamTypes.join(', ')}`)

function decide(header: string, endpoint: Endpoint, stream: boolean): Result<Representation, Status> {
  if (header === '') return ok(plainJson)
  for (const clause of clausesOf(header)) {
    const found = matchOf(clause, endpoint, stream)
    if (found !== undefined) return ok(found)
    // Upstream stops at the first clause that fits, and only then finds that it cannot stream.
    if (stream && clause.subtype === 'yaml' && clause.type === 'application') break
  }
  return fail(stream ? streamRefusal : refusal)
}

const cacheLimit = 256
/** Longer headers are nobody's that comes often. */
const longestCached = 512
const decided = new Map<string, Result<Representation, Status>>()

/** Chooses the form of the answer; 406 when nothing that was asked for can be had. No header means JSON. */
export function negotiate(
  header: string | undefined,
  endpoint: Endpoint,
  stream = false,
): Result<Representation, Status> {
  const key = `${endpoint}${stream ? '+' : '-'}${header ?? ''}`
  const known = decided.get(key)
  if (known !== undefined) return known
  const result = decide(header ?? '', endpoint, stream)
  if (key.length > longestCached) return result
  if (decided.size >= cacheLimit) decided.clear()
  decided.set(key, result)
  return result
}

/** The router's own check: `produces` names the types of the route, compared literally; wildcards only as a whole. */
export function acceptedByRoute(header: string | undefined, produces: readonly string[]): boolean {
  if (header === undefined || header === '' || header === 'application/json') return true
  for (const part of header.split(',')) {
    const semicolon = part.indexOf(';')
    const mime = (semicolon < 0 ? part : part.slice(0, semicolon)).trim()
    if (mime === '*/*' || produces.includes(mime)) return true
  }
  return false
}

/** The router's refusal names everything the route can produce. */
export const routeNotAcceptable = (produces: readonly string[]): Status => ({
  ...notAcceptable(`406: Not Acceptable\n\nAvailable representations: ${produces.join(', ')}`),
  details: {},
})

/** Indented JSON: asked for by parameter, else for people at a terminal or in a browser. */
export function wantsPretty(parameter: string | undefined, userAgent: string): boolean {
  if (parameter !== undefined && parameter !== '') return ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(parameter)
  return userAgent.startsWith('curl') || userAgent.startsWith('Wget') || userAgent.startsWith('Mozilla/5.0')
}
