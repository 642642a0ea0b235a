/**
 * Volumes put together from several sources.
 *
 * Bundles of trust and pod certificates never get here: their features are off, so the fields were dropped before.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validateProjectionSources
 */
import { type FieldError, forbiddenField, invalid, required } from '../../../apimachinery/index.ts'
import type {
  ConfigMapProjection,
  ProjectedVolumeSource,
  SecretProjection,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../types.gen.ts'
import { requireText } from './formats.ts'
import type { PodValidationOptions } from './options.ts'
import { validateFileMode, validateNonReservedPath } from './paths.ts'
import { validateDownwardFile, validateKeyToPath } from './volume-sources.ts'

/** The paths that earlier sources of the same volume take; a second one is told on the volume itself. */
type TakenPaths = (path: string, shown?: string) => void

export function validateProjectedVolume(
  { defaultMode, sources }: ProjectedVolumeSource,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  validateFileMode(defaultMode, `${path}.defaultMode`, errors)
  const taken = new Set<string>()
  const take: TakenPaths = (file, shown = file) => {
    if (taken.has(file)) errors.push(invalid(path, shown, 'conflicting duplicate paths'))
    else taken.add(file)
  }
  // Null where the request left the list out.
  sources?.forEach((source, index) => {
    validateProjection(source, path, `${path}.sources[${index}]`, take, options, errors)
  })
}

function validateProjection(
  source: VolumeProjection,
  volumePath: string,
  at: string,
  take: TakenPaths,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  const { secret, configMap, downwardAPI, serviceAccountToken } = source
  if (secret !== undefined) validateKeys(secret, `${at}.secret`, take, errors)
  if (configMap !== undefined) validateKeys(configMap, `${at}.configMap`, take, errors)
  for (const file of downwardAPI?.items ?? []) {
    validateDownwardFile(file, `${at}.downwardAPI`, errors)
    if (file.path) take(file.path)
  }
  if (serviceAccountToken !== undefined) {
    validateToken(serviceAccountToken, volumePath, `${at}.serviceAccountToken`, options, errors)
  }
  const count = [secret, configMap, downwardAPI, serviceAccountToken].filter((part) => part !== undefined).length
  if (count > 1) errors.push(forbiddenField(at, 'may not specify more than 1 volume type per source'))
}

function validateKeys(
  { name, items = [] }: SecretProjection | ConfigMapProjection,
  path: string,
  take: TakenPaths,
  errors: FieldError[],
): void {
  requireText(name, `${path}.name`, errors)
  items.forEach((entry, index) => {
    validateKeyToPath(entry, `${path}.items[${index}]`, errors)
    if (entry.path) take(entry.path, name ?? '')
  })
}

function validateToken(
  { expirationSeconds = 0, path: file }: ServiceAccountTokenProjection,
  volumePath: string,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  const field = `${path}.expirationSeconds`
  if (expirationSeconds < 600) {
    errors.push(invalid(field, expirationSeconds, 'may not specify a duration less than 10 minutes'))
  }
  if (expirationSeconds > 2 ** 32) {
    errors.push(invalid(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'))
  }
  if (!file) errors.push(required(`${volumePath}.path`))
  else if (options.allowNonLocalTokenPath !== true) validateNonReservedPath(file, `${volumePath}.path`, errors)
}
