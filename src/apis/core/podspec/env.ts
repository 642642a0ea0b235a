/**
 * Environment variables of containers.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidateEnv, ValidateEnvFrom and what they call
 */
import {
  type FieldError,
  formatQuantity,
  invalid,
  notFoundField,
  notSupported,
  required,
} from '../../../apimachinery/index.ts'
import { isConfigMapKey, isLabelKey, isRelaxedEnvVarName, nameIsDNSSubdomain } from '../../meta/index.ts'
import { quantityOf } from '../resources/quantities.ts'
import type {
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  FileKeySelector,
  ObjectFieldSelector,
  PodSpec,
  ResourceFieldSelector,
} from '../types.gen.ts'
import { addInvalid, validateLabel } from './formats.ts'
import { validateNoBacksteps } from './paths.ts'
import { visitContainers } from './visit.ts'

const envFieldPaths: readonly string[] = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
/** Fields of a pod that volumes can show. */
export const volumeFieldPaths: readonly string[] = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]
const downwardLabels: ReadonlySet<string> = new Set([
  ...envFieldPaths,
  ...volumeFieldPaths,
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
])
const resourcePaths: readonly string[] = ['limits', 'requests'].flatMap((side) =>
  ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${side}.${name}`),
)
const pagesPrefixes: readonly string[] = ['limits.hugepages-', 'requests.hugepages-']

const byteDivisors: readonly string[] = [
  '1',
  ...['k', 'M', 'G', 'T', 'P', 'E'].map((unit) => `1${unit}`),
  ...['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((unit) => `1${unit}`),
]

export function validateEnv(env: readonly EnvVar[] | undefined, path: string, errors: FieldError[]): void {
  env?.forEach((variable, index) => {
    const at = `${path}[${index}]`
    if (!variable.name) errors.push(required(`${at}.name`))
    else addInvalid(errors, `${at}.name`, variable.name, isRelaxedEnvVarName(variable.name))
    if (variable.valueFrom !== undefined) validateValueFrom(variable, variable.valueFrom, `${at}.valueFrom`, errors)
  })
}

function validateValueFrom({ value }: EnvVar, from: EnvVarSource, path: string, errors: FieldError[]): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = from
  if (fieldRef !== undefined) validateFieldSelector(fieldRef, envFieldPaths, `${path}.fieldRef`, errors)
  if (resourceFieldRef !== undefined) {
    validateResourceFieldSelector(resourceFieldRef, `${path}.resourceFieldRef`, false, errors)
  }
  if (configMapKeyRef !== undefined) validateKeySelector(configMapKeyRef, `${path}.configMapKeyRef`, errors)
  if (secretKeyRef !== undefined) validateKeySelector(secretKeyRef, `${path}.secretKeyRef`, errors)
  if (fileKeyRef !== undefined) validateFileKey(fileKeyRef, `${path}.fileKeyRef`, errors)
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef]
  const count = sources.filter((source) => source !== undefined).length
  const names = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
  if (count === 0) errors.push(invalid(path, '', `must specify one of: ${names}`))
  else if (value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'))
  else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
}

/** `metadata.labels['key']` in its two parts. */
function subscripted(path: string): { readonly base: string; readonly key: string } | undefined {
  if (!path.endsWith("']")) return undefined
  const open = path.indexOf("['")
  return open <= 0 ? undefined : { base: path.slice(0, open), key: path.slice(open + 2, -2) }
}

/** What keeps a field label from being read, or nothing. */
function conversionError(version: string, path: string): string | undefined {
  if (version !== 'v1') return `unsupported pod version: ${version}`
  const parts = subscripted(path)
  if (parts !== undefined) {
    if (parts.base === 'metadata.annotations' || parts.base === 'metadata.labels') return undefined
    return `field label does not support subscript: ${path}`
  }
  return downwardLabels.has(path) || path === 'spec.host' ? undefined : `field label not supported: ${path}`
}

export function validateFieldSelector(
  { apiVersion = '', fieldPath = '' }: ObjectFieldSelector,
  supported: readonly string[],
  path: string,
  errors: FieldError[],
): void {
  if (apiVersion === '') {
    errors.push(required(`${path}.apiVersion`))
    return
  }
  if (fieldPath === '') {
    errors.push(required(`${path}.fieldPath`))
    return
  }
  const failure = conversionError(apiVersion, fieldPath)
  if (failure !== undefined) {
    errors.push(invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${failure}`))
    return
  }
  const parts = subscripted(fieldPath)
  if (parts !== undefined) {
    const key = parts.base === 'metadata.annotations' ? parts.key.toLowerCase() : parts.key
    addInvalid(errors, path, key, isLabelKey(key))
    return
  }
  const name = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath
  if (!supported.includes(name)) errors.push(notSupported(`${path}.fieldPath`, name, supported))
}

