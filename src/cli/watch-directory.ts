/**
 * `jobd up --watch DIR`: the manifests of a directory are what the server has of it. What a file says is applied when the file
 * changes; what no file says any more is deleted, if and only if this directory brought it: a label tells.
 */
import { createHash } from 'node:crypto'
import { type FSWatcher, readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { isNotFound, type KubeObject } from '../apimachinery/index.ts'
import { type Clock, fail, type Log, type LogFields, millis, ok, type Result, reasonOf } from '../base/index.ts'
import type { Client, Ref } from '../client/index.ts'
import { applyManifest, placed } from './apply.ts'
import { type Manifest, parseManifests } from './manifests.ts'
import { statusText } from './printing.ts'
import { resourceNameOf, resourceNames, shownName } from './resources.ts'
import { eachOnce } from './warnings.ts'

/** Label of every object that `jobd up --watch` brought: which directory. */
export const directoryLabel = 'jobd.dev/watched-directory'
/** Annotation of every object that `jobd up --watch` brought: which file of the directory. */
export const fileAnnotation = 'jobd.dev/manifest'
const fieldManager = 'jobd-watch'

/** Editors write a file in several steps; this long after the last of them it is read. */
const calm = millis(200)

export type WatchOptions = {
  /** As an absolute path: its name is what the label is made of. */
  readonly directory: string
  /** A client whose warnings go where it is told. */
  readonly clientFor: (warn: (text: string) => void) => Client
  readonly clock: Clock
  /** Told what is done (info), and what is wrong with a file or warned of (warn). */
  readonly log: Log
  /** Where manifests go that name no namespace. */
  readonly namespace: string
}

export type DirectoryWatch = {
  /** Resolves when all that was known so far is applied. */
  readonly settled: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** What a file said when it was last read; `objects` are those that it is known to want. */
type FileState = { readonly text: string; readonly isGood: boolean; readonly objects: readonly string[] }
type State = {
  readonly options: WatchOptions
  readonly label: string
  files: ReadonlyMap<string, FileState>
  stopped: boolean
}

const isManifest = (name: string): boolean => /\.(ya?ml|json)$/.test(name) && !name.startsWith('.')

/** Begins; fails when the directory cannot be watched. */
export function watchDirectory(options: WatchOptions): Result<DirectoryWatch, string> {
  const { directory, clock, log } = options
  const label = createHash('sha256').update(directory).digest('hex').slice(0, 32)
  const state: State = { options, label, files: new Map(), stopped: false }
  let cancel: (() => void) | undefined
  let pass: Promise<void> = Promise.resolve()
  const look = (): void => {
    cancel = undefined
    pass = pass.then(() => sync(state))
  }
  let watcher: FSWatcher
  try {
    readdirSync(directory)
    watcher = watch(directory, () => {
      cancel?.()
      cancel = clock.wake(calm, look)
    })
  } catch (error) {
    return fail(`the directory ${directory} cannot be watched: ${reasonOf(error)}; make it, or name another`)
  }
  watcher.on('error', (error) =>
    log.warn('the directory is watched no longer', { directory, because: reasonOf(error) }),
  )
  look()
  return ok({
    settled: () => pass,
    async stop() {
      state.stopped = true
      watcher.close()
      cancel?.()
      await pass
    },
  })
}

/** One look at everything: apply what changed, then delete what no file wants. */
async function sync(state: State): Promise<void> {
  const { directory, log } = state.options
  const read = readFiles(directory)
  if (!read.ok) {
    // A directory that went away, or a disk, is no wish to delete everything.
    log.warn('the watched directory cannot be read: nothing is changed', { directory, because: read.error })
    return
  }
  const files = new Map<string, FileState>()
  const owners = new Map<string, string>()
  for (const [file, text] of read.value) {
    if (state.stopped) return
    const before = state.files.get(file)
    const now =
      before?.isGood === true && before.text === text ? before : await takeFile(state, { file, text, before }, owners)
    for (const object of now.objects) if (!owners.has(object)) owners.set(object, file)
    files.set(file, now)
  }
  state.files = files
  await prune(state, owners)
}

/** Names and texts of the manifests, in the order of their names; the text of an unreadable one is undefined. */
function readFiles(directory: string): Result<readonly (readonly [string, string | undefined])[], string> {
  try {
    const names = readdirSync(directory).filter(isManifest).sort()
    return ok(names.map((name) => [name, textIn(join(directory, name))] as const))
  } catch (error) {
    return fail(reasonOf(error))
  }
}

function textIn(path: string): string | undefined {
  try {
    // A pipe would keep the whole server waiting for its writer.
    return statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined
  } catch {
    // Told as a file that cannot be read; gone is only what the directory does not list.
    return undefined
  }
}

type FileAtHand = { readonly file: string; readonly text: string | undefined; readonly before: FileState | undefined }

/** Applies what a file says. A bad file changes nothing, and keeps what it brought before. */
async function takeFile(
  state: State,
  { file, text, before }: FileAtHand,
  owners: ReadonlyMap<string, string>,
): Promise<FileState> {
  // A bad file is tried again at every look, and told of once.
  const isNews = before === undefined || before.text !== (text ?? '')
  const warn = (message: string, fields: LogFields): void => {
    if (isNews) state.options.log.warn(message, { file, ...fields })
  }
  const tell = (fields: LogFields): void => warn('a manifest was not applied', fields)
  const bad = (because: string): FileState => {
    tell({ because })
    return { text: text ?? '', isGood: false, objects: before?.objects ?? [] }
  }
  if (text === undefined) return bad('it cannot be read: check its permissions')
  const parsed = parseManifests(text, file)
  if (!parsed.ok) return bad(parsed.error)
  const nameless = parsed.value.find(({ object }) => !object.metadata.name)
  if (nameless !== undefined) return bad(`${nameless.origin} has no metadata.name, which a watched manifest needs`)
  const client = state.options.clientFor(eachOnce((warning) => warn('a manifest has a warning', { warning })))
  const objects: string[] = []
  let isGood = true
  // What others live in comes first.
  for (const manifest of parsed.value.toSorted(
    (a, b) => Number(b.kind.kind === 'Namespace') - Number(a.kind.kind === 'Namespace'),
  )) {
    const key = keyOf(refOf(manifest, state.options.namespace))
    objects.push(key)
    const other = owners.get(key)
    const done = other === undefined ? await apply(state, { client, file, manifest }) : fail(`${other} says it too`)
    if (done.ok) continue
    isGood = false
    const { kind, object } = manifest
    tell({ object: shownName(kind, object.metadata.name ?? ''), because: done.error })
  }
  return { text, isGood, objects }
}

function refOf(manifest: Manifest, namespace: string): Ref {
  const { metadata } = placed(manifest, namespace)
  return { resource: resourceNameOf(manifest.kind), namespace: metadata.namespace, name: metadata.name ?? '' }
}

const keyOf = ({ resource, namespace = '', name }: Ref): string => `${resource}/${namespace}/${name}`

type Applying = { readonly client: Client; readonly file: string; readonly manifest: Manifest }

async function apply(state: State, { client, file, manifest }: Applying): Promise<Result<undefined, string>> {
  const { namespace, log } = state.options
  const ref = refOf(manifest, namespace)
  const found = await client.get<KubeObject>(ref)
  if (!found.ok && !isNotFound(found.error)) return fail(statusText(found.error))
  if (found.ok && found.value.metadata.labels?.[directoryLabel] !== state.label) {
    return fail('an object of this name is there that this directory did not bring: delete it, or name yours otherwise')
  }
  const { metadata } = manifest.object
  const marked: KubeObject = {
    ...manifest.object,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [directoryLabel]: state.label },
      annotations: { ...metadata.annotations, [fileAnnotation]: file },
    },
  }
  const applied = await applyManifest(client, { ...manifest, object: marked }, { namespace, fieldManager })
  if (!applied.ok) return fail(statusText(applied.error))
  if (!found.ok || found.value.metadata.resourceVersion !== applied.value.metadata.resourceVersion) {
    log.info('applied', { object: shownName(manifest.kind, ref.name), file })
  }
  return ok(undefined)
}

