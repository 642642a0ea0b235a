/** One sentence for types and fields, as `kubectl explain` shows them. */
import { schema, type TypeName } from '../../apimachinery/index.ts'
import { batchDescriptions } from './descriptions-batch.ts'
import { containerDescriptions } from './descriptions-container.ts'
import { podDescriptions } from './descriptions-pod.ts'
import type { TypeDescriptions } from './type-descriptions.ts'

const descriptions: Readonly<Record<TypeName, TypeDescriptions | undefined>> = {
  ...batchDescriptions,
  ...podDescriptions,
  ...containerDescriptions,
}

/** Fields that mean the same in every whole object and every list. */
const common: TypeDescriptions = {
  apiVersion: 'The group and version in which this object is written, e.g. batch/v1.',
  kind: 'What this object is, e.g. Job.',
  metadata: 'Name, namespace, labels and everything else that all objects have.',
  spec: 'What is wanted.',
  status: 'What is. Written by the system, not by users.',
  items: 'The objects of the list.',
}

/** The sentence for a type, or for one of its fields; undefined where there is none. */
export function descriptionOf(type: TypeName, field = ''): string | undefined {
  // Ephemeral containers are described as containers are, but for what differs.
  const known =
    descriptions[type]?.[field] ??
    (type === 'core.v1.EphemeralContainer' ? descriptions['core.v1.Container']?.[field] : undefined)
  if (known !== undefined || field === '') return known
  return schema.types[type]?.fields['metadata'] === undefined ? undefined : common[field]
}
