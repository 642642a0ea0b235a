/**
 * Secrets.
 *
 * @source kubernetes v1.36 pkg/registry/core/secret/strategy.go; pkg/apis/core/validation, ValidateSecret…
 */
import {
  base64OfBytes,
  bytesOfBase64,
  type FieldError,
  forbiddenField,
  invalid,
  parseJson,
  required,
  tooLong,
} from '../../../apimachinery/index.ts'
import { dictionary } from '../../../base/index.ts'
import { buildStrategy, changed } from '../../generic/index.ts'
import {
  isConfigMapKey,
  nameIsDNSSubdomain,
  validateCoreObjectMeta,
  validateCoreObjectMetaUpdate,
  validateImmutable,
} from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import { without } from '../podspec/share.ts'
import type { Secret } from '../types.gen.ts'
import { base64Bytes, maxSecretBytes } from './size.ts'
import { utf8Bytes } from './utf8.ts'

/** Plain texts become data and win over it; a type is always there. */
function defaultSecret(secret: Secret): Secret {
  const typed = secret.type ? secret : { ...secret, type: 'Opaque' }
  if (typed.stringData === undefined) return typed
  const texts = Object.entries(typed.stringData).map(([key, text]) => [key, base64OfBytes(utf8Bytes(text))])
  const data = texts.length === 0 ? typed.data : { ...typed.data, ...Object.fromEntries(texts) }
  return { ...without(typed, 'stringData'), ...(data === undefined ? {} : { data }) }
}

const accountAnnotation = 'kubernetes.io/service-account.name'

/** Keys that a type must have, in the order in which they are told. */
const requiredKeys = dictionary<readonly string[]>({
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
})
const configKeys = dictionary<string>({
  'kubernetes.io/dockercfg': '.dockercfg',
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
})

function validateData({ data = {}, type = '', metadata }: Secret): readonly FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(data)) {
    for (const text of isConfigMapKey(key)) errors.push(invalid(`data[${key}]`, key, text))
    bytes += base64Bytes(value)
  }
  if (bytes > maxSecretBytes) errors.push(tooLong('data', maxSecretBytes))
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[accountAnnotation]) {
    errors.push(required(`metadata.annotations[${accountAnnotation}]`))
  }
  for (const key of requiredKeys[type] ?? []) if (data[key] === undefined) errors.push(required(`data[${key}]`))
  const configKey = configKeys[type]
  if (configKey !== undefined) validateDockerConfig(data[configKey], `data[${configKey}]`, errors)
  if (type === 'kubernetes.io/basic-auth' && data['username'] === undefined && data['password'] === undefined) {
    errors.push(required('data[username]'), required('data[password]'))
  }
  if (type === 'kubernetes.io/ssh-auth' && !data['ssh-privatekey']) errors.push(required('data[ssh-privatekey]'))
  return errors
}

/** Credentials for registries are an object in JSON. Bytes count as characters: only ASCII can be wrong in form. */
function validateDockerConfig(data: string | undefined, field: string, errors: FieldError[]): void {
  if (data === undefined) {
    errors.push(required(field))
    return
  }
  let text = ''
  for (const byte of bytesOfBase64(data)) text += String.fromCharCode(byte)
  const fault = jsonObjectFault(text)
  if (fault !== undefined) errors.push(invalid(field, '<secret contents redacted>', fault))
}

function jsonObjectFault(text: string): string | undefined {
  const parsed = parseJson(text)
  if (!parsed.ok) return parsed.error
  const { value } = parsed.value
  if (value === null || (typeof value === 'object' && !Array.isArray(value))) return undefined
  const what = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `json: cannot unmarshal ${what} into Go value of type map[string]interface {}`
}

const immutable = 'field is immutable when `immutable` is set'

function validateUpdate(secret: Secret, old: Secret): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(secret.metadata, old.metadata)]
  errors.push(...validateImmutable(secret.type ?? '', old.type ?? '', 'type'))
  if (old.immutable === true) {
    if (secret.immutable !== true) errors.push(forbiddenField('immutable', immutable))
    if (changed(secret.data ?? {}, old.data ?? {})) errors.push(forbiddenField('data', immutable))
  }
  errors.push(...validateCoreObjectMeta(secret.metadata, true, nameIsDNSSubdomain), ...validateData(secret))
  return errors
}

export const secretStrategy: Strategy<Secret> = buildStrategy<Secret>({
  type: 'core.v1.Secret',
  namespaced: true,
  defaults: defaultSecret,
  validateCreate: validateData,
  validateUpdate,
  table: tableOf(
    [
      nameColumn,
      column('Type', 'string', 'What the data is for.'),
      column('Data', 'string', 'How many keys there are.'),
      ageColumn,
    ],
    ({ metadata, type, data = {} }, now) => [
      metadata.name ?? '',
      type ?? '',
      Object.keys(data).length,
      humanDuration(metadata.creationTimestamp, now),
    ],
  ),
  fields: { type: ({ type }) => type ?? '' },
  unknownField: (label) => `field label not supported: ${label}`,
})
