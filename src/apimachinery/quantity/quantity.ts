/**
 * Amounts of resources: exact decimal numbers with a suffix, such as `500m`, `1536Mi` or `12e6`.
 *
 * A quantity remembers in which family of suffixes it was written and is written again in it, in the shortest form
 * that loses nothing: `0.5` becomes `500m`, `1024Mi` becomes `1Gi`.
 *
 * @source kubernetes v1.36 apimachinery/pkg/api/resource/quantity.go, suffix.go (facts: grammar, limits, texts)
 */
import { fail, ok, type Result } from '../../base/index.ts'

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

/** The exact number `value × 10^scale`. `text` is set where the writer's own text is kept as it is. */
export type Quantity = {
  readonly value: bigint
  readonly scale: number
  readonly format: QuantityFormat
  readonly text?: string | undefined
}

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const wrongNumber = 'unable to parse numeric part of quantity'
const wrongSuffix = "unable to parse quantity's suffix"

const decimalSuffixes: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const binarySuffixes: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const suffixOfDecimal = new Map(Object.entries(decimalSuffixes).map(([text, exponent]) => [exponent, text]))
const suffixOfBinary = ['', ...Object.keys(binarySuffixes)]

const int64Max = 2n ** 63n - 1n
const nano = -9
/** Powers of ten beyond this are refused: no resource needs them, and exact arithmetic would take forever. */
const largestExponent = 1000

const shape = /^([+-]?)(0*)([0-9]*)(?:(\.)([0-9]*))?([eEinumkKMGTP]*)([-+]?[0-9]*)$/
const pow10 = (exponent: number): bigint => 10n ** BigInt(exponent)
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value)

type Suffix = { readonly base: 2 | 10; readonly exponent: number; readonly format: QuantityFormat }

function suffixOf(text: string): Suffix | undefined {
  const decimal = Object.hasOwn(decimalSuffixes, text) ? decimalSuffixes[text] : undefined
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' }
  const binary = Object.hasOwn(binarySuffixes, text) ? binarySuffixes[text] : undefined
  if (binary !== undefined) return { base: 2, exponent: binary, format: 'BinarySI' }
  if (!/^[eE][-+]?[0-9]+$/.test(text)) return undefined
  return { base: 10, exponent: Number(text.slice(1)), format: 'DecimalExponent' }
}

/** Whether the text is kept as written because it is about canonical; upstream's own test, quirks included. */
function keepsText(suffix: Suffix, scale: number, number: bigint, digits: string): boolean {
  if (suffix.format === 'BinarySI') return suffix.exponent % 10 === 0 && number % 8n !== 0n
  return scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0'
}

/**
 * The quantity that `text` names, or upstream's text of what is wrong with it.
 * What is finer than a billionth is rounded up to it; binary amounts end at 2^63-1.
 */
export function parseQuantity(text: string): Result<Quantity, string> {
  if (text === '') return fail(wrongFormat)
  if (text === '0') return ok({ value: 0n, scale: 0, format: 'DecimalSI', text })
  const match = shape.exec(text)
  if (match === null) return fail(wrongFormat)
  const [, sign = '', zeros = '', whole = '', point, fraction = '', letters = '', exponentText = ''] = match
  if (whole === '' && point === undefined && letters === '' && exponentText === '') {
    return ok({ value: 0n, scale: 0, format: 'DecimalSI' })
  }
  const suffix = suffixOf(letters + exponentText)
  if (suffix === undefined) return fail(wrongSuffix)
  if (suffix.exponent > largestExponent) return fail(wrongNumber)
  if (whole === '' && zeros === '' && fraction === '') return fail(wrongNumber)
  return ok(assemble(text, sign === '-', whole === '' ? '0' : whole, fraction, suffix))
}

function assemble(text: string, negative: boolean, whole: string, fraction: string, suffix: Suffix): Quantity {
  const digits = whole + fraction
  const number = BigInt(digits)
  const signed = negative ? -number : number
  const small =
    suffix.base === 10
      ? 18 - digits.length >= 0
      : fraction === '' && 15 - whole.length - Math.trunc((suffix.exponent * 3) / 10) - 1 >= 0
  const scale = (suffix.base === 10 ? suffix.exponent : 0) - fraction.length
  if (small && scale >= nano) {
    const factor = suffix.base === 2 ? 2n ** BigInt(suffix.exponent) : 1n
    const kept = keepsText(suffix, scale, number, digits) ? text : undefined
    return { value: signed * factor, scale, format: suffix.format, text: kept }
  }
  const product = suffix.base === 2 ? number * 2n ** BigInt(suffix.exponent) : number
  const [value, finest] = roundedUp(product, scale, nano)
  return limited(value, finest, negative, suffix.format)
}

function limited(value: bigint, scale: number, negative: boolean, format: QuantityFormat): Quantity {
  if (format !== 'BinarySI') return { value: negative ? -value : value, scale, format }
  const beyond = compareScaled(value, scale, int64Max, 0) > 0
  const below1 = value > 0n && compareScaled(value, scale, 1n, 0) < 0
  const capped = beyond ? int64Max : value
  return {
    value: negative ? -capped : capped,
    scale: beyond ? 0 : scale,
    format: below1 ? 'DecimalSI' : format,
  }
}

