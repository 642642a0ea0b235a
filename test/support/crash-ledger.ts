/** What clients were told about their writes, and whether a server that was killed still stands by it. */
import type { Requests } from './requests.ts'

/** A ConfigMap's or Job's content as far as it matters here; undefined: it is not there. */
type Content = string | undefined

type Written = {
  readonly content: Content
  readonly uid: string
  readonly revision: number
  /** What a write that nobody answered may have made of it. */
  readonly unanswered: readonly Content[]
}

/** By `configmaps/NAME` or `jobs/NAME`. A snapshot is a copy of the map. */
export type Ledger = {
  readonly written: Map<string, Written>
  /** The newest resourceVersion that an answer had. */
  revision: number
  acknowledged: number
}

export const emptyLedger = (): Ledger => ({ written: new Map(), revision: 0, acknowledged: 0 })

const never: Written = { content: undefined, uid: '', revision: 0, unanswered: [] }
const collections: Readonly<Record<string, string>> = {
  configmaps: '/api/v1/namespaces/default/configmaps',
  jobs: '/apis/batch/v1/namespaces/default/jobs',
}

export type Write =
  | { readonly kind: 'create'; readonly key: string; readonly content: string; readonly object: object }
  | { readonly kind: 'update'; readonly key: string; readonly content: string }
  | { readonly kind: 'delete'; readonly key: string }

type Found = {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
  }
}

/** The label in which an object's content stands. */
export const CONTENT = 'content'

/** Rejects when the connection breaks, which leaves the write unanswered, and throws when the server refuses. */
export async function perform(ledger: Ledger, requests: Requests, write: Write): Promise<void> {
  const { key, kind } = write
  const before = ledger.written.get(key) ?? never
  const content = kind === 'delete' ? undefined : write.content
  ledger.written.set(key, { ...before, unanswered: [...before.unanswered, content] })
  const { code, value } = await send(requests, write)
  if (code < 200 || code > 299) throw new Error(`${kind} ${key} was refused: ${code} ${JSON.stringify(value)}`)
  const { uid, resourceVersion } = kind === 'delete' ? { uid: '', resourceVersion: '0' } : (value as Found).metadata
  const revision = Number(resourceVersion)
  ledger.written.set(key, { content, uid, revision, unanswered: [] })
  ledger.revision = Math.max(ledger.revision, revision)
  ledger.acknowledged++
}

async function send(requests: Requests, write: Write): Promise<{ readonly code: number; readonly value: unknown }> {
  const [resource = '', name = ''] = write.key.split('/')
  const path = collections[resource] ?? ''
  switch (write.kind) {
    case 'create':
      return requests.json('POST', path, write.object)
    case 'update': {
      const headers = { 'Content-Type': 'application/merge-patch+json', Accept: 'application/json' }
      const body = JSON.stringify({ metadata: { labels: { [CONTENT]: write.content } } })
      const { code, text } = await requests.send({ method: 'PATCH', path: `${path}/${name}`, headers, body })
      return { code, value: JSON.parse(text) as unknown }
    }
    case 'delete':
      return requests.json('DELETE', `${path}/${name}?propagationPolicy=Background`)
  }
}

/**
 * What of the ledger a server does not have as it was acknowledged, in sentences; none when nothing is lost. Objects whose
 * writes were unanswered stand afterwards in the ledger as they were found.
 */
export async function lostOf(ledger: Ledger, requests: Requests): Promise<readonly string[]> {
  const lost: string[] = []
  for (const [resource, path] of Object.entries(collections)) {
    const { code, value } = await requests.json('GET', path)
    if (code !== 200) throw new Error(`listing ${resource} was refused: ${code} ${JSON.stringify(value)}`)
    const { metadata, items } = value as { metadata: { resourceVersion: string }; items: readonly Found[] }
    if (Number(metadata.resourceVersion) < ledger.revision) {
      lost.push(`${resource}: resourceVersion went back from ${ledger.revision} to ${metadata.resourceVersion}`)
    }
    const found = new Map(items.map((item) => [`${resource}/${item.metadata.name}`, item]))
    for (const [key, written] of ledger.written) {
      if (!key.startsWith(`${resource}/`)) continue
      const item = found.get(key)
      found.delete(key)
      lost.push(...judge(key, written, item))
      const { uid = '', resourceVersion = '0', labels } = item?.metadata ?? {}
      const settled = { uid, revision: Number(resourceVersion), unanswered: [] }
      ledger.written.set(key, { ...settled, content: labels?.[CONTENT] })
    }
    for (const [key, { metadata: other }] of found) {
      if (other.labels?.[CONTENT] !== undefined) lost.push(`${key}: is there, and nobody wrote it`)
    }
  }
  return lost
}

function judge(key: string, written: Written, found: Found | undefined): readonly string[] {
  const { content, unanswered, uid, revision } = written
  const now = found?.metadata.labels?.[CONTENT]
  const told = `acknowledged ${content ?? 'nothing'} of ${uid} at ${revision}, unanswered ${JSON.stringify(unanswered)}`
  if (now !== content && !unanswered.includes(now)) return [`${key}: ${told}, found ${now ?? 'nothing'}`]
  if (found === undefined || content === undefined) return []
  const later = Number(found.metadata.resourceVersion)
  if (found.metadata.uid !== uid || later < revision)
    return [`${key}: ${told}, found ${found.metadata.uid} at ${later}`]
  const isUntouched = unanswered.length === 0 && key.startsWith('configmaps/')
  return isUntouched && later !== revision ? [`${key}: ${told}, nobody wrote it, found at ${later}`] : []
}
