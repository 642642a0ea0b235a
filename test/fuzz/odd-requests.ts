/** Requests to every endpoint that are wrong in some way, or in none, from a seed. */
import { readFileSync } from 'node:fs'
import { type KindSchema, schema } from '../../src/apimachinery/index.ts'
import type { SeededRandom } from '../sim/seeded-random.ts'
import type { Ask } from '../support/requests.ts'
import { mutatedJson, oddJson, oddText, randomBytes, spoiltBytes } from './odd-values.ts'

type Sample = { readonly json: { readonly kind: string; readonly metadata?: object }; readonly protobuf: string }

const samples = (
  JSON.parse(readFileSync(new URL('../fixtures/protobuf/samples.json', import.meta.url), 'utf8')) as Sample[]
).filter(({ json }) => json.metadata !== undefined)

const names = ['one', 'two', 'three']
const methods = [
  'GET',
  'GET',
  'GET',
  'POST',
  'POST',
  'POST',
  'PUT',
  'PATCH',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PURGE',
]
const fixedPaths = [
  '/',
  '/api',
  '/apis',
  '/api/v1',
  '/apis/batch',
  '/apis/batch/v1',
  '/apis/nope.example.com/v1',
  '/version',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/apis/batch/v1',
  '/healthz',
  '/livez/ping',
  '/readyz',
  '/metrics',
  '/jobd/v1/compact',
  '/jobd',
  '/api/v1/watch/pods',
  '/api/v1/namespaces/default/pods/one/log',
  '/api/v1/namespaces/default/pods/one/exec',
]
const types = [
  'application/json',
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'text/plain',
  'application/json; charset=utf-16',
]
const accepts = [
  'application/json',
  '*/*',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'text/html',
  'application/json;stream=watch;;;',
  ',,,;q=',
]
const parameters = [
  'labelSelector',
  'fieldSelector',
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'timeoutSeconds',
  'timeout',
  'sendInitialEvents',
  'allowWatchBookmarks',
  'fieldManager',
  'fieldValidation',
  'force',
  'dryRun',
  'propagationPolicy',
  'gracePeriodSeconds',
  'orphanDependents',
  'pretty',
  'command',
  'tailLines',
  'sinceTime',
  '__proto__',
]
const parameterValues = [
  'a=b',
  'a in (b,c),!d',
  'a in (',
  '=,=',
  'metadata.name=one',
  'status.phase!=Running',
  '1',
  '500',
  '-1',
  'true',
  'All',
  'NotOlderThan',
  'Exact',
  'Foreground',
  'Orphan',
  'Strict',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJhXHUwMDAwIn0',
]

const percent = (text: string): string => encodeURIComponent(text.toWellFormed())

