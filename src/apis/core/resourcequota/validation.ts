/**
 * What holds for quotas.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidateResourceQuotaSpec and its callers
 */
import { type FieldError, invalid, required } from '../../../apimachinery/index.ts'
import { dictionary } from '../../../base/index.ts'
import { immutableText, validateCoreObjectMetaUpdate } from '../../meta/index.ts'
import { isStandardQuotaResourceName, validateResourceName } from '../resources/names.ts'
import { type ResourceList, validateResourceQuantity } from '../resources/quantities.ts'
import type {
  ResourceQuota,
  ResourceQuotaSpec,
  ResourceQuotaStatus,
  ScopedResourceSelectorRequirement,
} from '../types.gen.ts'

const podCompute: ReadonlySet<string> = new Set([
  'pods',
  ...['', 'limits.', 'requests.'].flatMap((side) => [`${side}cpu`, `${side}memory`]),
])
const claimResources: ReadonlySet<string> = new Set(['persistentvolumeclaims', 'requests.storage'])
/** Which resources a scope can narrow down. */
const scopeResources = dictionary<ReadonlySet<string>>({
  Terminating: podCompute,
  NotTerminating: podCompute,
  NotBestEffort: podCompute,
  PriorityClass: podCompute,
  CrossNamespacePodAffinity: podCompute,
  BestEffort: new Set(['pods']),
  VolumeAttributesClass: claimResources,
})
const existsOnly: ReadonlySet<string> = new Set([
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
])

function validateList(list: ResourceList | undefined, path: string, errors: FieldError[]): void {
  for (const [name, amount] of Object.entries(list ?? {})) {
    const at = `${path}[${name}]`
    validateResourceName(name, at, errors)
    if (!name.includes('/') && !isStandardQuotaResourceName(name)) {
      errors.push(invalid(at, name, 'must be a standard resource for quota'))
    }
    validateResourceQuantity(name, amount, at, errors)
  }
}

/** Resources of the quota that a scope does not fit. */
const misfits = (scope: string, { hard = {} }: ResourceQuotaSpec): readonly string[] =>
  Object.keys(hard).filter((name) => isStandardQuotaResourceName(name) && scopeResources[scope]?.has(name) === false)

const conflicts = (scopes: ReadonlySet<string>): number =>
  Number(scopes.has('BestEffort') && scopes.has('NotBestEffort')) +
  Number(scopes.has('Terminating') && scopes.has('NotTerminating'))

function validateScopes(spec: ResourceQuotaSpec, errors: FieldError[]): void {
  const { scopes = [] } = spec
  const path = 'spec.scopes'
  for (const scope of scopes) {
    if (scopeResources[scope] === undefined) errors.push(invalid(path, scopes, 'unsupported scope'))
    for (const _ of misfits(scope, spec)) errors.push(invalid(path, scopes, 'unsupported scope applied to resource'))
  }
  for (let i = conflicts(new Set(scopes)); i > 0; i--) errors.push(invalid(path, scopes, 'conflicting scopes'))
}

function validateSelector(spec: ResourceQuotaSpec, errors: FieldError[]): void {
  const path = 'spec.scopeSelector.matchExpressions'
  const expressions = spec.scopeSelector?.matchExpressions ?? []
  const dump = {
    MatchExpressions: expressions.map(({ scopeName, operator, values }) => ({
      ScopeName: scopeName,
      Operator: operator,
      Values: values ?? null,
    })),
  }
  for (const expression of expressions) {
    const { scopeName = '' } = expression
    if (scopeResources[scopeName] === undefined) {
      errors.push(invalid(`${path}.scopeName`, scopeName, 'unsupported scope'))
    }
    for (const _ of misfits(scopeName, spec)) errors.push(invalid(path, dump, 'unsupported scope applied to resource'))
    validateExpression(expression, path, errors)
  }
  const scopes = new Set(expressions.map(({ scopeName }) => scopeName))
  for (let i = conflicts(scopes); i > 0; i--) errors.push(invalid(path, spec.scopes, 'conflicting scopes'))
}

function validateExpression(
  { scopeName, operator = '', values = [] }: ScopedResourceSelectorRequirement,
  path: string,
  errors: FieldError[],
): void {
  if (existsOnly.has(scopeName) && operator !== 'Exists') {
    const text =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
    errors.push(invalid(`${path}.operator`, operator, text))
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length > 0) return
    const text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
    errors.push(required(`${path}.values`, text))
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length === 0) return
    const text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
    errors.push(invalid(`${path}.values`, values, text))
  } else errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'))
}

function validateSpec(spec: ResourceQuotaSpec, errors: FieldError[]): void {
  validateList(spec?.hard, 'spec.hard', errors)
  validateScopes(spec ?? {}, errors)
  if (spec?.scopeSelector !== undefined) validateSelector(spec, errors)
}

function validateStatus(status: ResourceQuotaStatus | undefined, errors: FieldError[]): void {
  validateList(status?.hard, 'status.hard', errors)
  validateList(status?.used, 'status.used', errors)
}

export function validateQuota(quota: ResourceQuota): readonly FieldError[] {
  const errors: FieldError[] = []
  validateSpec(quota.spec, errors)
  validateStatus(quota.status, errors)
  return errors
}

export function validateQuotaUpdate(quota: ResourceQuota, old: ResourceQuota): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(quota.metadata, old.metadata)]
  validateSpec(quota.spec, errors)
  const scopes = new Set(quota.spec?.scopes)
  if (scopes.symmetricDifference(new Set(old.spec?.scopes)).size > 0) {
    errors.push(invalid('spec.scopes', quota.spec?.scopes, immutableText))
  }
  return errors
}

export function validateQuotaStatusUpdate(quota: ResourceQuota, old: ResourceQuota): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(quota.metadata, old.metadata)]
  if (!quota.metadata.resourceVersion) errors.push(required('resourceVersion'))
  validateStatus(quota.status, errors)
  return errors
}
