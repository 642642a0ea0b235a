/**
 * PersistentVolumeClaims as directories of this host: bound as soon as they are seen, there until the claim is deleted and
 * no pod uses it any more. Their content then goes too, unless the claim says otherwise.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { isConflict, isNotFound } from '../apimachinery/index.ts'
import type { PersistentVolumeClaim, Pod } from '../apis/core/index.ts'
import type { Clock, Log } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { removeTree, unlessRefused } from './host-files.ts'
import { reflect } from './reflector.ts'

/** Annotation of a PersistentVolumeClaim: `Retain` keeps the content of a deleted claim, below `retained`; without it, it is removed as with `Delete`. */
export const RECLAIM_POLICY = 'jobd.dev/reclaim-policy'

export type ClaimsOptions = {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  /** Holds `claims` and `retained`. */
  readonly dir: string
  /** The pods of this node that are not over. */
  readonly pods: () => Iterable<Pod>
}

export type Claims = {
  /** Removes the directories of deleted claims that no pod uses. */
  readonly sweep: () => void
  readonly stop: () => void
}

export function followClaims({ client, clock, log, dir, pods }: ClaimsOptions): Claims {
  const known = new Map<string, PersistentVolumeClaim>()
  /** Deleted claims, by directory: whether their content is to be kept. */
  const deleted = new Map<string, boolean>()
  const take = (claim: PersistentVolumeClaim): void => {
    known.set(directoryName(claim), claim)
    if (claim.status.phase !== 'Bound') void bind(client, claim, log)
  }
  const sweep = (): void => {
    for (const [name, isKept] of deleted) {
      if (isUsed(name, pods())) continue
      deleted.delete(name)
      const refused = (because: string) => log.warn('the content of a claim could not be removed', { name, because })
      void unlessRefused(() => reclaim(dir, name, isKept), refused)
    }
  }
  const { stop } = reflect<PersistentVolumeClaim>({
    client,
    clock,
    log,
    resource: 'persistentvolumeclaims',
    selection: {},
    onList: (claims) => {
      const before = new Map(known)
      known.clear()
      for (const claim of claims) take(claim)
      for (const name of directoriesIn(`${dir}/claims`)) {
        if (!known.has(name)) deleted.set(name, isRetained(before.get(name)))
      }
      sweep()
    },
    onEvents: (events) => {
      for (const { type, object } of events) {
        if (type !== 'DELETED') {
          take(object)
          continue
        }
        known.delete(directoryName(object))
        deleted.set(directoryName(object), isRetained(object))
      }
      sweep()
    },
  })
  return { sweep, stop }
}

const isRetained = (claim: PersistentVolumeClaim | undefined): boolean =>
  claim?.metadata.annotations?.[RECLAIM_POLICY] === 'Retain'

/** The directory of a claim; made when it is not there. */
export function claimDirectory(dir: string, claim: PersistentVolumeClaim): string {
  const path = `${dir}/claims/${directoryName(claim)}`
  // Whoever a pod runs as may write, as with the directories that provisioners make.
  if (mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(path, 0o777)
  return path
}

/** Names of namespaces have no dots, UIDs neither. */
const directoryName = ({ metadata }: PersistentVolumeClaim): string =>
  `${metadata.namespace}.${metadata.name}.${metadata.uid}`

function isUsed(directory: string, pods: Iterable<Pod>): boolean {
  for (const { metadata, spec } of pods) {
    const names = (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? [])
    if (names.some((name) => directory.startsWith(`${metadata.namespace}.${name}.`))) return true
  }
  return false
}

async function reclaim(dir: string, name: string, isKept: boolean): Promise<void> {
  const path = `${dir}/claims/${name}`
  if (!existsSync(path)) return
  if (!isKept) return removeTree(path)
  mkdirSync(`${dir}/retained`, { recursive: true, mode: 0o700 })
  renameSync(path, `${dir}/retained/${name}`)
}

const directoriesIn = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : [])

/** Says that the claim has its volume. Whoever was faster, or deleted it, is seen by the watch. */
async function bind(client: Client, claim: PersistentVolumeClaim, log: Log): Promise<void> {
  const volumeName = claim.spec.volumeName ?? `pvc-${claim.metadata.uid}`
  const named = await client.update('persistentvolumeclaims', { ...claim, spec: { ...claim.spec, volumeName } })
  const { accessModes, resources } = claim.spec
  const status = { ...claim.status, phase: 'Bound', accessModes, capacity: resources?.requests }
  const bound = named.ok
    ? await client.update('persistentvolumeclaims', { ...named.value, status }, { subresource: 'status' })
    : named
  if (bound.ok || isConflict(bound.error) || isNotFound(bound.error)) return
  const { namespace, name } = claim.metadata
  log.warn('binding a claim failed', { claim: `${namespace}/${name}`, because: bound.error.message })
}