/** Deletes what carries our label and is wanted by no file; what a bad file brought stays as it is. */
async function prune(state: State, wanted: ReadonlyMap<string, string>): Promise<void> {
  const { clientFor, log } = state.options
  const client = clientFor((warning) => log.warn('a deletion has a warning', { warning }))
  for (const resource of resourceNames) {
    if (state.stopped) return
    const listed = await client.list<KubeObject>(resource, { labelSelector: `${directoryLabel}=${state.label}` })
    if (!listed.ok) {
      log.warn('objects cannot be listed', { resource, because: statusText(listed.error) })
      continue
    }
    for (const { metadata } of listed.value.items) {
      const { namespace, name = '', annotations, deletionTimestamp } = metadata
      const ref = { resource, namespace, name }
      const file = annotations?.[fileAnnotation] ?? ''
      const isKept = wanted.has(keyOf(ref)) || state.files.get(file)?.isGood === false
      if (isKept || deletionTimestamp !== undefined) continue
      const deleted = await client.delete(ref, { propagationPolicy: 'Background' })
      if (deleted.ok) log.info('deleted: no file says it any more', { object: `${resource}/${name}`, file })
      else if (!isNotFound(deleted.error))
        log.warn('an object cannot be deleted', { because: statusText(deleted.error) })
    }
  }
}