export function validateResourceFieldSelector(
  { containerName, resource = '', divisor }: ResourceFieldSelector,
  path: string,
  inVolume: boolean,
  errors: FieldError[],
): void {
  if (inVolume && !containerName) errors.push(required(`${path}.containerName`))
  else if (resource === '') errors.push(required(`${path}.resource`))
  else if (!resourcePaths.includes(resource) && !pagesPrefixes.some((prefix) => resource.startsWith(prefix))) {
    errors.push(notSupported(`${path}.resource`, resource, resourcePaths))
  }
  validateDivisor(resource, divisor, path, errors)
}

function validateDivisor(
  resource: string,
  divisor: string | number | undefined,
  path: string,
  errors: FieldError[],
): void {
  const quantity = quantityOf(divisor)
  if (quantity.value === 0n) return
  const text = formatQuantity(quantity)
  const name = resource.slice(resource.indexOf('.') + 1)
  if (name === 'cpu') {
    if (text === '1m' || text === '1') return
    const rule = "only divisor's values 1m and 1 are supported with the cpu resource"
    errors.push(invalid(`${path}.divisor`, resource, rule))
    return
  }
  const what =
    name === 'memory'
      ? 'memory'
      : name === 'ephemeral-storage'
        ? 'local ephemeral storage'
        : pagesPrefixes.some((prefix) => resource.startsWith(prefix))
          ? 'hugepages'
          : undefined
  if (what === undefined || byteDivisors.includes(text)) return
  const rule = `only divisor's values ${byteDivisors.join(', ')} are supported with the ${what} resource`
  errors.push(invalid(`${path}.divisor`, resource, rule))
}

function validateKeySelector(
  { name = '', key = '' }: { readonly name?: string | undefined; readonly key?: string | undefined },
  path: string,
  errors: FieldError[],
): void {
  addInvalid(errors, `${path}.name`, name, nameIsDNSSubdomain(name, false))
  if (key === '') errors.push(required(`${path}.key`))
  else addInvalid(errors, `${path}.key`, key, isConfigMapKey(key))
}

function validateFileKey(
  { key = '', volumeName = '', path: file = '' }: FileKeySelector,
  path: string,
  errors: FieldError[],
): void {
  if (key === '') errors.push(required(`${path}.key`))
  else addInvalid(errors, `${path}.key`, key, isRelaxedEnvVarName(key))
  if (volumeName === '') errors.push(required(`${path}.volumeName`))
  else validateLabel(volumeName, `${path}.volumeName`, errors)
  if (file === '') errors.push(required(`${path}.path`))
  else validateNoBacksteps(file, `${path}.path`, errors)
}

export function validateEnvFrom(
  sources: readonly EnvFromSource[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  sources?.forEach(({ prefix, configMapRef, secretRef }, index) => {
    const at = `${path}[${index}]`
    if (prefix) addInvalid(errors, `${at}.prefix`, prefix, isRelaxedEnvVarName(prefix))
    if (configMapRef !== undefined) validateEnvSourceName(configMapRef.name, `${at}.configMapRef.name`, errors)
    if (secretRef !== undefined) validateEnvSourceName(secretRef.name, `${at}.secretRef.name`, errors)
    if (configMapRef === undefined && secretRef === undefined) {
      errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
    }
  })
}

function validateEnvSourceName(name: string | undefined, path: string, errors: FieldError[]): void {
  if (!name) errors.push(required(path))
  else addInvalid(errors, path, name, nameIsDNSSubdomain(name, true))
}

/** Variables from files come from emptyDir volumes of the pod. */
export function validateFileKeyVolumes(spec: PodSpec, path: string, errors: FieldError[]): void {
  visitContainers(spec, path, (container, at) => {
    container.env?.forEach((variable, index) => {
      const reference = variable.valueFrom?.fileKeyRef
      if (reference === undefined) return
      const field = `${at}.env[${index}].valueFrom.fileKeyRef.volumeName`
      const volume = spec.volumes?.findLast(({ name }) => name === reference.volumeName)
      if (volume === undefined) errors.push(notFoundField(field, reference.volumeName))
      else if (volume.emptyDir === undefined) {
        errors.push(invalid(field, reference.volumeName, 'referenced volume must be of type emptyDir'))
      }
    })
  })
}
