import { formatQuantity, quoted } from '../../../apimachinery/index.ts'
import { isFractional, quantityOf } from '../resources/quantities.ts'
import type { KeyToPath, PersistentVolumeClaimSpec, Volume, VolumeProjection } from '../types.gen.ts'

/** Kinds of volumes that are on their way out, and the name that the warning uses. */
const deprecated: readonly (readonly [keyof Volume, string, string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
]
const deprecatedLater: typeof deprecated = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

/**
 * Volumes of kinds that no longer work, and files of one volume that overwrite each other.
 *
 * @source kubernetes v1.36 pkg/api/pod/warnings.go, warningsForOverlappingVirtualPaths and its caller
 */
export function volumeWarnings(volumes: readonly Volume[], path: string): readonly string[] {
  const warnings: string[] = []
  volumes.forEach((volume, index) => {
    const at = `${path}[${index}]`
    const warnDeprecated = (list: typeof deprecated): void => {
      for (const [name, shown, text] of list) if (volume[name] !== undefined) warnings.push(`${at}.${shown}: ${text}`)
    }
    warnDeprecated(deprecated)
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec
    if (claim !== undefined) warnings.push(...claimWarnings(claim, `${at}.ephemeral.volumeClaimTemplate.spec`))
    warnDeprecated(deprecatedLater)
  })
  for (const volume of volumes) warnings.push(...overlapWarnings(volume))
  return warnings
}

/** Storage is counted in whole bytes. */
export function claimWarnings({ resources }: PersistentVolumeClaimSpec, path: string): readonly string[] {
  return (['requests', 'limits'] as const).flatMap((side) => {
    const quantity = quantityOf(resources?.[side]?.['storage'])
    if (!isFractional(quantity)) return []
    const value = quoted(formatQuantity(quantity))
    return [`${path}.resources.${side}[storage]: fractional byte value ${value} is invalid, must be an integer`]
  })
}

type SourcedPath = { readonly path: string; readonly source: string }

const shown = ({ path, source }: SourcedPath): string => (source === '' ? quoted(path) : `${quoted(path)} (${source})`)

function overlapWarnings({ name, configMap, secret, downwardAPI, projected }: Volume): readonly string[] {
  const warnings: string[] = []
  const within = (items: readonly { readonly path: string }[] | undefined, what: string): void => {
    const paths = (items ?? []).map(({ path }) => ({ path, source: '' }))
    for (const text of overlaps([], paths)) warnings.push(overlap(name, what, text))
  }
  if (configMap !== undefined) within(configMap.items, `ConfigMap ${quoted(configMap.name ?? '')}`)
  if (secret !== undefined) within(secret.items, `Secret ${quoted(secret.secretName ?? '')}`)
  if (downwardAPI !== undefined) within(downwardAPI.items, 'DownwardAPI')
  const taken: SourcedPath[] = []
  for (const source of projected?.sources ?? []) {
    if (Object.values(source).every((part) => part === undefined)) {
      warnings.push(`volume ${quoted(name)} (Projected) has no sources provided`)
      continue
    }
    for (const text of overlaps(taken, projectedPaths(source))) warnings.push(overlap(name, 'Projected', text))
  }
  return warnings
}

const overlap = (volume: string, what: string, text: string): string =>
  `volume ${quoted(volume)} (${what}): overlapping paths: ${text}`

function projectedPaths({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): SourcedPath[] {
  const of = (items: readonly Pick<KeyToPath, 'path'>[], source: string): SourcedPath[] =>
    items.map(({ path }) => ({ path, source }))
  if (configMap?.items !== undefined) return of(configMap.items, `ConfigMap ${quoted(configMap.name ?? '')}`)
  if (secret?.items !== undefined) return of(secret.items, `Secret ${quoted(secret.name ?? '')}`)
  if (downwardAPI?.items !== undefined) return of(downwardAPI.items, 'DownwardAPI')
  if (serviceAccountToken !== undefined) return of([serviceAccountToken], 'ServiceAccountToken')
  return []
}

/** The paths of `added` that meet an earlier one; all of them are taken afterwards. */
function overlaps(taken: SourcedPath[], added: readonly SourcedPath[]): readonly string[] {
  const texts: string[] = []
  for (const { path, source } of added) {
    const item = { path: path.replace(/\/+$/, ''), source }
    if (item.path !== '') {
      for (const other of taken) {
        if (other.path === '') continue
        const meets = `${other.path}/`.startsWith(`${item.path}/`) || `${item.path}/`.startsWith(`${other.path}/`)
        if (meets) texts.push(`${shown(item)} with ${shown(other)}`)
      }
    }
    taken.push(item)
  }
  return texts
}
