/**
 * Where containers see volumes.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidateVolumeMounts, ValidateVolumeDevices
 */
import {
  type FieldError,
  forbiddenField,
  invalid,
  notFoundField,
  notSupported,
  required,
} from '../../../apimachinery/index.ts'
import type { Container, Volume, VolumeDevice, VolumeMount } from '../types.gen.ts'
import { validateDescendingPath } from './paths.ts'

export type Volumes = ReadonlyMap<string, Volume>

export function validateVolumeMounts(container: Container, volumes: Volumes, path: string, errors: FieldError[]): void {
  const mounts = container.volumeMounts ?? []
  if (mounts.length === 0) return
  const devices = container.volumeDevices ?? []
  const points = new Set<string>()
  mounts.forEach((mount, index) => {
    const at = `${path}[${index}]`
    const { name, mountPath } = mount
    if (!name) errors.push(required(`${at}.name`))
    if (!volumes.has(name)) errors.push(notFoundField(`${at}.name`, name))
    if (!mountPath) errors.push(required(`${at}.mountPath`))
    if (points.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'))
    points.add(mountPath)
    if (devices.some((device) => device.name === name)) {
      errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeDevices'))
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      errors.push(invalid(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices'))
    }
    validateSubPaths(mount, at, path, errors)
    if (mount.mountPropagation !== undefined) {
      validatePropagation(mount.mountPropagation, container, `${path}.mountPropagation`, errors)
    }
    validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`, errors)
  })
}

function validateSubPaths({ subPath, subPathExpr }: VolumeMount, at: string, path: string, errors: FieldError[]): void {
  if (subPath) validateDescendingPath(subPath, `${path}.subPath`, errors)
  if (!subPathExpr) return
  if (subPath) {
    errors.push(invalid(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
  }
  validateDescendingPath(subPathExpr, `${path}.subPathExpr`, errors)
}

function validatePropagation(mode: string, { securityContext }: Container, path: string, errors: FieldError[]): void {
  const supported = ['Bidirectional', 'HostToContainer', 'None']
  if (!supported.includes(mode)) errors.push(notSupported(path, mode, supported))
  if (mode === 'Bidirectional' && securityContext?.privileged !== true) {
    errors.push(forbiddenField(path, 'Bidirectional mount propagation is available only to privileged containers'))
  }
}

function validateRecursiveReadOnly(mount: VolumeMount, path: string, errors: FieldError[]): void {
  const mode = mount.recursiveReadOnly
  if (mode === undefined || mode === 'Disabled') return
  if (mode !== 'Enabled' && mode !== 'IfPossible') {
    errors.push(notSupported(path, mode, ['Disabled', 'Enabled', 'IfPossible']))
    return
  }
  if (mount.readOnly !== true) errors.push(forbiddenField(path, 'may only be specified when readOnly is true'))
  if (mount.mountPropagation !== undefined && mount.mountPropagation !== 'None') {
    errors.push(forbiddenField(path, 'may only be specified when mountPropagation is None or not specified'))
  }
}

export function validateVolumeDevices(
  container: Container,
  volumes: Volumes,
  path: string,
  errors: FieldError[],
): void {
  const devices = container.volumeDevices ?? []
  if (devices.length === 0) return
  const names = new Set<string>()
  const paths = new Set<string>()
  devices.forEach((device, index) => {
    validateVolumeDevice(device, container.volumeMounts ?? [], volumes, names, paths, `${path}[${index}]`, errors)
  })
}

function validateVolumeDevice(
  { name, devicePath }: VolumeDevice,
  mounts: readonly VolumeMount[],
  volumes: Volumes,
  names: Set<string>,
  paths: Set<string>,
  at: string,
  errors: FieldError[],
): void {
  const volume = volumes.get(name)
  if (!name) errors.push(required(`${at}.name`))
  if (names.has(name)) errors.push(invalid(`${at}.name`, name, 'must be unique'))
  if (volume === undefined) errors.push(notFoundField(`${at}.name`, name))
  else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
    const text = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
    errors.push(invalid(`${at}.name`, name, text))
  }
  if (!devicePath) errors.push(required(`${at}.devicePath`))
  if (paths.has(devicePath)) errors.push(invalid(`${at}.devicePath`, devicePath, 'must be unique'))
  if (devicePath.split('/').includes('..')) {
    errors.push(invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"))
  } else paths.add(devicePath)
  if (mounts.some((mount) => mount.name === name)) {
    errors.push(invalid(`${at}.name`, name, 'must not already exist in volumeMounts'))
  }
  if (mounts.some((mount) => mount.mountPath === devicePath)) {
    errors.push(invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts'))
  }
  if (name) names.add(name)
}
