import { fail, ok } from '../../base/index.ts'
import type { AdmissionPlugin } from './plugin.ts'
import { podOf } from './pods.ts'
import { refused } from './refusal.ts'

/**
 * RuntimeClasses are not served, so no Pod can name one that is there.
 *
 * @source kubernetes v1.36 plugin/pkg/admission/runtimeclass/admission.go, prepareObjects
 */
export const runtimeClass = (): AdmissionPlugin => ({
  name: 'RuntimeClass',
  admit(attributes) {
    const name = attributes.operation === 'CREATE' ? podOf(attributes)?.spec.runtimeClassName : undefined
    if (!name) return ok(attributes.object)
    return fail(refused(attributes, `pod rejected: RuntimeClass "${name}" not found`))
  },
})
