/** The volumes of pods on this host: made before the first container starts, there until the pod is gone. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Container, Pod, Volume } from '../../apis/core/index.ts'
import { fail, type Instant, ok, type Result } from '../../base/index.ts'
import { expandAll } from '../env/index.ts'
import { removeTree } from '../host-files.ts'
import type { Mount } from '../runtime/index.ts'
import { spreadDirectory } from '../spread-directory.ts'
import { hostPath } from './host-path.ts'
import { type Payload, type PayloadFile, type PayloadSource, payloadOf } from './payload.ts'

/** Where a volume lies; `refreshAt` is when its content should be made anew. */
export type Prepared = {
  readonly path: string
  /** The names of what was written; empty for volumes whose content is not ours. */
  readonly files: ReadonlySet<string>
  readonly refreshAt?: Instant | undefined
}
export type VolumeFailure = { readonly volume: string; readonly message: string }

/** Where volumes lie: working space on disk, everything made of API objects in memory, as secrets must not reach a disk. */
export type VolumeRoots = { readonly disk: string; readonly memory: string }

/** `<root>/<pod uid>/<volume>`. Names of volumes are DNS labels. */
const podPath = (root: string, podUid: string): string => `${root}/${encodeURIComponent(podUid)}`

/**
 * Makes one volume ready, or brings its content up to date. `Flat` replaces file by file, which is enough where no reader
 * cares for two files at once, and makes a third of the files.
 */
export async function prepareVolume(
  roots: VolumeRoots,
  volume: Volume,
  source: PayloadSource,
  layout: 'Atomic' | 'Flat' = 'Atomic',
): Promise<Result<Prepared, VolumeFailure>> {
  const failed = (message: string) => fail({ volume: volume.name, message })
  if (volume.hostPath !== undefined) {
    const found = hostPath(volume.hostPath)
    return found.ok ? ok({ path: found.value, files: new Set() }) : failed(found.error)
  }
  const podUid = source.facts.pod.metadata.uid ?? ''
  const payload = await payloadOf(source, volume)
  if (payload !== undefined) {
    if (!payload.ok) return failed(payload.error)
    const path = `${podPath(roots.memory, podUid)}/${volume.name}`
    if (layout === 'Flat') writeFlat(path, payload.value)
    else writePayload(path, payload.value)
    return ok({ path, files: new Set(payload.value.files.keys()), refreshAt: payload.value.refreshAt })
  }
  if (volume.emptyDir === undefined) return failed(unsupported(volume))
  const path = `${podPath(volume.emptyDir.medium === 'Memory' ? roots.memory : roots.disk, podUid)}/${volume.name}`
  const first = mkdirSync(path, { recursive: true })
  if (first !== undefined && `${roots.disk}/`.startsWith(`${first}/`)) void spreadDirectory(roots.disk)
  chmodSync(path, 0o777)
  return ok({ path, files: new Set() })
}

/** Storage of other machines and the like. */
function unsupported(volume: Volume): string {
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'
  return `volumes of kind ${kind} are not supported by this node; use hostPath, emptyDir, persistentVolumeClaim, configMap, secret, downwardAPI or projected`
}

/**
 * Writes all files of a volume at once: into a directory of their own, to which a link is then turned, so that a reader
 * never sees half of a change.
 *
 * @source kubernetes v1.36 pkg/volume/util/atomic_writer.go
 */
function writePayload(path: string, { files }: Payload): void {
  const isNew = !existsSync(path)
  const old = isNew ? [] : readdirSync(path)
  const serial = 1 + Math.max(0, ...old.map((name) => Number(/^\.\.(\d+)$/.exec(name)?.[1] ?? 0)))
  const directory = `..${serial}`
  mkdirSync(`${path}/${directory}`, { recursive: true, mode: 0o755 })
  for (const [name, file] of files) writeFile(`${path}/${directory}`, name, file)
  if (isNew) symlinkSync(directory, `${path}/..data`)
  else {
    symlinkSync(directory, `${path}/..data_tmp`)
    renameSync(`${path}/..data_tmp`, `${path}/..data`)
  }
  const top = new Set([...files.keys()].map((name) => name.split('/')[0] ?? name))
  for (const name of top) if (!old.includes(name)) symlinkSync(`..data/${name}`, `${path}/${name}`)
  for (const name of old) {
    if (/^\.\.\d+$/.test(name)) rmSync(`${path}/${name}`, { recursive: true })
    else if (!name.startsWith('..') && !top.has(name)) unlinkSync(`${path}/${name}`)
  }
}

