/**
 * ConfigMaps.
 *
 * @source kubernetes v1.36 pkg/registry/core/configmap/strategy.go; pkg/apis/core/validation, ValidateConfigMap…
 */
import { type FieldError, forbiddenField, invalid, tooLong } from '../../../apimachinery/index.ts'
import { buildStrategy, changed } from '../../generic/index.ts'
import {
  byteLength,
  isConfigMapKey,
  nameIsDNSSubdomain,
  validateCoreObjectMeta,
  validateCoreObjectMetaUpdate,
} from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import { base64Bytes, maxSecretBytes } from '../secret/size.ts'
import type { ConfigMap } from '../types.gen.ts'

function validateData({ data = {}, binaryData = {} }: ConfigMap): readonly FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(data)) {
    for (const text of isConfigMapKey(key)) errors.push(invalid(`data[${key}]`, key, text))
    if (binaryData[key] !== undefined) {
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    }
    bytes += byteLength(value)
  }
  for (const [key, value] of Object.entries(binaryData)) {
    for (const text of isConfigMapKey(key)) errors.push(invalid(`binaryData[${key}]`, key, text))
    bytes += base64Bytes(value)
  }
  if (bytes > maxSecretBytes) errors.push(tooLong('[]', maxSecretBytes))
  return errors
}

const immutable = 'field is immutable when `immutable` is set'

function validateUpdate(config: ConfigMap, old: ConfigMap): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(config.metadata, old.metadata)]
  if (old.immutable === true) {
    if (config.immutable !== true) errors.push(forbiddenField('immutable', immutable))
    for (const name of ['data', 'binaryData'] as const) {
      if (changed(config[name] ?? {}, old[name] ?? {})) errors.push(forbiddenField(name, immutable))
    }
  }
  errors.push(...validateCoreObjectMeta(config.metadata, true, nameIsDNSSubdomain), ...validateData(config))
  return errors
}

export const configMapStrategy: Strategy<ConfigMap> = buildStrategy<ConfigMap>({
  type: 'core.v1.ConfigMap',
  namespaced: true,
  validateCreate: validateData,
  validateUpdate,
  table: tableOf(
    [nameColumn, column('Data', 'string', 'How many keys there are.'), ageColumn],
    ({ metadata, data = {}, binaryData = {} }, now) => [
      metadata.name ?? '',
      Object.keys(data).length + Object.keys(binaryData).length,
      humanDuration(metadata.creationTimestamp, now),
    ],
  ),
})
