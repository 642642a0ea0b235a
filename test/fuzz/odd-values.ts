/** Values, texts and bytes that no well-meaning client sends, from a seed. */
import type { SeededRandom } from '../sim/seeded-random.ts'

const oddTexts: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'a'.repeat(254),
  'x'.repeat(70_000),
  '\u0000',
  '\ud800',
  '😀\u202e',
  'null',
  '%s%n%d',
  '{{7*7}}',
  '\r\nInjected: yes',
  '0',
  '-1',
  '1e999',
  '99999999999999999999999999',
  '2026-13-45T99:99:99Z',
  '-0001-01-01T00:00:00Z',
  '1Ei',
  '1e-9',
  '* * * * *',
  '@every 1ns',
  '0 0 31 2 *',
  'TZ=Mars/Base * * * * *',
  '$(FOO)',
  'Aa_-.9',
]

const oddNumbers: readonly string[] = [
  '0',
  '-0',
  '-1',
  '1.5',
  '1e999',
  '-1e400',
  '1e-400',
  '2147483647',
  '2147483648',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551616',
  '123456789012345678901234567890',
  '0.1e1',
]

const oddKeys: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '$patch',
  '$retainKeys',
  'Name',
  'a/b/c',
  '~0~1',
  '0',
]

export const oddText = (random: SeededRandom): string => random.pick(oddTexts)

export function randomBytes(random: SeededRandom, most: number): Buffer {
  const bytes = Buffer.alloc(random.between(0, most))
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.between(0, 255)
  return bytes
}

/** JSON text of something that does not belong where it is put. */
export function oddJson(random: SeededRandom, depth = 0): string {
  switch (random.between(0, depth > 3 ? 4 : 7)) {
    case 0:
      return 'null'
    case 1:
      return random.pick(['true', 'false'])
    case 2:
      return random.pick(oddNumbers)
    case 3:
    case 4:
      return JSON.stringify(oddText(random))
    case 5:
      return `[${Array.from({ length: random.between(0, 4) }, () => oddJson(random, depth + 1)).join(',')}]`
    case 6: {
      const fields = Array.from(
        { length: random.between(0, 4) },
        () => `${JSON.stringify(random.pick(oddKeys))}:${oddJson(random, depth + 1)}`,
      )
      return `{${fields.join(',')}}`
    }
    default:
      return nested(random)
  }
}

/** Brackets in brackets, closed or not. */
function nested(random: SeededRandom): string {
  const depth = random.pick([50, 2000, 50_000])
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const)
  return `${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(random.chance(0.7) ? depth : 3)}`
}

/** JSON text of `value` with some of its parts exchanged for odd ones, doubled, renamed or left out. */
export function mutatedJson(random: SeededRandom, value: unknown, rate: number): string {
  if (random.chance(rate)) return oddJson(random)
  if (Array.isArray(value)) {
    const items = value.map((item) => mutatedJson(random, item, rate))
    if (random.chance(rate) && items.length > 0) items.push(items[0] as string)
    return `[${items.join(',')}]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields: string[] = []
  for (const [key, inner] of Object.entries(value)) {
    if (random.chance(rate / 2)) continue
    const name = random.chance(rate / 2) ? random.pick(oddKeys) : key
    fields.push(`${JSON.stringify(name)}:${mutatedJson(random, inner, rate)}`)
    if (random.chance(rate / 2)) fields.push(`${JSON.stringify(key)}:${oddJson(random)}`)
  }
  if (random.chance(rate)) fields.push(`${JSON.stringify(random.pick(oddKeys))}:${oddJson(random)}`)
  return `{${fields.join(',')}}`
}

/** The bytes with some changed, cut off, doubled or put in between. */
export function spoiltBytes(random: SeededRandom, bytes: Uint8Array): Buffer {
  let spoilt = Buffer.from(bytes)
  for (let i = random.between(1, 6); i > 0 && spoilt.length > 0; i--) {
    const at = random.between(0, spoilt.length - 1)
    switch (random.between(0, 3)) {
      case 0:
        spoilt[at] = random.between(0, 255)
        break
      case 1:
        spoilt = spoilt.subarray(0, at)
        break
      case 2:
        spoilt = Buffer.concat([spoilt.subarray(0, at), randomBytes(random, 12), spoilt.subarray(at)])
        break
      default:
        spoilt = Buffer.concat([spoilt.subarray(0, at), spoilt.subarray(Math.floor(at / 2))])
    }
  }
  return spoilt
}
