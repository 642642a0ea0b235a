import { forbidden, type Status, type StatusCause } from '../../apimachinery/index.ts'
import type { Attributes } from './plugin.ts'

/**
 * A refusal by a plugin. An object whose name is still to be generated is told by its prefix.
 *
 * @source kubernetes v1.36 apiserver/pkg/admission/errors.go, NewForbidden
 */
export function refused(attributes: Attributes, why: string, causes?: readonly StatusCause[]): Status {
  const { kind, name, object } = attributes
  const shown = name || object?.metadata.name || object?.metadata.generateName || 'Unknown!'
  return forbidden({ resource: kind.resource, group: kind.group, name: shown }, why, causes)
}
