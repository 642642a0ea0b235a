/** The files of a volume that is made of API objects, by path, and where their content comes from. */
import { isNotFound, type Status } from '../../apimachinery/index.ts'
import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Secret,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from '../../apis/core/index.ts'
import { fail, type Instant, ok, type Result } from '../../base/index.ts'
import { type DownwardFacts, fieldValue, type ReadObject, resourceValue } from '../env/index.ts'

export type PayloadFile = { readonly content: Uint8Array; readonly mode: number }
export type Payload = {
  readonly files: ReadonlyMap<string, PayloadFile>
  /** When a token in it should be replaced; undefined when nothing in it grows old. */
  readonly refreshAt?: Instant | undefined
}

export type Token = { readonly token: string; readonly refreshAt?: Instant | undefined }
export type PayloadSource = {
  readonly facts: DownwardFacts
  readonly read: ReadObject
  readonly requestToken: (projection: ServiceAccountTokenProjection) => Promise<Result<Token, Status>>
}

type Outcome = Result<Payload, string>
const DEFAULT_MODE = 0o644

/** The content of a configMap, secret, downwardAPI or projected volume; undefined for a volume of another kind. */
export async function payloadOf(source: PayloadSource, volume: Volume): Promise<Outcome | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap !== undefined) return keysPayload(source, 'configmaps', configMap, configMap.defaultMode)
  if (secret !== undefined) {
    return keysPayload(source, 'secrets', { ...secret, name: secret.secretName }, secret.defaultMode)
  }
  if (downwardAPI !== undefined) return downwardPayload(source, downwardAPI.items ?? [], downwardAPI.defaultMode)
  if (projected === undefined) return undefined
  const files = new Map<string, PayloadFile>()
  let refreshAt: Instant | undefined
  for (const projection of projected.sources ?? []) {
    const part = await projectionPayload(source, projection, projected.defaultMode)
    if (!part.ok) return part
    for (const [path, file] of part.value.files) files.set(path, file)
    const at = part.value.refreshAt
    if (at !== undefined && (refreshAt === undefined || at < refreshAt)) refreshAt = at
  }
  return ok({ files, refreshAt })
}

function projectionPayload(
  source: PayloadSource,
  projection: VolumeProjection,
  mode: number | undefined,
): Promise<Outcome> | Outcome {
  const { configMap, secret, downwardAPI, serviceAccountToken } = projection
  if (configMap !== undefined) return keysPayload(source, 'configmaps', configMap, mode)
  if (secret !== undefined) return keysPayload(source, 'secrets', secret, mode)
  if (downwardAPI !== undefined) return downwardPayload(source, downwardAPI.items ?? [], mode)
  if (serviceAccountToken !== undefined) return tokenPayload(source, serviceAccountToken, mode)
  return fail('this node projects configMap, secret, downwardAPI and serviceAccountToken sources only')
}

type Keys = {
  readonly name?: string | undefined
  readonly items?: readonly KeyToPath[] | undefined
  readonly optional?: boolean | undefined
}

/** @source kubernetes v1.36 pkg/volume/configmap/configmap.go and pkg/volume/secret/secret.go, MakePayload */
async function keysPayload(
  { read }: PayloadSource,
  kind: 'configmaps' | 'secrets',
  { name = '', items, optional }: Keys,
  defaultMode: number | undefined,
): Promise<Outcome> {
  const found = await read<ConfigMap | Secret>(kind, name)
  if (!found.ok) {
    const isAbsent = isNotFound(found.error)
    if (isAbsent && optional === true) return ok({ files: new Map() })
    return fail(isAbsent ? `${kind === 'secrets' ? 'secret' : 'configmap'} "${name}" not found` : reasonOf(found.error))
  }
  const content = contentOf(kind, found.value)
  const mode = defaultMode ?? DEFAULT_MODE
  const files = new Map<string, PayloadFile>()
  if ((items ?? []).length === 0) {
    for (const [key, bytes] of content) files.set(key, { content: bytes, mode })
    return ok({ files })
  }
  for (const item of items ?? []) {
    const bytes = content.get(item.key)
    if (bytes !== undefined) files.set(item.path, { content: bytes, mode: item.mode ?? mode })
    else if (optional !== true) {
      const what =
        kind === 'secrets' ? 'references non-existent secret key' : 'configmap references non-existent config key'
      return fail(`${what}: ${item.key}`)
    }
  }
  return ok({ files })
}

function contentOf(kind: 'configmaps' | 'secrets', object: ConfigMap | Secret): ReadonlyMap<string, Uint8Array> {
  const texts = Object.entries(object.data ?? {})
  const binary = Object.entries('binaryData' in object ? (object.binaryData ?? {}) : {})
  const base64 = (entries: readonly (readonly [string, string])[]) =>
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64')] as const)
  if (kind === 'secrets') return new Map(base64(texts))
  return new Map([...texts.map(([key, value]) => [key, Buffer.from(value)] as const), ...base64(binary)])
}

const reasonOf = (status: Status): string => status.message ?? status.reason ?? 'reading from the API server failed'

function downwardPayload(
  { facts }: PayloadSource,
  items: readonly DownwardAPIVolumeFile[],
  defaultMode: number | undefined,
): Outcome {
  const files = new Map<string, PayloadFile>()
  for (const { path, mode, fieldRef, resourceFieldRef } of items) {
    const value =
      fieldRef !== undefined
        ? fieldValue(fieldRef.fieldPath, facts)
        : resourceFieldRef !== undefined
          ? resourceFileValue(resourceFieldRef, facts)
          : fail(`the downward API file ${path} names no source`)
    if (!value.ok) return value
    files.set(path, { content: Buffer.from(value.value), mode: mode ?? defaultMode ?? DEFAULT_MODE })
  }
  return ok({ files })
}

function resourceFileValue(
  ref: {
    readonly resource: string
    readonly containerName?: string | undefined
    readonly divisor?: string | number | undefined
  },
  facts: DownwardFacts,
): Result<string, string> {
  const { initContainers = [], containers } = facts.pod.spec
  const container = [...initContainers, ...containers].find(({ name }) => name === ref.containerName)
  return container === undefined
    ? fail(`container ${ref.containerName} not found`)
    : resourceValue(ref, container, facts)
}

async function tokenPayload(
  { requestToken }: PayloadSource,
  projection: ServiceAccountTokenProjection,
  mode: number | undefined,
): Promise<Outcome> {
  const issued = await requestToken(projection)
  if (!issued.ok) return fail(`failed to fetch token: ${reasonOf(issued.error)}`)
  const file = { content: Buffer.from(issued.value.token), mode: mode ?? DEFAULT_MODE }
  return ok({ files: new Map([[projection.path, file]]), refreshAt: issued.value.refreshAt })
}
