/** Amounts in lists of resources: parsed once, compared exactly. */
import {
  compareQuantities,
  type FieldError,
  formatQuantity,
  invalid,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
  quantityValue,
} from '../../../apimachinery/index.ts'
import { isNegativeText } from '../../meta/index.ts'
import { isIntegerResourceName } from './names.ts'

export type ResourceList = Readonly<Record<string, string | number>>

const zero: Quantity = { value: 0n, scale: 0, format: 'DecimalSI' }
const seen = new Map<string | number, Quantity>()
const mostSeen = 1000

/** The amount of a stored text. Decoding has refused texts that are no amounts, so those count as zero here. */
export function quantityOf(text: string | number | undefined): Quantity {
  if (text === undefined) return zero
  const known = seen.get(text)
  if (known !== undefined) return known
  const parsed = parseQuantity(String(text))
  const quantity = parsed.ok ? parsed.value : zero
  if (seen.size >= mostSeen) seen.clear()
  seen.set(text, quantity)
  return quantity
}

/** How many bytes a stored text stands for, rounded up; none for one that is absent. */
export const byteCount = (text: string | number | undefined): number => Number(quantityValue(quantityOf(text)))

export const isNegative = (quantity: Quantity): boolean => quantity.value < 0n
export const isFractional = (quantity: Quantity): boolean => quantityMilliValue(quantity) % 1000n !== 0n
/** How an amount stands in texts. */
export const shownQuantity = (text: string | number | undefined): string => formatQuantity(quantityOf(text))
export const compareAmounts = (a: string | number | undefined, b: string | number | undefined): number =>
  compareQuantities(quantityOf(a), quantityOf(b))

/** Not negative, and whole where the resource is counted. */
export function validateResourceQuantity(
  name: string,
  text: string | number,
  path: string,
  errors: FieldError[],
): void {
  const quantity = quantityOf(text)
  if (isNegative(quantity)) errors.push(invalid(path, formatQuantity(quantity), isNegativeText))
  if (isIntegerResourceName(name) && isFractional(quantity)) {
    errors.push(invalid(path, formatQuantity(quantity), 'must be an integer'))
  }
}
