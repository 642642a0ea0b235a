/**
 * One builder for the strategy of every kind: a kind says only what differs, the rest is as upstream's generic registry
 * has it.
 *
 * @source kubernetes v1.36 apiserver/pkg/registry/rest/{create,update}.go (facts: order of the checks)
 */
import type { FieldError, KubeObject, TypeName } from '../../apimachinery/index.ts'
import {
  equal,
  type NameRule,
  nameIsDNSSubdomain,
  nameIsPathSegment,
  validateCommonUpdate,
  validateCoreObjectMeta,
  validateCoreObjectMetaUpdate,
  validateObjectMeta,
} from '../meta/index.ts'
import type { DeletionStrategy, Strategy, TableDefinition, UpdateStrategy, WriteContext } from '../strategy.ts'
import { genericTable } from '../table/index.ts'

/** How one endpoint of a kind takes an update. Absent parts: nothing is kept back, only metadata is checked. */
export type UpdateDefinition<T extends KubeObject> = {
  readonly prepareForUpdate?: (object: T, old: T, context: WriteContext) => T
  /** The kind's own checks; those of metadata that hold for all kinds have run before. */
  readonly validateUpdate?: (object: T, old: T, context: WriteContext) => readonly FieldError[]
  readonly warningsOnUpdate?: (object: T, old: T, context: WriteContext) => readonly string[]
  readonly resetFields?: readonly (readonly string[])[]
}

/** What differs per kind. `namespaced` must agree with the schema. */
export type KindDefinition<T extends KubeObject> = UpdateDefinition<T> & {
  readonly type: TypeName
  readonly namespaced: boolean
  /** A DNS subdomain when absent. */
  readonly nameRule?: NameRule
  readonly defaults?: (object: T) => T
  readonly prepareForCreate?: (object: T, context: WriteContext) => T
  /**
   * When metadata is checked: before the kind's own checks (the rule), by these checks themselves, or after them where
   * they found nothing, and then only what holds for all kinds.
   */
  readonly metadata?: 'First' | 'Own' | 'Last'
  /** The kind's checks. */
  readonly validateCreate?: (object: T, context: WriteContext) => readonly FieldError[]
  readonly warningsOnCreate?: (object: T, context: WriteContext) => readonly string[]
  readonly allowCreateOnUpdate?: boolean
  readonly allowUnconditionalUpdate?: boolean
  readonly subresources?: Readonly<Record<string, UpdateDefinition<T>>>
  readonly table?: TableDefinition<T>
  readonly fields?: Readonly<Record<string, (object: T) => string>>
  readonly unknownField?: (label: string) => string
  readonly unbuilt?: Readonly<Record<string, string>>
  readonly deletion?: Partial<DeletionStrategy<T>>
  readonly onDisk?: Strategy['onDisk']
}

const same = <T>(object: T): T => object
const noErrors = (): readonly FieldError[] => []

/** The object with the stored generation: no request writes it, only a change of the spec counts it up. */
export function keepGeneration<T extends KubeObject>(object: T, old: T): T {
  const { generation } = old.metadata
  if (object.metadata.generation === generation) return object
  return { ...object, metadata: { ...object.metadata, generation } }
}

/** Counts the generation up when `changed`. */
export function countGeneration<T extends KubeObject>(object: T, old: T, changed: boolean): T {
  if (!changed) return object
  return { ...object, metadata: { ...object.metadata, generation: (old.metadata.generation ?? 0) + 1 } }
}

/** The first generation of a new object, for kinds that count it. */
export function firstGeneration<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, generation: 1 } }
}

/** Takes some fields from another object; the same object when all of them are shared already. */
export function keepFields<T extends object, K extends keyof T>(object: T, old: T, ...keys: readonly K[]): T {
  if (keys.every((key) => object[key] === old[key])) return object
  const kept: T = { ...object }
  for (const key of keys) {
    if (old[key] === undefined) delete kept[key]
    else kept[key] = old[key]
  }
  return kept
}

function updateStrategy<T extends KubeObject>(namespaced: boolean, definition: UpdateDefinition<T>): UpdateStrategy<T> {
  const { prepareForUpdate, validateUpdate, warningsOnUpdate, resetFields = [] } = definition
  return {
    prepareForUpdate: (object, old, context) => {
      const prepared = keepGeneration(object, old)
      return prepareForUpdate === undefined ? prepared : prepareForUpdate(prepared, old, context)
    },
    validateUpdate: (object, old, context) => {
      const errors = validateCommonUpdate(object.metadata, old.metadata, namespaced)
      const own =
        validateUpdate === undefined
          ? validateCoreObjectMetaUpdate(object.metadata, old.metadata)
          : validateUpdate(object, old, context)
      return errors.length === 0 ? own : [...errors, ...own]
    },
    ...(warningsOnUpdate === undefined ? {} : { warningsOnUpdate }),
    resetFields,
  }
}

/** Makes the strategy of a kind from what is special about it. */
export function buildStrategy<T extends KubeObject>(kind: KindDefinition<T>): Strategy<T> {
  const { type, namespaced, nameRule = nameIsDNSSubdomain, warningsOnCreate, unknownField, unbuilt } = kind
  const { validateCreate = noErrors, subresources = {}, metadata = 'First' } = kind
  return {
    type,
    defaults: kind.defaults ?? same,
    prepareForCreate: kind.prepareForCreate ?? same,
    validateCreate: (object, context) => {
      if (metadata === 'Own') return validateCreate(object, context)
      if (metadata === 'First') {
        const errors = validateCoreObjectMeta(object.metadata, namespaced, nameRule)
        const own = validateCreate(object, context)
        return errors.length === 0 ? own : [...errors, ...own]
      }
      const errors = validateCreate(object, context)
      return errors.length > 0 ? errors : validateObjectMeta(object.metadata, namespaced, nameIsPathSegment)
    },
    ...(warningsOnCreate === undefined ? {} : { warningsOnCreate }),
    ...updateStrategy(namespaced, kind),
    allowCreateOnUpdate: kind.allowCreateOnUpdate ?? false,
    allowUnconditionalUpdate: kind.allowUnconditionalUpdate ?? true,
    subresources: Object.fromEntries(
      Object.entries(subresources).map(([name, definition]) => [name, updateStrategy(namespaced, definition)]),
    ),
    table: kind.table ?? genericTable,
    fields: kind.fields ?? {},
    ...(unknownField === undefined ? {} : { unknownField }),
    ...(unbuilt === undefined ? {} : { unbuilt }),
    ...(kind.onDisk === undefined ? {} : { onDisk: kind.onDisk }),
    deletion: { defaultPropagation: 'Background', returnsObject: false, ...kind.deletion },
  }
}

/** Whether a part of the object differs in meaning; shared parts are not looked into. */
export const changed = (a: unknown, b: unknown): boolean => !equal(a, b)

/** Forgets the kind of a strategy, for the list of all kinds: the registry hands each only objects of its own type. */
export const anyKind = <T extends KubeObject>(strategy: Strategy<T>): Strategy => strategy as unknown as Strategy
