/**
 * Volumes of a pod: one source each, names that are unique.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidateVolumes, validateVolumeSource
 */
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  type ObjectMeta,
  quoted,
  required,
} from '../../../apimachinery/index.ts'
import { byteLength, isDNS1123Subdomain } from '../../meta/index.ts'
import { isNegative, quantityOf } from '../resources/quantities.ts'
import type { Volume } from '../types.gen.ts'
import { validateLabel } from './formats.ts'
import type { Volumes } from './mounts.ts'
import type { PodValidationOptions } from './options.ts'
import { validateProjectedVolume } from './projections.ts'
import { validateEphemeralVolume, volumeSources } from './volume-sources.ts'

/** What checks one volume source; `path` is the source's own. */
type SourceCheck = {
  readonly name: keyof Volume & string
  /** The path that the error about a second source names, where upstream spells it differently. */
  readonly second?: string
  /** The path of the source in its own errors, where upstream spells it differently. */
  readonly own?: string
  readonly check: (volume: Volume, path: string, options: PodValidationOptions, errors: FieldError[]) => void
}

const of = <K extends keyof typeof volumeSources>(
  name: K,
  paths: { second?: string; own?: string } = {},
): SourceCheck => ({
  name,
  ...paths,
  check: (volume, path, options, errors) => {
    const check = volumeSources[name] as (
      source: unknown,
      path: string,
      errors: FieldError[],
      options: PodValidationOptions,
    ) => void
    check(volume[name], path, errors, options)
  },
})

/** All sources in upstream's order. */
const checks: readonly SourceCheck[] = [
  {
    name: 'emptyDir',
    check: ({ emptyDir }, path, _options, errors) => {
      if (emptyDir?.sizeLimit !== undefined && isNegative(quantityOf(emptyDir.sizeLimit))) {
        errors.push(forbiddenField(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'))
      }
    },
  },
  of('hostPath'),
  of('gitRepo'),
  of('gcePersistentDisk', { own: 'persistentDisk' }),
  of('awsElasticBlockStore'),
  of('secret'),
  of('nfs'),
  of('iscsi'),
  of('glusterfs'),
  of('flocker'),
  of('persistentVolumeClaim'),
  of('rbd'),
  of('cinder'),
  of('cephfs', { second: 'cephFS' }),
  of('quobyte'),
  of('downwardAPI', { second: 'downwarAPI' }),
  of('fc'),
  of('flexVolume'),
  of('configMap'),
  of('azureFile'),
  of('vsphereVolume'),
  of('photonPersistentDisk'),
  of('portworxVolume'),
  of('azureDisk'),
  of('storageos'),
  {
    name: 'projected',
    check: ({ projected }, path, options, errors) => {
      if (projected !== undefined) validateProjectedVolume(projected, path, options, errors)
    },
  },
  of('scaleIO'),
  of('csi'),
  {
    name: 'ephemeral',
    check: ({ ephemeral }, path, _options, errors) => {
      if (ephemeral !== undefined) validateEphemeralVolume(ephemeral, path, errors)
    },
  },
  of('image'),
]

function validateSource(
  volume: Volume,
  path: string,
  podName: string | undefined,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  let count = 0
  for (const { name, second = name, own = name, check } of checks) {
    if (volume[name] === undefined) continue
    count++
    if (count > 1) errors.push(forbiddenField(`${path}.${second}`, 'may not specify more than 1 volume type'))
    else check(volume, `${path}.${own}`, options, errors)
    if (name === 'iscsi') validatePortalLength(volume, path, errors)
    if (name === 'ephemeral' && count === 1) validateClaimName(volume, path, podName, errors)
  }
  if (count === 0) errors.push(required(path, 'must specify a volume type'))
}

function validatePortalLength({ name, iscsi }: Volume, path: string, errors: FieldError[]): void {
  if (iscsi?.initiatorName === undefined || byteLength(`${name}:${iscsi.targetPortal}`) <= 64) return
  const text =
    'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
  errors.push(invalid(`${path}.name`, name, text))
}

function validateClaimName({ name }: Volume, path: string, podName: string | undefined, errors: FieldError[]): void {
  if (!podName || !name) return
  const claim = `${podName}-${name}`
  for (const text of isDNS1123Subdomain(claim)) {
    errors.push(invalid(`${path}.name`, name, `PVC name ${quoted(claim)}: ${text}`))
  }
}

/** Checks all volumes and returns those without faults by name, for the mounts. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  metadata: ObjectMeta | undefined,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): Volumes {
  const fine = new Map<string, Volume>()
  if (volumes === undefined || volumes.length === 0) return fine
  const podName = metadata?.name
  const created = new Set(
    podName ? volumes.filter(({ ephemeral }) => ephemeral !== undefined).map(({ name }) => `${podName}-${name}`) : [],
  )
  volumes.forEach((volume, index) => {
    const at = `${path}[${index}]`
    const before = errors.length
    validateSource(volume, at, podName, options, errors)
    if (!volume.name) errors.push(required(`${at}.name`))
    else validateLabel(volume.name, `${at}.name`, errors)
    if (fine.has(volume.name)) errors.push(duplicate(`${at}.name`, volume.name))
    if (errors.length === before) fine.set(volume.name, volume)
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim !== undefined && created.has(claim)) {
      const text = 'must not reference a PVC that gets created for an ephemeral volume'
      errors.push(invalid(`${at}.persistentVolumeClaim.claimName`, claim, text))
    }
  })
  return fine
}
