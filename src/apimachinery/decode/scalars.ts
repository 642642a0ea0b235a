/** Decoders of single values: texts, numbers, times, amounts, bytes. */
import { canonicalQuantity } from '../quantity/quantity.ts'
import type { ScalarType } from '../schema/schema.ts'
import { base64OfBytes, canonicalBase64 } from './base64.ts'
import { abort, abortMistyped, type Context, mistyped, type Owner } from './context.ts'
import { canonicalTime, type TimeKind } from './go-time.ts'
import { ExactNumber, plain } from './json.ts'

/** Gives the canonical value, or undefined for a value that is unset (`null`) or wrong (told to the context). */
export type Decode = (value: unknown, context: Context) => unknown

/** What Go calls a JSON value; numbers carry their text where the wanted type is a number. */
export function foundName(value: unknown, withText = false): string {
  if (typeof value === 'number') return withText ? `number ${Object.is(value, -0) ? '-0' : value}` : 'number'
  if (value instanceof ExactNumber) return withText ? `number ${value.text}` : 'number'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'object') return Array.isArray(value) ? 'array' : 'object'
  return 'string'
}

function stringDecoder(owner: Owner, goType: string): Decode {
  return (value, context) => {
    if (typeof value === 'string') return value
    return value === null ? undefined : mistyped(context, owner, foundName(value), goType)
  }
}

function boolDecoder(owner: Owner, goType: string): Decode {
  return (value, context) => {
    if (typeof value === 'boolean') return value
    return value === null ? undefined : mistyped(context, owner, foundName(value), goType)
  }
}

/** int64 beyond 2^53 cannot be kept exactly and is refused instead of being changed. */
const limits = { int32: 2 ** 31, int64: 2 ** 53 } as const
type IntType = keyof typeof limits

function isInt(value: unknown, type: IntType): value is number {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false
  const limit = limits[type]
  return value < limit && value >= (type === 'int64' ? 1 - limit : -limit)
}

/** A long spelling of a number that fits all the same: `0000…` is no JSON, so only plain digits count. */
function exactInt(value: unknown): unknown {
  if (!(value instanceof ExactNumber)) return value
  const number = Number(value.text)
  return /^-?\d+$/.test(value.text) && Number.isSafeInteger(number) ? number : value
}

function intDecoder(type: IntType, owner: Owner, goType: string): Decode {
  return (given, context) => {
    const value = exactInt(given)
    if (isInt(value, type)) return value === 0 ? 0 : value
    return value === null ? undefined : mistyped(context, owner, foundName(value, true), goType)
  }
}

function timeDecoder(kind: TimeKind, owner: Owner): Decode {
  return (value, context) => {
    if (value === null) return undefined
    if (typeof value !== 'string') return abortMistyped(context, owner, foundName(value), 'string')
    const time = canonicalTime(value, kind)
    // The zero time of a pointer is written as null.
    return time.ok ? time.value : abort(context, time.error)
  }
}

const decodeQuantity: Decode = (value, context) => {
  if (value === null) return undefined
  const text =
    typeof value === 'string' ? value.trim() : value instanceof ExactNumber ? value.text : JSON.stringify(value)
  const quantity = canonicalQuantity(text)
  return quantity.ok ? quantity.value : abort(context, quantity.error)
}

function intOrStringDecoder(owner: Owner): Decode {
  return (given, context) => {
    if (typeof given === 'string') return given
    const value = exactInt(given)
    if (isInt(value, 'int32')) return value === 0 ? 0 : value
    return value === null ? undefined : abortMistyped(context, owner, foundName(value, true), 'int32')
  }
}

function bytesDecoder(owner: Owner): Decode {
  const element = intDecoder('int32', owner, 'uint8')
  return (value, context) => {
    if (value === null) return undefined
    if (typeof value === 'string') {
      const bytes = canonicalBase64(value)
      if (bytes.ok) return bytes.value
      if (context.failed === undefined && context.aborted === undefined) context.failed = bytes.error
      return undefined
    }
    if (!Array.isArray(value)) return mistyped(context, owner, foundName(value), '[]uint8')
    const numbers = value.map((each) => {
      const number = each === null ? 0 : element(each, context)
      if (typeof number !== 'number') return 0
      if (number < 0 || number > 255) mistyped(context, owner, foundName(number, true), 'uint8')
      return number
    })
    return base64OfBytes(Uint8Array.from(numbers))
  }
}

/** Any JSON value, kept as it is. */
const decodeRaw: Decode = (value, context) => {
  if (value === null) return undefined
  return context.exact ? plain(value) : value
}

export function scalarDecoder(type: ScalarType, owner: Owner, goType: string): Decode {
  switch (type) {
    case 'string':
      return stringDecoder(owner, goType)
    case 'bool':
      return boolDecoder(owner, goType)
    case 'int32':
    case 'int64':
      return intDecoder(type, owner, goType)
    case 'time':
    case 'microTime':
      return timeDecoder(type, owner)
    case 'quantity':
      return decodeQuantity
    case 'intOrString':
      return intOrStringDecoder(owner)
    case 'bytes':
      return bytesDecoder(owner)
    case 'fieldsV1':
    case 'rawExtension':
      return decodeRaw
  }
}
