/**
 * IP addresses and networks as texts.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/validation/ip.go; utils/net (facts: grammar, texts)
 */
import { type FieldError, invalid, quoted } from '../../apimachinery/index.ts'

/** The bytes of an address: 4 or 16. `zeros`: some octet has a leading zero, which only old objects may have. */
type Address = { readonly bytes: readonly number[]; readonly zeros: boolean }

function parseIPv4(text: string): Address | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d+$/.test(part) && part.length < 8 && Number(part) < 256)) {
    return undefined
  }
  return { bytes: parts.map(Number), zeros: parts.some((part) => part.length > 1 && part.startsWith('0')) }
}

function parseIPv6(text: string): Address | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  let zeros = false
  const bytesOf = (half: string, last: boolean): number[] | undefined => {
    if (half === '') return []
    const bytes: number[] = []
    const groups = half.split(':')
    for (const [index, group] of groups.entries()) {
      if (group.includes('.')) {
        const tail = last && index === groups.length - 1 ? parseIPv4(group) : undefined
        if (tail === undefined) return undefined
        zeros ||= tail.zeros
        bytes.push(...tail.bytes)
      } else {
        if (!/^0*[0-9a-fA-F]{1,4}$/.test(group)) return undefined
        if (group.length > 4) zeros = true
        const value = Number.parseInt(group, 16)
        bytes.push(value >> 8, value & 255)
      }
    }
    return bytes
  }
  const head = bytesOf(halves[0] as string, halves.length === 1)
  const tail = halves.length === 2 ? bytesOf(halves[1] as string, true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined
  return { bytes: [...head, ...new Array<number>(missing).fill(0), ...tail], zeros }
}

function parseAddress(text: string): Address | undefined {
  const dot = text.indexOf('.')
  const colon = text.indexOf(':')
  if (dot < 0 && colon < 0) return undefined
  return colon < 0 || (dot >= 0 && dot < colon) ? parseIPv4(text) : parseIPv6(text)
}

const isMapped = ({ bytes }: Address): boolean =>
  bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255

/** The family of an address, or undefined when the text is none. */
export function ipFamily(text: string): 'IPv4' | 'IPv6' | undefined {
  const address = parseAddress(text)
  if (address === undefined) return undefined
  return address.bytes.length === 4 || isMapped(address) ? 'IPv4' : 'IPv6'
}

/** An address of a field that took sloppy forms once; values in `stored` stay allowed. */
export function validateIP(text: string, path: string, stored: readonly string[] = []): readonly FieldError[] {
  if (stored.includes(text)) return []
  const address = parseAddress(text)
  if (address === undefined) {
    return [invalid(path, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  }
  const errors: FieldError[] = []
  if (address.zeros) errors.push(invalid(path, text, 'must not have leading 0s'))
  else if (isMapped(address)) errors.push(invalid(path, text, 'must not be an IPv4-mapped IPv6 address'))
  return errors
}

/**
 * An address that something can be reached at: none that is special to each host.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidateEndpointIP
 */
export function validateEndpointIP(text: string, path: string): readonly FieldError[] {
  const address = parseAddress(text)
  if (address === undefined) return [invalid(path, text, 'must be a valid IP address')]
  const bytes = isMapped(address) ? address.bytes.slice(12) : address.bytes
  const [a = 0, b = 0, c = 0] = bytes
  const four = bytes.length === 4
  const leading = bytes.slice(0, -1).every((byte) => byte === 0)
  const errors: FieldError[] = []
  if (leading && bytes.at(-1) === 0) errors.push(invalid(path, text, `may not be unspecified (${text})`))
  if (four ? a === 127 : leading && bytes.at(-1) === 1) {
    errors.push(invalid(path, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'))
  }
  if (four ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80) {
    errors.push(invalid(path, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'))
  }
  if (four ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2) {
    errors.push(invalid(path, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'))
  }
  return errors
}

function parseNetwork(text: string): { readonly address: Address; readonly length: string } | undefined {
  const slash = text.indexOf('/')
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash))
  const length = text.slice(slash + 1)
  const usable = address !== undefined && /^\d{1,4}$/.test(length) && Number(length) <= address.bytes.length * 8
  return usable ? { address, length } : undefined
}

/** The family of a network, or undefined when the text is none. */
export const cidrFamily = (text: string): 'IPv4' | 'IPv6' | undefined =>
  parseNetwork(text) === undefined ? undefined : ipFamily(text.slice(0, text.indexOf('/')))

/** A network such as `10.9.8.0/24`. */
export function validateCIDR(text: string, path: string, stored: readonly string[] = []): readonly FieldError[] {
  if (stored.includes(text)) return []
  const network = parseNetwork(text)
  if (network === undefined) {
    return [invalid(path, text, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]
  }
  const { address, length } = network
  if (address.zeros || (length.length > 1 && length.startsWith('0'))) {
    return [invalid(path, text, 'must not have leading 0s in IP or prefix length')]
  }
  if (isMapped(address)) return [invalid(path, text, 'must not have an IPv4-mapped IPv6 address')]
  const beyond = address.bytes.some((byte, index) => {
    const kept = Math.max(0, Math.min(8, Number(length) - index * 8))
    return (byte & (0xff >> kept)) !== 0
  })
  return beyond ? [invalid(path, text, 'must not have bits set beyond the prefix length')] : []
}

/** The shortest text of an address: RFC 5952 for IPv6. */
function canonical({ bytes }: Address): string {
  if (bytes.length === 4) return bytes.join('.')
  if (isMapped({ bytes, zeros: false })) return bytes.slice(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number))
  let start = -1
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && groups[end] === 0) end++
    if (end - i > longest) {
      start = i
      longest = end - i
    }
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + longest))}`
}

/** What is accepted but should be written otherwise. */
export function ipWarnings(text: string, path: string): readonly string[] {
  const address = parseAddress(text)
  if (address === undefined) return []
  const better = canonical(address)
  if (address.zeros || isMapped(address)) {
    return [`${path}: non-standard IP address ${quoted(text)} is invalid: use ${quoted(better)}`]
  }
  return address.bytes.length === 16 && better !== text
    ? [`${path}: IPv6 address ${quoted(text)} should be in RFC 5952 canonical format (${quoted(better)})`]
    : []
}

/** The same for networks. */
export function cidrWarnings(text: string, path: string): readonly string[] {
  const network = parseNetwork(text)
  if (network === undefined) return []
  const { address, length } = network
  const bits = isMapped(address) ? Number(length) - 96 : Number(length)
  const bytes = isMapped(address) ? address.bytes.slice(12) : address.bytes
  const masked = bytes.map((byte, index) => byte & ~(0xff >> Math.max(0, Math.min(8, bits - index * 8))))
  const better = `${canonical({ ...address, bytes: masked })}/${bits}`
  const warnings: string[] = []
  if (masked.some((byte, index) => byte !== bytes[index])) {
    const single = `${canonical(address)}/${address.bytes.length * 8}`
    const choice = `should be ${quoted(better)} or ${quoted(single)}?`
    warnings.push(`${path}: CIDR value ${quoted(text)} is ambiguous in this context (${choice})`)
  }
  if (address.zeros || isMapped(address) || (length.length > 1 && length.startsWith('0'))) {
    warnings.push(`${path}: non-standard CIDR value ${quoted(text)} is invalid: use ${quoted(better)}`)
  }
  if (warnings.length === 0 && address.bytes.length === 16 && better !== text) {
    warnings.push(`${path}: IPv6 CIDR value ${quoted(text)} should be in RFC 5952 canonical format (${quoted(better)})`)
  }
  return warnings
}
