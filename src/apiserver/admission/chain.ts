import { ok } from '../../base/index.ts'
import type { AdmissionPlugin, Admitted, Attributes, Validated } from './plugin.ts'

/** The plugins that are on, as one. Both halves answer a promise only when a plugin has to wait. */
export type Admission = {
  readonly admit: (attributes: Attributes) => Admitted | Promise<Admitted>
  readonly validate: (attributes: Attributes) => Validated | Promise<Validated>
}

type Admit = NonNullable<AdmissionPlugin['admit']>
type Validate = NonNullable<AdmissionPlugin['validate']>

/** Puts plugins into a chain, in order, without those that are disabled by name. The first refusal ends it. */
export function admissionChain(plugins: readonly AdmissionPlugin[], disabled: readonly string[]): Admission {
  const enabled = plugins.filter(({ name }) => !disabled.includes(name))
  const mutating = enabled.flatMap(({ admit }) => (admit === undefined ? [] : [admit]))
  const validating = enabled.flatMap(({ validate }) => (validate === undefined ? [] : [validate]))
  return {
    admit: (attributes) => admitFrom(mutating, 0, attributes),
    validate: (attributes) => validateFrom(validating, 0, attributes),
  }
}

function admitFrom(plugins: readonly Admit[], first: number, attributes: Attributes): Admitted | Promise<Admitted> {
  let current = attributes
  for (let i = first; i < plugins.length; i++) {
    const answer = (plugins[i] as Admit)(current)
    if (answer instanceof Promise) {
      return answer.then((admitted) =>
        admitted.ok ? admitFrom(plugins, i + 1, { ...current, object: admitted.value }) : admitted,
      )
    }
    if (!answer.ok) return answer
    if (answer.value !== current.object) current = { ...current, object: answer.value }
  }
  return ok(current.object)
}

function validateFrom(
  plugins: readonly Validate[],
  first: number,
  attributes: Attributes,
): Validated | Promise<Validated> {
  for (let i = first; i < plugins.length; i++) {
    const answer = (plugins[i] as Validate)(attributes)
    if (answer instanceof Promise) {
      return answer.then((valid) => (valid.ok ? validateFrom(plugins, i + 1, attributes) : valid))
    }
    if (!answer.ok) return answer
  }
  return ok(undefined)
}
