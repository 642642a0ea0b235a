/**
 * Readers that compare what the server tells with the durable history: lists, and watches with and without selectors,
 * through every restart of the server.
 */
import type { KubeObject } from '../../src/apimachinery/index.ts'
import { type Clock, millis } from '../../src/base/index.ts'
import type { Selection, WatchEvent, WatchHandle } from '../../src/client/index.ts'
import type { Peer } from './faults.ts'
import type { History, Recorded } from './history.ts'
import type { Judge } from './judge.ts'
import type { SeededRandom } from './seeded-random.ts'

type Audited = {
  readonly resource: string
  readonly kind: string
  readonly selection: Selection
  readonly matches: (object: KubeObject) => boolean
}

const everything = { selection: {}, matches: () => true }
const inNamespace = (namespace: string) => ({
  selection: { namespace },
  matches: ({ metadata }: KubeObject) => metadata.namespace === namespace,
})

export const audits: readonly Audited[] = [
  { resource: 'jobs.batch', kind: 'Job', ...everything },
  { resource: 'pods', kind: 'Pod', ...everything },
  { resource: 'cronjobs.batch', kind: 'CronJob', ...everything },
  { resource: 'runs.jobs.jobd.dev', kind: 'Run', ...everything },
  { resource: 'namespaces', kind: 'Namespace', ...everything },
  { resource: 'jobs.batch', kind: 'Job', ...inNamespace('team-a') },
  {
    resource: 'pods',
    kind: 'Pod',
    selection: { fieldSelector: 'spec.nodeName=sim,status.phase=Running' },
    matches: (object) => {
      const { spec, status } = object as { spec?: { nodeName?: string }; status?: { phase?: string } }
      return spec?.nodeName === 'sim' && status?.phase === 'Running'
    },
  },
  {
    resource: 'jobs.batch',
    kind: 'Job',
    selection: { labelSelector: 'tier=gold' },
    matches: ({ metadata }) => metadata.labels?.['tier'] === 'gold',
  },
]

export type AuditContext = {
  readonly server: () => Peer | undefined
  readonly clock: Clock
  readonly random: SeededRandom
  readonly history: History
  readonly judge: Judge
}

/** Follows one selection for ever. Answers a check that everything durable has been told. */
export function startAudit(context: AuditContext, audited: Audited): () => void {
  const { server, clock, random, history, judge } = context
  const name = `${audited.resource} ${JSON.stringify(audited.selection)}`
  /** How many of the history's changes of this kind have been told or passed over. */
  let told = 0
  let revision = -1
  let handle: WatchHandle | undefined

  const again = (): void => void clock.wake(millis(random.between(1, 4000)), () => void connect())

  async function connect(): Promise<void> {
    const peer = server()
    if (peer === undefined) return again()
    const anew = revision < 0 || random.chance(0.3)
    if (anew && !(await list(peer))) return again()
    watch(peer)
  }

  async function list({ client, died }: Peer): Promise<boolean> {
    const listed = await Promise.race([client.list(audited.resource, audited.selection), died])
    if (listed === undefined || !listed.ok) return false
    const at = Number(listed.value.resourceVersion)
    judge.check('revisions-never-go-back', at >= revision, () => `${name}: a list at ${at} after ${revision}`)
    judge.check('nothing-undurable-is-shown', at <= history.newest(), () => `${name}: a list at ${at}`)
    const shown = listed.value.items.map(identity).sort()
    const durable = stateAt(history.of(audited.kind), at).filter(audited.matches).map(identity).sort()
    judge.check('lists-equal-history', shown.join() === durable.join(), () => {
      return `${name} at ${at}: ${differenceOf(shown, durable)}`
    })
    revision = at
    told = history.of(audited.kind).findLastIndex((change) => change.revision <= at) + 1
    return true
  }

  function watch({ client, died }: Peer): void {
    let open = true
    const end = (status?: { readonly code?: number | undefined }): void => {
      if (!open) return
      open = false
      handle?.stop()
      if (status?.code === 410) revision = -1
      again()
    }
    handle = client.watch(
      audited.resource,
      { ...audited.selection, resourceVersion: String(revision) },
      {
        onEvents(events) {
          if (open) events.forEach(hear)
        },
        onEnd: end,
      },
    )
    void died.then(() => end())
    // Now and then the reader lets go by itself, to begin anew from where it was.
    if (random.chance(0.3)) clock.wake(millis(random.between(1, 60_000)), () => end())
  }

  function hear({ type, object }: WatchEvent<KubeObject>): void {
    const at = Number(object.metadata.resourceVersion)
    judge.check('revisions-never-go-back', at >= revision, () => `${name}: ${type} at ${at} after ${revision}`)
    judge.check('nothing-undurable-is-shown', at <= history.newest(), () => `${name}: ${type} at ${at}`)
    if (type === 'BOOKMARK') {
      passOver(at)
      return
    }
    const heard = `${type} ${identity(object)}`
    const expected = nextEvent()
    judge.check('watches-equal-history', heard === expected, () => `${name}: ${heard} instead of ${expected}`)
    revision = at
    if (heard !== expected) told = history.of(audited.kind).findLastIndex((change) => change.revision <= at) + 1
  }

  /** The next change of the history that concerns the selection; they are passed over up to and with it. */
  function nextEvent(): string | undefined {
    const changes = history.of(audited.kind)
    while (told < changes.length) {
      const change = changes[told++] as Recorded
      const event = eventOf(change, audited.matches)
      if (event !== undefined) return event
    }
    return undefined
  }

  /** A bookmark promises that there was nothing up to its revision that has not been told. */
  function passOver(upTo: number): void {
    const changes = history.of(audited.kind)
    for (let next = changes[told]; next !== undefined && next.revision <= upTo; next = changes[told]) {
      const event = eventOf(next, audited.matches)
      judge.check('watches-equal-history', event === undefined, () => `${name}: a bookmark at ${upTo} hides ${event}`)
      told++
    }
    revision = upTo
  }

  void connect()
  return () => {
    const missing = nextEvent()
    judge.check('watches-equal-history', missing === undefined, () => `${name}: never told of ${missing}`)
  }
}

function eventOf({ before, after, revision }: Recorded, matches: Audited['matches']): string | undefined {
  const was = before !== undefined && matches(before)
  if (after !== undefined && matches(after)) return `${was ? 'MODIFIED' : 'ADDED'} ${identity(after)}`
  if (!was) return undefined
  return `DELETED ${identity({ ...before, metadata: { ...before.metadata, resourceVersion: String(revision) } })}`
}

/** What of an object is compared: who it is, its version, whether it goes, and its status. */
function identity(object: KubeObject): string {
  const { namespace, name, uid, resourceVersion, deletionTimestamp = '' } = object.metadata
  return `${namespace}/${name} ${uid}@${resourceVersion} ${deletionTimestamp}`
}

function stateAt(changes: readonly Recorded[], revision: number): readonly KubeObject[] {
  const state = new Map<string, KubeObject>()
  for (const change of changes) {
    if (change.revision > revision) break
    if (change.after === undefined) state.delete(change.key)
    else state.set(change.key, change.after)
  }
  return [...state.values()]
}

function differenceOf(shown: readonly string[], durable: readonly string[]): string {
  const tooMuch = shown.filter((one) => !durable.includes(one))
  const missing = durable.filter((one) => !shown.includes(one))
  return `shows ${tooMuch.slice(0, 3).join(', ') || 'nothing'} too much, lacks ${missing.slice(0, 3).join(', ') || 'nothing'}`
}
