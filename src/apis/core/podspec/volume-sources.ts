/**
 * The sources that a volume can have, except projected ones.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validate…VolumeSource (facts: rules, texts)
 */
import { type FieldError, invalid, keyed, notSupported, required, tooLong } from '../../../apimachinery/index.ts'
import { byteLength, inclusiveRange, isDNS1123Subdomain } from '../../meta/index.ts'
import { validateClaimTemplate } from '../persistentvolumeclaim/claim-spec.ts'
import type {
  AzureDiskVolumeSource,
  ConfigMapVolumeSource,
  CSIVolumeSource,
  DownwardAPIVolumeFile,
  EphemeralVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  ISCSIVolumeSource,
  KeyToPath,
  NFSVolumeSource,
  QuobyteVolumeSource,
  SecretVolumeSource,
  StorageOSVolumeSource,
  Volume,
} from '../types.gen.ts'
import { validateFieldSelector, validateResourceFieldSelector, volumeFieldPaths } from './env.ts'
import { addInvalid, requireOneOf, requireText, validateLabel, validateOneOf } from './formats.ts'
import type { PodValidationOptions } from './options.ts'
import { validateDescendingPath, validateFileMode, validateNoBacksteps, validateNonReservedPath } from './paths.ts'

type Source<K extends keyof Volume> = NonNullable<Volume[K]>
type Check<K extends keyof Volume> = (
  source: Source<K>,
  path: string,
  errors: FieldError[],
  options: PodValidationOptions,
) => void

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]
/** How a policy for pulling images may read. */
export const pullPolicies: readonly string[] = ['Always', 'IfNotPresent', 'Never']

/** Checks a key that becomes a file. */
export function validateKeyToPath({ key, path: file, mode }: KeyToPath, path: string, errors: FieldError[]): void {
  requireText(key, `${path}.key`, errors)
  requireText(file, `${path}.path`, errors)
  validateNonReservedPath(file ?? '', `${path}.path`, errors)
  validateFileMode(mode, `${path}.mode`, errors)
}

function validateKeysVolume(
  { defaultMode, items = [] }: SecretVolumeSource | ConfigMapVolumeSource,
  path: string,
  errors: FieldError[],
): void {
  validateFileMode(defaultMode, `${path}.defaultMode`, errors)
  items.forEach((entry, index) => {
    validateKeyToPath(entry, `${path}.items[${index}]`, errors)
  })
}

/** Checks a field of the pod that becomes a file. */
export function validateDownwardFile(file: DownwardAPIVolumeFile, path: string, errors: FieldError[]): void {
  requireText(file.path, `${path}.path`, errors)
  validateNonReservedPath(file.path ?? '', `${path}.path`, errors)
  const { fieldRef, resourceFieldRef } = file
  if (fieldRef !== undefined) {
    validateFieldSelector(fieldRef, volumeFieldPaths, `${path}.fieldRef`, errors)
    if (resourceFieldRef !== undefined) {
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
    }
  } else if (resourceFieldRef !== undefined) {
    validateResourceFieldSelector(resourceFieldRef, `${path}.resourceFieldRef`, true, errors)
  } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'))
  validateFileMode(file.mode, `${path}.mode`, errors)
}

function validatePartition(partition: number | undefined, path: string, errors: FieldError[]): void {
  if (partition !== undefined && (partition < 0 || partition > 255)) {
    errors.push(invalid(`${path}.partition`, partition, inclusiveRange(1, 255)))
  }
}

const iscsiPatterns: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
}

function validateInitiator(name: string, field: string, errors: FieldError[]): void {
  const pattern = iscsiPatterns[name.slice(0, 3)]
  if (pattern === undefined) {
    errors.push(invalid(field, name, 'must be valid format starting with iqn, eui, or naa'))
  } else if (!pattern.test(name)) errors.push(invalid(field, name, 'must be valid format'))
}

function validateISCSI(source: ISCSIVolumeSource, path: string, errors: FieldError[]): void {
  const { lun = 0 } = source
  requireText(source.targetPortal, `${path}.targetPortal`, errors)
  if (!source.iqn) errors.push(required(`${path}.iqn`))
  else validateInitiator(source.iqn, `${path}.iqn`, errors)
  if (lun < 0 || lun > 255) errors.push(invalid(`${path}.lun`, lun, inclusiveRange(0, 255)))
  if ((source.chapAuthDiscovery === true || source.chapAuthSession === true) && source.secretRef === undefined) {
    errors.push(required(`${path}.secretRef`))
  }
  if (source.initiatorName !== undefined) validateInitiator(source.initiatorName, `${path}.initiatorname`, errors)
}

