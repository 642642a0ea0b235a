/** Randomness that a seed repeats exactly. */
import type { Random } from '../../src/base/index.ts'

export type SeededRandom = Random & {
  /** A whole number from `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <T>(items: readonly T[]) => T
  /** A stream of its own for one part, so that what one part draws does not move the others. */
  readonly fork: (name: string) => SeededRandom
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  // mulberry32: small, fast, and good enough to choose faults.
  const bits = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  const between = (low: number, high: number): number => low + Math.floor((bits() / 2 ** 32) * (high - low + 1))
  return {
    bits,
    between,
    chance: (probability) => bits() / 2 ** 32 < probability,
    pick: (items) => {
      const item = items[between(0, items.length - 1)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
    fork: (name) => seededRandom(hashOf(name) ^ bits()),
  }
}

function hashOf(text: string): number {
  let hash = 2166136261
  for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619)
  return hash >>> 0
}

/** UUIDs of version 4 from seeded randomness. */
export function seededUids(random: Random): () => string {
  const hex = (): string => random.bits().toString(16).padStart(8, '0')
  return () => {
    const [a, b, c, d] = [hex(), hex(), hex(), hex()]
    return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`
  }
}
