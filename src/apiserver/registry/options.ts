/**
 * The options of writes, checked.
 *
 * @source kubernetes v1.36 apimachinery/pkg/apis/meta/v1/validation (facts: order, texts)
 */
import {
  type DeleteOptions,
  type FieldError,
  forbiddenField,
  invalid,
  invalidFields,
  notSupported,
  required,
  type Status,
  tooLong,
} from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { RequestContext } from './api.ts'

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export type WriteSettings = {
  /** The name under which the written fields are owned. */
  readonly manager: string
  readonly dryRun: boolean
  readonly validation: FieldValidation
}

const longestManager = 128
const validations: readonly string[] = ['', 'Ignore', 'Strict', 'Warn']
/** What Go prints as it is: letters, marks, numbers, punctuation, symbols and the ASCII blank. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

export const optionsInvalid = (kind: string, errors: readonly FieldError[]): Status =>
  invalidFields({ group: 'meta.k8s.io', kind }, '', errors)

function managerErrors(manager: string): readonly FieldError[] {
  if (manager.length <= longestManager && /^[ -~]*$/.test(manager)) return []
  if (new TextEncoder().encode(manager).length > longestManager) return [tooLong('fieldManager', longestManager)]
  let at = 0
  for (const char of manager) {
    if (!printable.test(char)) {
      const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
      return [invalid('fieldManager', manager, `invalid character U+${code} (at position ${at})`)]
    }
    at += new TextEncoder().encode(char).length
  }
  return []
}

export const dryRunErrors = (dryRun: readonly string[] | undefined): readonly FieldError[] =>
  dryRun === undefined || dryRun.every((value) => value === 'All') ? [] : [notSupported('dryRun', dryRun, ['All'])]

/** The settings of a create or update, or 422 about its options. */
export function writeSettings(
  kind: 'CreateOptions' | 'UpdateOptions',
  context: RequestContext,
): Result<WriteSettings, Status> {
  return settings(kind, context, [])
}

/** The settings of a patch; apply patches must name their manager, and only they may force. */
export function patchSettings(context: RequestContext, isApply: boolean): Result<WriteSettings, Status> {
  const errors: FieldError[] = []
  if (!isApply && context.force !== undefined) {
    errors.push(forbiddenField('force', 'may not be specified for non-apply patch'))
  }
  if (isApply && !context.fieldManager) errors.push(required('fieldManager', 'is required for apply patch'))
  return settings('PatchOptions', context, errors)
}

function settings(kind: string, context: RequestContext, before: readonly FieldError[]): Result<WriteSettings, Status> {
  const { fieldManager = '', fieldValidation = '', dryRun, userAgent } = context
  if (before.length === 0 && fieldManager === '' && fieldValidation === '' && dryRun === undefined) {
    return ok({ manager: managerFromUserAgent(userAgent), dryRun: false, validation: 'Warn' })
  }
  const errors = [...before, ...managerErrors(fieldManager), ...dryRunErrors(dryRun)]
  if (!validations.includes(fieldValidation)) errors.push(notSupported('fieldValidation', fieldValidation, validations))
  if (errors.length > 0) return fail(optionsInvalid(kind, errors))
  return ok({
    manager: fieldManager || managerFromUserAgent(userAgent),
    dryRun: (dryRun?.length ?? 0) > 0,
    validation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation),
  })
}

let lastAgent = ''
let lastManager = 'unknown'

/** @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/rest.go, managerOrUserAgent */
export function managerFromUserAgent(userAgent: string): string {
  if (userAgent === lastAgent) return lastManager
  lastManager = managerOf(userAgent)
  lastAgent = userAgent
  return lastManager
}

function managerOf(userAgent: string): string {
  let manager = ''
  for (const char of userAgent.split('/', 1)[0] ?? '') {
    if (!printable.test(char)) continue
    if (manager.length + char.length > longestManager) break
    manager += char
  }
  return manager || 'unknown'
}

const policies: readonly string[] = ['Foreground', 'Background', 'Orphan']

/** The options of a delete as they are meant, or 422. A negative grace period means one second. */
export function deleteSettings(options: DeleteOptions): Result<DeleteOptions, Status> {
  const { orphanDependents, propagationPolicy, dryRun } = options
  const errors: FieldError[] = []
  if (orphanDependents !== undefined && propagationPolicy !== undefined) {
    const text = 'orphanDependents and deletionPropagation cannot be both set'
    errors.push(invalid('propagationPolicy', propagationPolicy, text))
  }
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy)) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']))
  }
  errors.push(...dryRunErrors(dryRun))
  if (errors.length > 0) return fail(optionsInvalid('DeleteOptions', errors))
  return ok((options.gracePeriodSeconds ?? 0) < 0 ? { ...options, gracePeriodSeconds: 1 } : options)
}

export const isDryRun = (dryRun: readonly string[] | undefined): boolean => (dryRun?.length ?? 0) > 0
