/** The volumes of one pod: what each is made of, with the API server as the source. */
import type { KubeObject } from '../apimachinery/index.ts'
import { byteCount, type PersistentVolumeClaim, type Pod, type Volume } from '../apis/core/index.ts'
import type { TokenRequest } from '../apis/other/index.ts'
import { after, between, type Clock, fail, type Instant, millis, ok, parseTime, type Result } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { claimDirectory } from './claims.ts'
import type { DownwardFacts } from './env/index.ts'
import { unlessRefused } from './host-files.ts'
import type { Runtime } from './runtime/index.ts'
import {
  giveToGroup,
  type PayloadSource,
  type Prepared,
  prepareVolume,
  type VolumeFailure,
  type VolumeRoots,
} from './volumes/index.ts'

export type PodVolumesOptions = {
  readonly client: Client
  readonly clock: Clock
  readonly runtime: Runtime
  readonly roots: VolumeRoots
  /** Where the directories of claims lie. */
  readonly claimsDir: string
  readonly factsOf: (pod: Pod) => DownwardFacts
  /** How much memory the node has for pods. */
  readonly memoryBytes: number
}

export type PreparedVolumes = {
  /** Volume → path. */
  readonly paths: ReadonlyMap<string, string>
  /** Volumes that should lie in memory and hold no more than they may, which this host does not permit. */
  readonly unlimited: readonly string[]
  readonly refreshAt?: Instant | undefined
}

/** Makes every volume of a pod ready, or says of each why it cannot be; one that cannot be is no hindrance to the others. */
export async function preparePodVolumes(
  options: PodVolumesOptions,
  pod: Pod,
): Promise<Result<PreparedVolumes, readonly VolumeFailure[]>> {
  const source = payloadSource(options, pod)
  const paths = new Map<string, string>()
  const unlimited: string[] = []
  const failures: VolumeFailure[] = []
  let refreshAt: Instant | undefined
  for (const volume of pod.spec.volumes ?? []) {
    // Credentials that nobody asked for are no reason to refuse a pod where nothing can be mounted.
    if (isInjected(volume) && !(await options.runtime.canMount())) continue
    const isOurs = isInjected(volume)
    const wanted = isOurs ? withoutWaiting(volume) : volume
    const layout = isOurs ? 'Flat' : 'Atomic'
    const claimed = volume.persistentVolumeClaim?.claimName
    const inMemory = volume.emptyDir?.medium === 'Memory' ? await memoryVolume(options, pod, volume) : undefined
    const prepare = async (): Promise<Result<Prepared, VolumeFailure>> => {
      if (inMemory !== undefined) return ok({ path: inMemory, files: new Set() })
      return claimed === undefined
        ? prepareVolume(options.roots, wanted, source, layout)
        : prepareClaim(options, pod, { volume: volume.name, name: claimed })
    }
    const prepared = await unlessRefused(
      async () => {
        const made = await prepare()
        if (made.ok) await ownVolume(pod, volume, made.value.path)
        return made
      },
      (message) => fail({ volume: volume.name, message }),
    )
    if (!prepared.ok) {
      failures.push(prepared.error)
      continue
    }
    if (volume.emptyDir?.medium === 'Memory' && inMemory === undefined) unlimited.push(volume.name)
    paths.set(volume.name, prepared.value.path)
    const isComplete = !isOurs || prepared.value.files.has('ca.crt')
    const at = isComplete ? prepared.value.refreshAt : after(options.clock.now(), CERTIFICATE_RETRY)
    if (at !== undefined && (refreshAt === undefined || at < refreshAt)) refreshAt = at
  }
  return failures.length === 0 ? ok({ paths, unlimited, refreshAt }) : fail(failures)
}

function memoryVolume(
  { runtime, memoryBytes }: PodVolumesOptions,
  { metadata, spec }: Pod,
  volume: Volume,
): Promise<string | undefined> | undefined {
  const bytes = Math.min(memoryVolumeSize(spec, volume), memoryBytes)
  return runtime.memoryVolume?.({ podUid: metadata.uid ?? '', volume: volume.name, bytes })
}