function pathOf(random: SeededRandom, kind: KindSchema): string {
  const [resource = '', subresource] = kind.resource.split('/')
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`
  const namespace = random.pick(['default', 'default', 'default', 'other', ''])
  const scope = kind.namespaced && namespace !== '' ? `/namespaces/${namespace}` : ''
  const name = random.chance(0.5) || subresource !== undefined ? `/${random.pick(names)}` : ''
  return `${root}${scope}/${resource}${name}${subresource === undefined ? '' : `/${subresource}`}`
}

function spoiltPath(random: SeededRandom, path: string): string {
  const words = path.split('/')
  const at = random.between(0, words.length - 1)
  switch (random.between(0, 4)) {
    case 0:
      words[at] = percent(oddText(random).slice(0, 300))
      break
    case 1:
      words.splice(at, 0, '', '')
      break
    case 2:
      words.push(percent(oddText(random).slice(0, 300)))
      break
    case 3:
      words[at] = random.pick(['%', '%zz', '%ff%fe', '%00', '%2e%2e', ';a=b', '@:80'])
      break
    default:
      words.splice(at, 1)
  }
  return words.join('/').replace(/^\/*/, '/')
}

function queryOf(random: SeededRandom): string {
  const pairs: string[] = []
  for (let i = random.between(0, 3); i > 0; i--) {
    const value = random.chance(0.7) ? percent(random.pick(parameterValues)) : percent(oddText(random).slice(0, 2000))
    pairs.push(`${random.pick(parameters)}=${random.chance(0.1) ? '%f0%9f' : value}`)
  }
  if (random.chance(0.05)) pairs.push('watch=1')
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function sampleFor(random: SeededRandom, kind: KindSchema): Sample {
  const fitting = samples.filter(({ json }) => json.kind === kind.kind)
  return random.pick(fitting.length > 0 ? fitting : samples)
}

/** A sample as a client would send it anew. */
function fresh(random: SeededRandom, { json }: Sample): object {
  const { metadata, ...rest } = json
  const {
    uid: _uid,
    resourceVersion: _version,
    namespace: _namespace,
    ownerReferences: _owners,
    ...kept
  } = metadata as Record<string, unknown>
  return { ...rest, metadata: { ...kept, name: random.pick(names) } }
}

function jsonPatch(random: SeededRandom): string {
  const operations = Array.from({ length: random.between(0, 4) }, () => {
    const op = random.pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'rename'])
    const path = random.pick([
      '',
      '/',
      '/metadata/labels/a',
      '/spec',
      '/metadata/finalizers/-',
      '/spec/template/spec/containers/0',
      '/__proto__/x',
      '/a~2',
    ])
    const from = random.pick(['/metadata/name', '/spec', ''])
    return `{"op":"${op}","path":${JSON.stringify(path)},"from":${JSON.stringify(from)},"value":${oddJson(random)}}`
  })
  return `[${operations.join(',')}]`
}

function bodyOf(random: SeededRandom, kind: KindSchema, type: string): string | Uint8Array {
  if (random.chance(0.03)) return randomBytes(random, 400)
  const sample = sampleFor(random, kind)
  if (type.includes('protobuf')) {
    const bytes = Buffer.from(sample.protobuf, 'base64')
    return random.chance(0.2) ? bytes : spoiltBytes(random, bytes)
  }
  if (type === 'application/json-patch+json') return jsonPatch(random)
  const object = fresh(random, sample)
  const part = type.includes('merge-patch')
    ? { spec: (object as { spec?: unknown }).spec, metadata: { labels: { a: 'b' } } }
    : object
  const text = random.chance(0.25) ? JSON.stringify(part) : mutatedJson(random, part, random.pick([0.01, 0.05, 0.2]))
  return random.chance(0.08) ? spoiltBytes(random, Buffer.from(text)) : text
}

function headersOf(random: SeededRandom, type: string): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'Content-Type': type, Accept: random.pick(accepts) }
  const odd: readonly [string, string | string[]][] = [
    ['Audit-Id', 'x'.repeat(500)],
    ['Impersonate-User', 'system:serviceaccount:default:default'],
    ['Impersonate-Group', ['a', 'b']],
    ['Impersonate-Extra-__proto__', 'x'],
    ['Authorization', 'Bearer not.a.token'],
    ['Authorization', 'Basic ====='],
    ['Content-Encoding', 'gzip'],
    ['Accept-Encoding', 'gzip, br;q=0'],
    ['User-Agent', '/////'],
    ['If-None-Match', '"x"'],
    ['X-Long', 'y'.repeat(20_000)],
    ['Expect', '200-ok'],
    ['Accept', 'z'.repeat(9000)],
  ]
  while (random.chance(0.2)) {
    const [name, value] = random.pick(odd)
    headers[name] = value
  }
  return headers
}

/** One request, most likely to something that exists. */
export function oddRequest(random: SeededRandom): Ask {
  const kind = random.pick(schema.kinds)
  const path = random.chance(0.15) ? random.pick(fixedPaths) : pathOf(random, kind)
  const method = random.pick(methods)
  const patch = method === 'PATCH' && random.chance(0.9)
  const type = patch ? random.pick(types.slice(4, 8)) : random.pick(random.chance(0.8) ? types.slice(0, 4) : types)
  const hasBody = ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) && random.chance(0.97)
  return {
    method,
    path: (random.chance(0.12) ? spoiltPath(random, path) : path) + queryOf(random),
    headers: headersOf(random, type),
    body: hasBody ? bodyOf(random, kind, type) : undefined,
  }
}