function validateFC({ targetWWNs = [], wwids = [], lun }: FCVolumeSource, path: string, errors: FieldError[]): void {
  const field = `${path}.targetWWNs`
  if (targetWWNs.length === 0 && wwids.length === 0) {
    errors.push(required(field, 'must specify either targetWWNs or wwids, but not both'))
  }
  if (targetWWNs.length > 0 && wwids.length > 0) {
    errors.push(invalid(field, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'))
  }
  if (targetWWNs.length === 0) return
  if (lun === undefined) errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'))
  else if (lun < 0 || lun > 255) errors.push(invalid(`${path}.lun`, lun, inclusiveRange(0, 255)))
}

function validateNFS({ server, path: exported = '' }: NFSVolumeSource, path: string, errors: FieldError[]): void {
  requireText(server, `${path}.server`, errors)
  requireText(exported, `${path}.path`, errors)
  if (!exported.startsWith('/')) errors.push(invalid(`${path}.path`, exported, 'must be an absolute path'))
}

function validateFlocker(source: FlockerVolumeSource, path: string, errors: FieldError[]): void {
  const { datasetName = '', datasetUUID = '' } = source
  if (datasetName === '' && datasetUUID === '') {
    errors.push(required(path, 'one of datasetName and datasetUUID is required'))
  }
  if (datasetName !== '' && datasetUUID !== '') {
    errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  }
  if (datasetName.includes('/')) errors.push(invalid(`${path}.datasetName`, datasetName, "must not contain '/'"))
}

const hostPort = /^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/

function validateQuobyte(source: QuobyteVolumeSource, path: string, errors: FieldError[]): void {
  const { registry = '', tenant = '' } = source
  const rule = 'must be a host:port pair or multiple pairs separated by commas'
  if (registry === '') errors.push(required(`${path}.registry`, rule))
  else if (byteLength(tenant) >= 65) {
    errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'))
  } else {
    for (const pair of registry.split(',')) {
      if (!hostPort.test(pair)) errors.push(invalid(`${path}.registry`, registry, rule))
    }
  }
  requireText(source.volume, `${path}.volume`, errors)
}

function validateFlexOptions(options: Readonly<Record<string, string>>, path: string, errors: FieldError[]): void {
  for (const key of Object.keys(options)) {
    const slash = key.indexOf('/')
    const domain = `.${(slash < 0 ? key : key.slice(0, slash)).toLowerCase()}`
    if (domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')) {
      errors.push(invalid(keyed(path, key), key, 'kubernetes.io and k8s.io namespaces are reserved'))
    }
  }
}

function validateAzureDisk(source: AzureDiskVolumeSource, path: string, errors: FieldError[]): void {
  const { kind, diskURI = '' } = source
  requireText(source.diskName, `${path}.diskName`, errors)
  requireText(diskURI, `${path}.diskURI`, errors)
  validateOneOf(source.cachingMode, ['None', 'ReadOnly', 'ReadWrite'], `${path}.cachingMode`, errors)
  validateOneOf(kind, ['Dedicated', 'Managed', 'Shared'], `${path}.kind`, errors)
  if (kind === undefined) return
  const managed = kind === 'Managed'
  if (diskURI.startsWith(managed ? '/subscriptions/' : 'https://')) return
  const form = managed
    ? '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
    : 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'
  errors.push(notSupported(`${path}.diskURI`, diskURI, [form]))
}

function validateStorageOS(source: StorageOSVolumeSource, path: string, errors: FieldError[]): void {
  if (!source.volumeName) errors.push(required(`${path}.volumeName`))
  else validateLabel(source.volumeName, `${path}.volumeName`, errors)
  if (source.volumeNamespace) validateLabel(source.volumeNamespace, `${path}.volumeNamespace`, errors)
  if (source.secretRef !== undefined) requireText(source.secretRef.name, `${path}.secretRef.name`, errors)
}

function validateCSI(
  { driver, nodePublishSecretRef: secret }: CSIVolumeSource,
  path: string,
  errors: FieldError[],
): void {
  if (!driver) errors.push(required(`${path}.driver`))
  else {
    if (byteLength(driver) > 63) errors.push(tooLong(`${path}.driver`, 63))
    addInvalid(errors, `${path}.driver`, driver, isDNS1123Subdomain(driver.toLowerCase()))
  }
  if (secret === undefined) return
  if (!secret.name) errors.push(required(`${path}.nodePublishSecretRef.name`))
  else addInvalid(errors, `${path}.name`, secret.name, isDNS1123Subdomain(secret.name))
}

export function validateEphemeralVolume(source: EphemeralVolumeSource, path: string, errors: FieldError[]): void {
  const field = `${path}.volumeClaimTemplate`
  if (source.volumeClaimTemplate === undefined) errors.push(required(field))
  else validateClaimTemplate(source.volumeClaimTemplate, field, errors)
}

type Simple =
  | 'hostPath'
  | 'gitRepo'
  | 'gcePersistentDisk'
  | 'awsElasticBlockStore'
  | 'secret'
  | 'nfs'
  | 'iscsi'
  | 'glusterfs'
  | 'flocker'
  | 'persistentVolumeClaim'
  | 'rbd'
  | 'cinder'
  | 'cephfs'
  | 'quobyte'
  | 'downwardAPI'
  | 'fc'
  | 'flexVolume'
  | 'configMap'
  | 'azureFile'
  | 'vsphereVolume'
  | 'photonPersistentDisk'
  | 'portworxVolume'
  | 'azureDisk'
  | 'storageos'
  | 'scaleIO'
  | 'csi'
  | 'image'

/** The check of each source, by the name of its field. */
export const volumeSources: { readonly [K in Simple]: Check<K> } = {
  hostPath: (source, path, errors) => {
    if (!source.path) {
      errors.push(required(`${path}.path`))
      return
    }
    validateNoBacksteps(source.path, `${path}.path`, errors)
    validateOneOf(source.type, hostPathTypes, `${path}.type`, errors)
  },
  gitRepo: (source, path, errors) => {
    requireText(source.repository, `${path}.repository`, errors)
    validateDescendingPath(source.directory ?? '', `${path}.directory`, errors)
  },
  gcePersistentDisk: (source, path, errors) => {
    requireText(source.pdName, `${path}.pdName`, errors)
    validatePartition(source.partition, path, errors)
  },
  awsElasticBlockStore: (source, path, errors) => {
    requireText(source.volumeID, `${path}.volumeID`, errors)
    validatePartition(source.partition, path, errors)
  },
  secret: (source, path, errors) => {
    requireText(source.secretName, `${path}.secretName`, errors)
    validateKeysVolume(source, path, errors)
  },
  nfs: validateNFS,
  iscsi: validateISCSI,
  glusterfs: (source, path, errors) => {
    requireText(source.endpoints, `${path}.endpoints`, errors)
    requireText(source.path, `${path}.path`, errors)
  },
  flocker: validateFlocker,
  persistentVolumeClaim: (source, path, errors) => requireText(source.claimName, `${path}.claimName`, errors),
  rbd: (source, path, errors) => {
    if ((source.monitors ?? []).length === 0) errors.push(required(`${path}.monitors`))
    requireText(source.image, `${path}.image`, errors)
  },
  cinder: (source, path, errors) => {
    requireText(source.volumeID, `${path}.volumeID`, errors)
    if (source.secretRef !== undefined) requireText(source.secretRef.name, `${path}.secretRef.name`, errors)
  },
  cephfs: (source, path, errors) => {
    if ((source.monitors ?? []).length === 0) errors.push(required(`${path}.monitors`))
  },
  quobyte: validateQuobyte,
  downwardAPI: ({ defaultMode, items = [] }, path, errors) => {
    validateFileMode(defaultMode, `${path}.defaultMode`, errors)
    for (const file of items) validateDownwardFile(file, path, errors)
  },
  fc: validateFC,
  flexVolume: (source, path, errors) => {
    requireText(source.driver, `${path}.driver`, errors)
    validateFlexOptions(source.options ?? {}, `${path}.options`, errors)
  },
  configMap: (source, path, errors) => {
    requireText(source.name, `${path}.name`, errors)
    validateKeysVolume(source, path, errors)
  },
  azureFile: (source, path, errors) => {
    requireText(source.secretName, `${path}.secretName`, errors)
    requireText(source.shareName, `${path}.shareName`, errors)
  },
  vsphereVolume: (source, path, errors) => requireText(source.volumePath, `${path}.volumePath`, errors),
  photonPersistentDisk: (source, path, errors) => requireText(source.pdID, `${path}.pdID`, errors),
  portworxVolume: (source, path, errors) => requireText(source.volumeID, `${path}.volumeID`, errors),
  azureDisk: validateAzureDisk,
  storageos: validateStorageOS,
  scaleIO: (source, path, errors) => {
    requireText(source.gateway, `${path}.gateway`, errors)
    requireText(source.system, `${path}.system`, errors)
    requireText(source.volumeName, `${path}.volumeName`, errors)
  },
  csi: validateCSI,
  image: (source, path, errors, options) => {
    if (options.resourceIsPod === true) requireText(source.reference, `${path}.reference`, errors)
    requireOneOf(source.pullPolicy, pullPolicies, `${path}.pullPolicy`, errors)
  },
}
