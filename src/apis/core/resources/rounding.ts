/**
 * How fine amounts of resources are.
 *
 * @source kubernetes v1.36 pkg/apis/core/v1/defaults.go, SetDefaults_ResourceList
 */
import { formatQuantity, roundUpQuantity } from '../../../apimachinery/index.ts'
import { quantityOf, type ResourceList } from './quantities.ts'

type Requirements = { readonly requests?: ResourceList | undefined; readonly limits?: ResourceList | undefined }

/** Amounts of resources are kept in thousandths; what is finer is rounded up. */
export function roundedList(list: ResourceList | undefined): ResourceList | undefined {
  if (list === undefined) return undefined
  let copy: Record<string, string | number> | undefined
  for (const name of Object.keys(list)) {
    const text = list[name] as string | number
    const quantity = quantityOf(text)
    if (quantity.scale >= -3) continue
    copy ??= { ...list }
    copy[name] = formatQuantity(roundUpQuantity(quantity, -3))
  }
  return copy ?? list
}

/** The same for requests and limits. */
export function roundedRequirements<R extends Requirements>(requirements: R): R {
  const limits = roundedList(requirements.limits)
  const requests = roundedList(requirements.requests)
  if (limits === requirements.limits && requests === requirements.requests) return requirements
  return {
    ...requirements,
    ...(limits === undefined ? {} : { limits }),
    ...(requests === undefined ? {} : { requests }),
  }
}
