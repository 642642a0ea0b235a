/**
 * PodTemplates.
 *
 * @source kubernetes v1.36 pkg/registry/core/podtemplate/strategy.go
 */
import { buildStrategy, changed, countGeneration, firstGeneration } from '../../generic/index.ts'
import { validateCoreObjectMetaUpdate } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { column, labelsText, nameColumn, tableOf } from '../../table/index.ts'
import { dropDisabledTemplateFields } from '../podspec/disabled-fields.ts'
import { podTemplateValidationOptions } from '../podspec/options.ts'
import { defaultPodTemplateSpec, validatePodTemplateSpec } from '../podspec/template.ts'
import { podTemplateWarnings } from '../podspec/warnings.ts'
import type { PodTemplate } from '../types.gen.ts'

const withTemplate = (
  object: PodTemplate,
  change: (template: PodTemplate['template']) => PodTemplate['template'],
): PodTemplate => {
  const template = change(object.template ?? { metadata: {}, spec: { containers: [] } })
  return template === object.template ? object : { ...object, template }
}

export const podTemplateStrategy: Strategy<PodTemplate> = buildStrategy<PodTemplate>({
  type: 'core.v1.PodTemplate',
  namespaced: true,
  defaults: (object) => withTemplate(object, defaultPodTemplateSpec),
  prepareForCreate: (object) => firstGeneration(withTemplate(object, dropDisabledTemplateFields)),
  validateCreate: ({ template }) => validatePodTemplateSpec(template, 'template'),
  warningsOnCreate: ({ template }) => podTemplateWarnings(template, 'template'),
  prepareForUpdate: (object, old) => {
    const kept = withTemplate(object, dropDisabledTemplateFields)
    return countGeneration(kept, old, changed(kept.template, old.template))
  },
  validateUpdate: (object, old) => [
    ...validateCoreObjectMetaUpdate(object.metadata, old.metadata),
    ...validatePodTemplateSpec(object.template, 'template', podTemplateValidationOptions(old.template)),
  ],
  warningsOnUpdate: (object, old) =>
    object.metadata.generation === old.metadata.generation ? [] : podTemplateWarnings(object.template, 'template'),
  table: tableOf(
    [
      nameColumn,
      column('Containers', 'string', 'The names of the containers.'),
      column('Images', 'string', 'What the containers are made from.'),
      column('Pod Labels', 'string', 'The labels of pods made from the template.'),
    ],
    ({ metadata, template }) => [
      metadata.name ?? '',
      (template.spec.containers ?? []).map(({ name }) => name).join(','),
      (template.spec.containers ?? []).map(({ image = '' }) => image).join(','),
      labelsText(template.metadata?.labels),
    ],
  ),
  deletion: { returnsObject: true },
})
