import { anyKind } from '../generic/index.ts'
import type { Strategy } from '../strategy.ts'
import { podStrategy } from './pod/strategy.ts'

export { type QosClass, qosClassOf } from './pod/qos.ts'
export { containerShouldRestart } from './pod/status-validation.ts'
export { podStatusText } from './pod/table.ts'
export { defaultPodSpec } from './podspec/defaults.ts'
export { dropDisabledPodFields, dropDisabledTemplateFields } from './podspec/disabled-fields.ts'
export { type PodValidationOptions, podTemplateValidationOptions, podValidationOptions } from './podspec/options.ts'
export { validatePodSpec } from './podspec/podspec.ts'
export { defaultPodTemplateSpec, validatePodTemplateSpec } from './podspec/template.ts'
export { podTemplateWarnings } from './podspec/warnings.ts'
export type * from './types.gen.ts'

/** The kinds of this group that have rules of their own. */
export const coreStrategies: readonly Strategy[] = [anyKind(podStrategy)]
