import type { PodTemplateSpec } from '../types.gen.ts'

/**
 * What is accepted in a template but does not do what it says; `path` is the template's own.
 *
 * @source kubernetes v1.36 pkg/api/pod/warnings.go, GetWarningsForPodTemplate
 */
export function podTemplateWarnings(_template: PodTemplateSpec, _path: string): readonly string[] {
  return []
}
