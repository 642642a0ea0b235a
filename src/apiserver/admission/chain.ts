import type { KubeObject, Status } from '../../apimachinery/index.ts'
import { ok, type Result } from '../../base/index.ts'
import type { AdmissionPlugin, Attributes } from './plugin.ts'

/** The plugins that are on, as one. */
export type Admission = {
  readonly admit: (attributes: Attributes) => Result<KubeObject | undefined, Status>
  /** A promise only when a plugin has to wait. */
  readonly validate: (attributes: Attributes) => Result<undefined, Status> | Promise<Result<undefined, Status>>
}

/** Puts plugins into a chain, in order, without those that are disabled by name. The first refusal ends it. */
export function admissionChain(plugins: readonly AdmissionPlugin[], disabled: readonly string[]): Admission {
  const enabled = plugins.filter(({ name }) => !disabled.includes(name))
  const mutating = enabled.flatMap(({ admit }) => (admit === undefined ? [] : [admit]))
  const validating = enabled.flatMap(({ validate }) => (validate === undefined ? [] : [validate]))
  return {
    admit(attributes) {
      let current = attributes
      for (const admit of mutating) {
        const admitted = admit(current)
        if (!admitted.ok) return admitted
        if (admitted.value !== current.object) current = { ...current, object: admitted.value }
      }
      return ok(current.object)
    },
    validate: (attributes) => validateFrom(validating, 0, attributes),
  }
}

type Validate = NonNullable<AdmissionPlugin['validate']>

function validateFrom(
  plugins: readonly Validate[],
  first: number,
  attributes: Attributes,
): Result<undefined, Status> | Promise<Result<undefined, Status>> {
  for (let i = first; i < plugins.length; i++) {
    const answer = (plugins[i] as Validate)(attributes)
    if (answer instanceof Promise) {
      return answer.then((valid) => (valid.ok ? validateFrom(plugins, i + 1, attributes) : valid))
    }
    if (!answer.ok) return answer
  }
  return ok(undefined)
}
