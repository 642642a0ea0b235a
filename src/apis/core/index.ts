import { anyKind } from '../generic/index.ts'
import type { Strategy } from '../strategy.ts'
import { bindingStrategy } from './binding/strategy.ts'
import { configMapStrategy } from './configmap/strategy.ts'
import { eventStrategy } from './event/strategy.ts'
import { limitRangeStrategy } from './limitrange/strategy.ts'
import { namespaceStrategy } from './namespace/strategy.ts'
import { nodeStrategy } from './node/strategy.ts'
import { persistentVolumeClaimStrategy } from './persistentvolumeclaim/strategy.ts'
import { podStrategy } from './pod/strategy.ts'
import { podTemplateStrategy } from './podtemplate/strategy.ts'
import { resourceQuotaStrategy } from './resourcequota/strategy.ts'
import { secretStrategy } from './secret/strategy.ts'
import { serviceStrategy } from './service/strategy.ts'
import { serviceAccountStrategy } from './serviceaccount/strategy.ts'

export { validateBinding } from './binding/validation.ts'
export { referenceLabels } from './event/strategy.ts'
export { eventCells, eventColumns } from './event/table.ts'
export { validateStrictEvent, validateStrictEventUpdate } from './event/validation.ts'
export { type ContainerFailure, newestFailure } from './pod/container-failure.ts'
export { type QosClass, qosClassOf } from './pod/qos.ts'
export { specDifference } from './pod/spec-diff.ts'
export { containerShouldRestart } from './pod/status-validation.ts'
export { podStatusText } from './pod/table.ts'
export { defaultPodSpec } from './podspec/defaults.ts'
export { disabledFieldWarnings, dropDisabledPodFields, dropDisabledTemplateFields } from './podspec/disabled-fields.ts'
export { type ImageName, parseImageName } from './podspec/image-name.ts'
export { internalForm } from './podspec/internal-form.ts'
export { type PodValidationOptions, podTemplateValidationOptions, podValidationOptions } from './podspec/options.ts'
export { aggregateContainerLimits, aggregateContainerRequests } from './podspec/pod-resources.ts'
export { validatePodSpec } from './podspec/podspec.ts'
export { type PodReferences, podReferences } from './podspec/references.ts'
export { defaultPodTemplateSpec, validatePodTemplateSpec } from './podspec/template.ts'
export { toleratesTaint } from './podspec/toleration.ts'
export { visitContainers } from './podspec/visit.ts'
export { podTemplateWarnings } from './podspec/warnings.ts'
export { byteCount, quantityOf } from './resources/quantities.ts'
export type * from './types.gen.ts'

/** The kinds of this group, each with its rules. */
export const coreStrategies: readonly Strategy[] = [
  anyKind(bindingStrategy),
  anyKind(configMapStrategy),
  anyKind(eventStrategy),
  anyKind(limitRangeStrategy),
  anyKind(namespaceStrategy),
  anyKind(nodeStrategy),
  anyKind(persistentVolumeClaimStrategy),
  anyKind(podStrategy),
  anyKind(podTemplateStrategy),
  anyKind(resourceQuotaStrategy),
  anyKind(secretStrategy),
  anyKind(serviceStrategy),
  anyKind(serviceAccountStrategy),
]