/**
 * What a volume in memory may hold, in bytes, on a node without end: its own limit or that of its pod, whichever is less.
 *
 * @source kubernetes v1.36 pkg/volume/emptydir/empty_dir.go, calculateEmptyDirMemorySize
 */
export function memoryVolumeSize({ containers, initContainers = [] }: Pod['spec'], { emptyDir }: Volume): number {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  const limits = [...containers, ...sidecars].map(({ resources }) => byteCount(resources?.limits?.['memory']))
  const ofPod = limits.reduce((sum, bytes) => sum + bytes, 0)
  return Math.min(
    ...[ofPod, byteCount(emptyDir?.sizeLimit)].map((bytes) => (bytes > 0 ? bytes : Number.POSITIVE_INFINITY)),
  )
}

/** Only root may give files away; elsewhere pods with a group of their own are refused when they start. */
async function ownVolume({ spec }: Pod, volume: Volume, path: string): Promise<void> {
  const { fsGroup, fsGroupChangePolicy } = spec.securityContext ?? {}
  if (fsGroup === undefined || volume.hostPath !== undefined || process.getuid?.() !== 0) return
  const { emptyDir, persistentVolumeClaim: claim } = volume
  await giveToGroup(path, {
    group: fsGroup,
    readOnly: emptyDir === undefined && claim === undefined,
    // An emptyDir is given away when it is made.
    isRootEnough: emptyDir !== undefined || (claim !== undefined && fsGroupChangePolicy === 'OnRootMismatch'),
  })
}

async function prepareClaim(
  { client, claimsDir }: PodVolumesOptions,
  { metadata }: Pod,
  { volume, name }: { readonly volume: string; readonly name: string },
): Promise<Result<Prepared, VolumeFailure>> {
  const { namespace } = metadata
  const found = await client.get<PersistentVolumeClaim>({ resource: 'persistentvolumeclaims', namespace, name })
  if (!found.ok) return fail({ volume, message: found.error.message ?? `reading claim ${name} failed` })
  if (found.value.spec.volumeMode === 'Block') {
    const message = `claim "${name}" asks for a block device; this node has only directories: use volumeMode: Filesystem`
    return fail({ volume, message })
  }
  return ok({ path: claimDirectory(claimsDir, found.value), files: new Set() })
}

/** A namespace's first pods may be faster than the certificate that is published to it. */
const CERTIFICATE_RETRY = millis(2000)

/** Nobody who asked for no credentials should wait for them: what is not there yet is brought in later. */
function withoutWaiting({ name, projected }: Volume): Volume {
  const sources = (projected?.sources ?? []).map((source) =>
    source.configMap === undefined ? source : { ...source, configMap: { ...source.configMap, optional: true } },
  )
  return { name, projected: { ...projected, sources } }
}

/** The volume that admission gives to every pod. */
export const isInjected = (volume: Volume): boolean =>
  volume.name.startsWith('kube-api-access-') && volume.projected !== undefined

function payloadSource({ client, clock, factsOf }: PodVolumesOptions, pod: Pod): PayloadSource {
  const { namespace, name, uid } = pod.metadata
  return {
    facts: factsOf(pod),
    read: (resource, wanted) => client.get({ resource, namespace, name: wanted }),
    requestToken: async ({ audience, expirationSeconds }) => {
      const request: TokenRequest = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: { name: pod.spec.serviceAccountName ?? 'default', namespace },
        spec: {
          ...(audience === undefined || audience === '' ? {} : { audiences: [audience] }),
          expirationSeconds: expirationSeconds ?? 3600,
          boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
        },
        status: {},
      }
      const issued = await client.create<TokenRequest & KubeObject>('serviceaccounts', request, {
        subresource: 'token',
      })
      if (!issued.ok) return fail(issued.error)
      const { token = '', expirationTimestamp } = issued.value.status
      return ok({ token, refreshAt: refreshTime(clock.now(), expirationTimestamp) })
    },
  }
}

/** A token is replaced when a fifth of its life is left, as kubelets do. */
function refreshTime(now: Instant, expirationTimestamp: string | undefined): Instant | undefined {
  const end = expirationTimestamp === undefined ? undefined : parseTime(expirationTimestamp)
  return end === undefined ? undefined : after(now, millis(0.8 * between(now, end)))
}