/** `value × 10^scale` with no digits below `10^finest`; what is cut off moves the value away from zero. */
function roundedUp(value: bigint, scale: number, finest: number): readonly [bigint, number] {
  if (scale >= finest) return [value, scale]
  if (value === 0n) return [0n, finest]
  const digits = magnitude(value).toString().length
  if (digits + scale < finest) return [value < 0n ? -1n : 1n, finest]
  const divisor = pow10(finest - scale)
  const quotient = value / divisor
  if (value % divisor === 0n) return [quotient, finest]
  return [quotient + (value < 0n ? -1n : 1n), finest]
}

function compareScaled(a: bigint, aScale: number, b: bigint, bScale: number): number {
  const low = Math.min(aScale, bScale)
  const left = a * pow10(aScale - low)
  const right = b * pow10(bScale - low)
  return left < right ? -1 : left > right ? 1 : 0
}

/** The canonical text; `0` for every zero. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text
  const { value, scale } = quantity
  if (value === 0n) return '0'
  if (quantity.format === 'BinarySI') {
    const small = compareScaled(magnitude(value), scale, 1024n, 0) < 0
    const whole = wholeValue(value, scale)
    if (!small && whole !== undefined) return binaryText(whole)
  }
  return decimalText(value, scale, quantity.format === 'DecimalExponent')
}

/** The value as an integer when it is one. */
function wholeValue(value: bigint, scale: number): bigint | undefined {
  if (scale >= 0) return value * pow10(scale)
  const divisor = pow10(-scale)
  return value % divisor === 0n ? value / divisor : undefined
}

function binaryText(value: bigint): string {
  let number = value
  let power = 0
  while (number % 1024n === 0n && power < suffixOfBinary.length - 1) {
    number /= 1024n
    power++
  }
  return `${number}${suffixOfBinary[power]}`
}

function decimalText(value: bigint, scale: number, exponentForm: boolean): string {
  let number = value
  let exponent = scale
  while (number % 10n === 0n) {
    number /= 10n
    exponent++
  }
  while (exponent % 3 !== 0) {
    number *= 10n
    exponent--
  }
  const suffix = exponentForm ? undefined : suffixOfDecimal.get(exponent)
  if (suffix !== undefined) return `${number}${suffix}`
  return exponent === 0 ? `${number}` : `${number}e${exponent}`
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`; formats do not matter. */
export const compareQuantities = (a: Quantity, b: Quantity): number => compareScaled(a.value, a.scale, b.value, b.scale)

/** The exact sum, in the format of `a` unless `a` is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  if (a.value === 0n) return { value: b.value, scale: b.scale, format: b.format }
  if (b.value === 0n) return { value: a.value, scale: a.scale, format: a.format }
  const scale = Math.min(a.scale, b.scale)
  const value = a.value * pow10(a.scale - scale) + b.value * pow10(b.scale - scale)
  return { value, scale, format: a.format }
}

/** The exact difference, in the format of `a` unless `a` is zero. */
export const subtractQuantities = (a: Quantity, b: Quantity): Quantity =>
  addQuantities(a, { value: -b.value, scale: b.scale, format: b.format })

/** The whole number not below the amount (away from zero for negative ones): upstream's `Value`. */
export const quantityValue = (quantity: Quantity): bigint => atScale(quantity, 0)
/** The whole number of thousandths not below the amount: upstream's `MilliValue`. */
export const quantityMilliValue = (quantity: Quantity): bigint => atScale(quantity, -3)

function atScale({ value, scale }: Quantity, wanted: number): bigint {
  const [rounded, at] = roundedUp(value, scale, wanted)
  return rounded * pow10(at - wanted)
}

/** Cuts everything finer than `10^finest`, away from zero. Resource lists of pods are kept in thousandths (-3). */
export function roundUpQuantity(quantity: Quantity, finest: number): Quantity {
  if (quantity.scale >= finest) return quantity
  const [value, scale] = roundedUp(quantity.value, quantity.scale, finest)
  return { value, scale, format: quantity.format }
}

/** A quantity from a whole number, for counts in quotas. */
export const countQuantity = (count: number | bigint): Quantity => ({
  value: BigInt(count),
  scale: 0,
  format: 'DecimalSI',
})

/** Texts seen before and their canonical forms: manifests repeat the same few amounts. */
const seen = new Map<string, string>()
const mostSeen = 1000

/** The canonical form of a quantity's text, or upstream's text of what is wrong. */
export function canonicalQuantity(text: string): Result<string, string> {
  const known = seen.get(text)
  if (known !== undefined) return ok(known)
  const parsed = parseQuantity(text)
  if (!parsed.ok) return parsed
  const canonical = formatQuantity(parsed.value)
  if (text.length <= 32) {
    if (seen.size >= mostSeen) seen.clear()
    seen.set(text, canonical)
  }
  return ok(canonical)
}
