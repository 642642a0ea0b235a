/**
 * How upstream shows values of its internal types inside errors: Go's field names, every field, `null` for nothing.
 */
import { internalForm, type PodSpec, type PodTemplateSpec } from '../core/index.ts'
import type { PodFailurePolicy, SuccessPolicy } from './types.gen.ts'

/** As it stands in an error of `spec.successPolicy`. */
export const internalSuccessPolicy = (policy: SuccessPolicy | undefined): unknown =>
  policy && {
    Rules: listOrNull(policy.rules, ({ succeededIndexes = null, succeededCount = null }) => ({
      SucceededIndexes: succeededIndexes,
      SucceededCount: succeededCount,
    })),
  }

/** As it stands in an error of `spec.podFailurePolicy`. */
export const internalPodFailurePolicy = (policy: PodFailurePolicy | undefined): unknown =>
  policy && {
    Rules: listOrNull(policy.rules, ({ action, onExitCodes, onPodConditions }) => ({
      Action: action ?? '',
      OnExitCodes: onExitCodes
        ? {
            ContainerName: onExitCodes.containerName ?? null,
            Operator: onExitCodes.operator ?? '',
            Values: onExitCodes.values ?? null,
          }
        : null,
      OnPodConditions: listOrNull(onPodConditions, ({ type = '', status = '' }) => ({ Type: type, Status: status })),
    })),
  }

const listOrNull = <T>(list: readonly T[] | undefined, shown: (item: T) => unknown): unknown => list?.map(shown) ?? null

/** As it stands in an error of `spec.template`. */
export const internalPodTemplate = (template: PodTemplateSpec): unknown => internalForm('PodTemplateSpec', template)

/** As it stands in an error of `spec.template.spec`. */
export const internalPodSpec = (spec: PodSpec): unknown => internalForm('PodSpec', spec)
