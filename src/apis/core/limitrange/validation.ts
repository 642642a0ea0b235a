/**
 * What holds for ranges of limits.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidateLimitRange
 */
import {
  compareQuantities,
  duplicate,
  type FieldError,
  forbiddenField,
  formatQuantity,
  invalid,
  type Quantity,
  quantityMilliValue,
  required,
} from '../../../apimachinery/index.ts'
import { isLabelKey } from '../../meta/index.ts'
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from '../resources/names.ts'
import { quantityOf } from '../resources/quantities.ts'
import type { LimitRange, LimitRangeItem } from '../types.gen.ts'

type ListName = 'max' | 'min' | 'default' | 'defaultRequest' | 'maxLimitRequestRatio'
const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim']

export function validateLimits({ spec }: LimitRange): readonly FieldError[] {
  const errors: FieldError[] = []
  const types = new Set<string>()
  spec?.limits?.forEach((item, index) => {
    const at = `spec.limits[${index}]`
    validateType(item.type ?? '', `${at}.type`, errors)
    if (types.has(item.type)) errors.push(duplicate(`${at}.type`, item.type))
    types.add(item.type)
    validateItem(item, at, errors)
  })
  return errors
}

function validateType(type: string, field: string, errors: FieldError[]): void {
  const texts = isLabelKey(type)
  for (const text of texts) errors.push(invalid(field, type, text))
  if (texts.length === 0 && !type.includes('/') && !standardTypes.includes(type)) {
    errors.push(invalid(field, type, 'must be a standard limit type or fully qualified'))
  }
}

function validateItem(item: LimitRangeItem, at: string, errors: FieldError[]): void {
  const isPod = item.type === 'Pod'
  const check = isPod || item.type === 'Container' ? validateContainerResourceName : validateResourceName
  const names = new Set<string>()
  const visit = (list: ListName): void => {
    for (const name of Object.keys(item[list] ?? {})) {
      check(name, `${at}.${list}[${name}]`, errors)
      names.add(name)
    }
  }
  visit('max')
  visit('min')
  for (const list of ['default', 'defaultRequest'] as const) {
    if (!isPod) visit(list)
    else if (Object.keys(item[list] ?? {}).length > 0) {
      errors.push(forbiddenField(`${at}.${list}`, "may not be specified when `type` is 'Pod'"))
    }
  }
  const bounded = item.min?.['storage'] !== undefined || item.max?.['storage'] !== undefined
  if (item.type === 'PersistentVolumeClaim' && !bounded) {
    const text = 'either minimum or maximum storage value is required, but neither was provided'
    errors.push(required(`${at}.limits`, text))
  }
  visit('maxLimitRequestRatio')
  for (const name of names) validateBounds(item, name, at, errors)
}

function validateBounds(item: LimitRangeItem, name: string, at: string, errors: FieldError[]): void {
  const amount = (list: ListName): Quantity | undefined =>
    item[list]?.[name] === undefined ? undefined : quantityOf(item[list][name])
  const isPod = item.type === 'Pod'
  const min = amount('min')
  const max = amount('max')
  const limit = isPod ? undefined : amount('default')
  const request = isPod ? undefined : amount('defaultRequest')
  const over = (
    a: Quantity | undefined,
    b: Quantity | undefined,
    list: ListName,
    shown: Quantity | undefined,
    text: (a: string, b: string) => string,
  ): void => {
    if (a === undefined || b === undefined || shown === undefined || compareQuantities(a, b) <= 0) return
    const detail = text(formatQuantity(a), formatQuantity(b))
    errors.push(invalid(`${at}.${list}[${name}]`, formatQuantity(shown), detail))
  }
  over(min, max, 'min', min, (a, b) => `min value ${a} is greater than max value ${b}`)
  over(min, request, 'defaultRequest', request, (a, b) => `min value ${a} is greater than default request value ${b}`)
  over(request, max, 'defaultRequest', request, (a, b) => `default request value ${a} is greater than max value ${b}`)
  over(
    request,
    limit,
    'defaultRequest',
    request,
    (a, b) => `default request value ${a} is greater than default limit value ${b}`,
  )
  over(min, limit, 'default', min, (a, b) => `min value ${a} is greater than default value ${b}`)
  over(limit, max, 'default', max, (a, b) => `default value ${a} is greater than max value ${b}`)
  validateRatio(amount('maxLimitRequestRatio'), min, max, `${at}.maxLimitRequestRatio[${name}]`, errors)
  if (isOvercommitAllowed(name) || limit === undefined || request === undefined) return
  if (compareQuantities(limit, request) === 0) return
  const [a, b] = [formatQuantity(limit), formatQuantity(request)]
  const text = `default value ${a} must equal to defaultRequest value ${b} in ${name}`
  errors.push(invalid(`${at}.defaultRequest[${name}]`, b, text))
}

function validateRatio(
  ratio: Quantity | undefined,
  min: Quantity | undefined,
  max: Quantity | undefined,
  field: string,
  errors: FieldError[],
): void {
  if (ratio === undefined) return
  const text = formatQuantity(ratio)
  const milli = Number(quantityMilliValue(ratio))
  if (milli < 1000) errors.push(invalid(field, text, `ratio ${text} is less than 1`))
  if (min === undefined || max === undefined) return
  const most = Number(quantityMilliValue(max)) / Number(quantityMilliValue(min))
  if (milli / 1000 <= most) return
  const shown = Number.isFinite(most) ? most.toFixed(6) : '+Inf'
  errors.push(invalid(field, text, `ratio ${text} is greater than max/min = ${shown}`))
}
