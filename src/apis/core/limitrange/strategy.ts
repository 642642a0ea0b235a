/**
 * LimitRanges.
 *
 * @source kubernetes v1.36 pkg/registry/core/limitrange/strategy.go; pkg/apis/core/v1/defaults.go
 */
import { buildStrategy } from '../../generic/index.ts'
import { nameIsDNSSubdomain, validateCoreObjectMeta } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { mapShared } from '../podspec/share.ts'
import type { ResourceList } from '../resources/quantities.ts'
import { roundedList } from '../resources/rounding.ts'
import type { LimitRange, LimitRangeItem } from '../types.gen.ts'
import { validateLimits } from './validation.ts'

const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

function rounded(item: LimitRangeItem): LimitRangeItem {
  if (lists.every((name) => roundedList(item[name]) === item[name])) return item
  const parts = lists.flatMap((name) => (item[name] === undefined ? [] : [[name, roundedList(item[name])]]))
  return { ...item, ...Object.fromEntries(parts) }
}

/** The list with the amounts of `from` for names that it lacks; the list itself when it lacks none. */
const filledFrom = (list: ResourceList, from: ResourceList): ResourceList =>
  Object.keys(from).every((name) => list[name] !== undefined) ? list : { ...from, ...list }

/** For containers: limits from the most, requests from the limits and then from the least. */
function defaultItem(item: LimitRangeItem): LimitRangeItem {
  const exact = rounded(item)
  if (exact.type !== 'Container') return exact
  const limits = filledFrom(exact.default ?? {}, exact.max ?? {})
  const requests = filledFrom(filledFrom(exact.defaultRequest ?? {}, limits), exact.min ?? {})
  const fill = (name: 'default' | 'defaultRequest', list: ResourceList) =>
    list === exact[name] || Object.keys(list).length === 0 ? {} : { [name]: list }
  const added = { ...fill('default', limits), ...fill('defaultRequest', requests) }
  return Object.keys(added).length === 0 ? exact : { ...exact, ...added }
}

function defaultLimitRange(range: LimitRange): LimitRange {
  const limits = mapShared(range.spec?.limits, defaultItem)
  return limits === undefined || limits === range.spec?.limits ? range : { ...range, spec: { ...range.spec, limits } }
}

export const limitRangeStrategy: Strategy<LimitRange> = buildStrategy<LimitRange>({
  type: 'core.v1.LimitRange',
  namespaced: true,
  defaults: defaultLimitRange,
  validateCreate: validateLimits,
  validateUpdate: (range) => [
    ...validateCoreObjectMeta(range.metadata, true, nameIsDNSSubdomain),
    ...validateLimits(range),
  ],
  allowCreateOnUpdate: true,
})
