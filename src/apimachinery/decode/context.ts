/** What one decoding run has found so far, and where it is. */
import { quoted } from '../field/errors.ts'
import type { ExactJson } from './json.ts'

/** Upstream stops counting here. */
const mostStrictErrors = 100

export type Context = {
  readonly members: ExactJson['members'] | undefined
  readonly exact: boolean
  readonly tellStrict: boolean
  /** The way to the current value: field names, indexes for items and keys of maps. */
  readonly path: (string | number)[]
  /** The same way as Go tells it in type errors; `''` for items and keys. */
  readonly goPath: string[]
  readonly strict: string[]
  /** The first value of a wrong type; decoding went on behind it. */
  failed: string | undefined
  /** The first value that its own type refused; it wins over `failed`, for upstream stops there. */
  aborted: string | undefined
}

export function newContext(exact: ExactJson | undefined, tellStrict: boolean): Context {
  return {
    members: exact?.members.size ? exact.members : undefined,
    exact: exact !== undefined,
    tellStrict,
    path: [],
    goPath: [],
    strict: [],
    failed: undefined,
    aborted: undefined,
  }
}

export function strictPath(path: readonly (string | number)[], name: string): string {
  let text = ''
  for (const segment of [...path, name]) {
    if (typeof segment === 'number') text += `[${segment}]`
    else text += text === '' ? segment : `.${segment}`
  }
  return text
}

export function tellStrict(context: Context, what: 'unknown field' | 'duplicate field', name: string): void {
  if (!context.tellStrict || context.strict.length >= mostStrictErrors) return
  context.strict.push(`${what} ${quoted(strictPath(context.path, name))}`)
}

/** Who owns the value at hand: the Go name of its struct and of its field. */
export type Owner = { readonly struct: string; readonly field: string }

const goText = (context: Context, owner: Owner | undefined, found: string, wanted: string): string => {
  const place = [...context.goPath, owner?.field ?? ''].filter((name) => name !== '').join('.')
  const into = owner === undefined ? 'value' : `struct field ${owner.struct}.${place}`
  return `json: cannot unmarshal ${found} into Go ${into} of type ${wanted}`
}

/** A value of a wrong type: the first one is told, decoding goes on. */
export function mistyped(context: Context, owner: Owner | undefined, found: string, wanted: string): undefined {
  if (context.failed === undefined && context.aborted === undefined)
    context.failed = goText(context, owner, found, wanted)
  return undefined
}

/** As `mistyped`, where upstream stops at once. */
export function abortMistyped(context: Context, owner: Owner, found: string, wanted: string): undefined {
  return abort(context, goText(context, owner, found, wanted))
}

export function abort(context: Context, message: string): undefined {
  context.aborted ??= message
  return undefined
}