function writeFlat(path: string, { files }: Payload): void {
  const isNew = mkdirSync(path, { recursive: true, mode: 0o755 }) !== undefined
  for (const [name, file] of files) {
    if (isNew) writeFile(path, name, file)
    else {
      writeFile(path, `..${name}`, file)
      renameSync(`${path}/..${name}`, `${path}/${name}`)
    }
  }
}

function writeFile(directory: string, name: string, { content, mode }: PayloadFile): void {
  const path = `${directory}/${name}`
  if (name.includes('/')) mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  writeFileSync(path, content, { mode })
  // The daemon's umask has taken these from the mode.
  if ((mode & 0o077) !== 0) chmodSync(path, mode)
}

/** The mounts of a container, with `$(VAR)` in subPathExpr expanded. Volumes without a path are left out. */
export function mountsOf(
  container: Container,
  paths: ReadonlyMap<string, string>,
  {
    env,
    volumes = [],
  }: { readonly env: Readonly<Record<string, string>>; readonly volumes?: readonly Volume[] | undefined },
): Result<readonly Mount[], string> {
  const mounts: Mount[] = []
  for (const { name, mountPath, readOnly, subPath, subPathExpr } of container.volumeMounts ?? []) {
    const path = paths.get(name)
    if (path === undefined) continue
    const expanded = subPathExpr === undefined ? ok(subPath ?? '') : expandAll(subPathExpr, env)
    if (!expanded.ok) return fail(`subPathExpr of the mount at ${mountPath}: ${expanded.error}`)
    const inner = expanded.value
    const source = inner === '' ? path : placeInside(path, inner)
    if (source === undefined) return fail(`subPath "${inner}" of volume "${name}" leads out of the volume`)
    const volume = volumes.find((each) => each.name === name)
    mounts.push({ source, target: mountPath, readOnly: readOnly === true || isReadOnly(volume) })
  }
  return ok(mounts)
}

/** What jobd fills is never a container's to change. @source kubernetes v1.36 pkg/kubelet/kubelet_pods.go, makeMounts */
const isReadOnly = ({
  configMap,
  secret,
  projected,
  downwardAPI,
  persistentVolumeClaim,
}: Partial<Volume> = {}): boolean =>
  [configMap, secret, projected, downwardAPI].some((source) => source !== undefined) ||
  persistentVolumeClaim?.readOnly === true

/**
 * The real path of a file or directory below `root`; a directory is made where there is none. Undefined where it lies elsewhere:
 * programs that write in the volume may have put links into it.
 */
function placeInside(root: string, inner: string): string | undefined {
  if (inner.startsWith('/')) return undefined
  const top = realpathSync(root)
  let at = top
  for (const name of inner.split('/')) {
    if (name === '..') return undefined
    const next = join(at, name)
    if (lstatSync(next, { throwIfNoEntry: false }) === undefined) mkdirSync(next, { mode: 0o755 })
    // A link that leads nowhere is not followed, and nothing is made where it points to.
    if (!existsSync(next)) return undefined
    at = realpathSync(next)
    if (at !== top && !at.startsWith(top === '/' ? top : `${top}/`)) return undefined
  }
  return at
}

/** Removes what a pod's volumes held, except what lies on the host for its own sake. */
export async function removeVolumes({ disk, memory }: VolumeRoots, pod: Pod): Promise<void> {
  const volumes = pod.spec.volumes ?? []
  if (volumes.length === 0) return
  const podUid = pod.metadata.uid ?? ''
  await removeTree(podPath(memory, podUid))
  if (volumes.some(({ emptyDir }) => emptyDir !== undefined)) await removeTree(podPath(disk, podUid))
}

/** Removes the volumes of pods that are no more. */
export async function removeVolumesExcept(
  { disk, memory }: VolumeRoots,
  isKept: (podUid: string) => boolean,
): Promise<void> {
  for (const root of [disk, memory]) {
    if (!existsSync(root)) continue
    for (const name of readdirSync(root)) {
      if (!isKept(decodeURIComponent(name))) await removeTree(`${root}/${name}`)
    }
  }
}
