/**
 * What holds for nodes.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidateNode, ValidateNodeUpdate
 */
import { duplicate, type FieldError, forbiddenField, invalid, required } from '../../../apimachinery/index.ts'
import {
  byteLength,
  cidrFamily,
  isLabelKey,
  isLabelValue,
  validateCIDR,
  validateCoreObjectMetaUpdate,
} from '../../meta/index.ts'
import { addInvalid } from '../podspec/formats.ts'
import { validateTaintEffect } from '../podspec/scheduling.ts'
import { validateResourceQuantity } from '../resources/quantities.ts'
import type { Node, Taint } from '../types.gen.ts'

/** Everything but metadata. */
export function validateNode({ spec, status }: Node): readonly FieldError[] {
  const errors: FieldError[] = []
  validateTaints(spec?.taints ?? [], errors)
  validateAmounts(status, errors)
  const swap = status?.nodeInfo?.swap?.capacity
  if (swap !== undefined && swap <= 0) {
    errors.push(invalid('metadata.nodeSwapStatus.capacity', swap, 'must be greater than zero'))
  }
  validateFeatures(status?.declaredFeatures ?? [], errors)
  const ranges = spec?.podCIDRs ?? []
  ranges.forEach((range, index) => {
    errors.push(...validateCIDR(range, `spec.podCIDRs[${index}]`))
  })
  if (ranges.length > 1) {
    const unusable = ranges.findIndex((range) => cidrFamily(range) === undefined)
    if (unusable >= 0) {
      const what = `invalid CIDR[${unusable}]: <nil> (invalid CIDR address: ${ranges[unusable]})`
      const text = `invalid PodCIDRs. failed to check with dual stack with error:${what}`
      errors.push({ kind: 'InternalError', field: 'spec.podCIDRs', body: `Internal error: ${text}` })
    }
    const families = new Set(ranges.map(cidrFamily))
    if (unusable >= 0 || families.size < 2 || ranges.length > 2) {
      errors.push(invalid('spec.podCIDRs', ranges, 'may specify no more than one CIDR for each IP family'))
    }
  }
  return errors
}

function validateTaints(taints: readonly Taint[], errors: FieldError[]): void {
  const seen = new Set<string>()
  taints.forEach((taint, index) => {
    const at = `metadata.taints[${index}]`
    const { key = '', value = '', effect = '' } = taint
    addInvalid(errors, `${at}.key`, key, isLabelKey(key))
    const texts = isLabelValue(value)
    if (texts.length > 0) errors.push(invalid(`${at}.value`, value, texts.join(';')))
    if (effect === '') errors.push(required(`${at}.effect`))
    else validateTaintEffect(effect, `${at}.effect`, errors)
    const pair = `${effect}/${key}`
    if (seen.has(pair)) {
      const dump = { Key: key, Value: value, Effect: effect, TimeAdded: taint.timeAdded ?? null }
      const twice = duplicate(at, dump)
      errors.push({ ...twice, body: `${twice.body}: taints must be unique by key and effect pair` })
    }
    seen.add(pair)
  })
}

function validateAmounts(status: Node['status'] | undefined, errors: FieldError[]): void {
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, amount] of Object.entries(status?.[list] ?? {})) {
      validateResourceQuantity(name, amount, name === '' ? `status.${list}[]` : `status.${list}.${name}`, errors)
    }
  }
}

const featureName = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/

function validateFeatures(features: readonly string[], errors: FieldError[]): void {
  const path = 'status.declaredFeatures'
  features.forEach((name, index) => {
    const quoted = JSON.stringify(name)
    if (byteLength(name) > 253) {
      const text = `invalid feature name ${quoted}: must be no more than 253 characters`
      errors.push(invalid(`${path}[${index}]`, name, text))
    } else if (!featureName.test(name)) {
      const rule =
        "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"
      errors.push(invalid(`${path}[${index}]`, name, `invalid feature name ${quoted}: ${rule}`))
    }
    const next = features[index + 1]
    if (next === undefined) return
    if (name === next) errors.push(duplicate(`${path}[${index + 1}]`, next))
    else if (name > next) errors.push(invalid(`${path}[${index + 1}]`, next, 'list must be sorted alphabetically'))
  })
}

/** What holds for both endpoints when a node changes. */
export function validateNodeUpdate(node: Node, old: Node): readonly FieldError[] {
  const errors: FieldError[] = [...validateCoreObjectMetaUpdate(node.metadata, old.metadata)]
  const { spec, status } = node
  validateAmounts(status, errors)
  validateFeatures(status?.declaredFeatures ?? [], errors)
  const addresses = new Set<string>()
  status?.addresses?.forEach(({ type, address }, index) => {
    const key = `${type} ${address}`
    if (addresses.has(key)) errors.push(duplicate(`status.addresses[${index}]`, { Type: type, Address: address }))
    addresses.add(key)
  })
  validateFixedSpec(spec, old.spec, errors)
  validateTaints(spec?.taints ?? [], errors)
  if ((spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) {
    errors.push(forbiddenField('spec.externalID', 'may not be updated'))
  }
  return errors
}

/** Ranges of addresses and the provider's id can be set once. */
function validateFixedSpec(spec: Node['spec'], old: Node['spec'], errors: FieldError[]): void {
  const before = old?.podCIDRs ?? []
  const ranges = spec?.podCIDRs ?? []
  const text = 'node updates may not change podCIDR except from "" to valid'
  if (before.length > 0) {
    if (before.length !== ranges.length) errors.push(forbiddenField('spec.podCIDRs', text))
    else {
      before.forEach((range, index) => {
        if (range !== ranges[index]) errors.push(forbiddenField('spec.podCIDRs', text))
      })
    }
  }
  if (old?.providerID && old.providerID !== spec?.providerID) {
    const rule = 'node updates may not change providerID except from "" to valid'
    errors.push(forbiddenField('spec.providerID', rule))
  }
}
