/**
 * PriorityClasses.
 *
 * @source kubernetes v1.36 pkg/registry/scheduling/priorityclass/strategy.go; pkg/apis/scheduling/validation, v1/helpers
 */
import { type FieldError, forbiddenField, notSupported, required } from '../../../apimachinery/index.ts'
import { dictionary } from '../../../base/index.ts'
import { buildStrategy, firstGeneration } from '../../generic/index.ts'
import { validateCoreObjectMetaUpdate, validateImmutable } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import type { PriorityClass } from '../types.gen.ts'

/** The highest priority that users may give. */
export const highestUserPriority = 1_000_000_000
/** Classes that every server has, with their priorities. */
export const systemPriorities = dictionary<number>({
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
})

function systemFault({ metadata, value = 0, globalDefault = false }: PriorityClass): string | undefined {
  const name = metadata.name ?? ''
  const wanted = systemPriorities[name]
  if (wanted === undefined) return `${name} is not a known system priority class`
  if (value !== wanted) return `value of ${name} PriorityClass must be ${wanted}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

function validateClass(object: PriorityClass): readonly FieldError[] {
  const errors: FieldError[] = []
  const { preemptionPolicy: policy, value = 0 } = object
  if (object.metadata.name?.startsWith('system-') === true) {
    const fault = systemFault(object)
    const rule = "priority class names with 'system-' prefix are reserved for system use only. error: "
    if (fault !== undefined) errors.push(forbiddenField('metadata.name', `${rule}${fault}`))
  } else if (value > highestUserPriority) {
    const text = `maximum allowed value of a user defined priority is ${highestUserPriority}`
    errors.push(forbiddenField('value', text))
  }
  if (policy === '') errors.push(required('preemptionPolicy'))
  else if (policy !== undefined && policy !== 'PreemptLowerPriority' && policy !== 'Never') {
    errors.push(notSupported('preemptionPolicy', policy, ['PreemptLowerPriority', 'Never']))
  }
  return errors
}

export const priorityClassStrategy: Strategy<PriorityClass> = buildStrategy<PriorityClass>({
  type: 'scheduling.v1.PriorityClass',
  namespaced: false,
  defaults: (object) =>
    object.preemptionPolicy === undefined ? { ...object, preemptionPolicy: 'PreemptLowerPriority' } : object,
  prepareForCreate: firstGeneration,
  validateCreate: validateClass,
  validateUpdate: (object, old) => [
    ...validateCoreObjectMetaUpdate(object.metadata, old.metadata),
    ...((object.value ?? 0) === (old.value ?? 0) ? [] : [forbiddenField('value', 'may not be changed in an update.')]),
    ...validateImmutable(object.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy'),
  ],
  table: tableOf(
    [
      nameColumn,
      column('Value', 'integer', 'The priority of pods of the class; more is more urgent.'),
      column('Global-Default', 'boolean', 'Whether pods without a class have this one.'),
      ageColumn,
      column('PreemptionPolicy', 'string', 'Whether pods of the class may push others aside.'),
    ],
    ({ metadata, value, globalDefault, preemptionPolicy }, now) => [
      metadata.name ?? '',
      value ?? 0,
      globalDefault === true,
      humanDuration(metadata.creationTimestamp, now),
      preemptionPolicy ?? '',
    ],
  ),
})
