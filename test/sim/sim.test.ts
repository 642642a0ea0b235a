/** Simulated histories with fixed seeds; `npm run sim` runs others. */
import { deepEqual, doesNotThrow, equal, notEqual } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { hunt } from './hunt.ts'
import { type Invariant, invariants } from './judge.ts'
import { mutated, mutations } from './mutations.ts'
import { simulate } from './simulate.ts'

/** As many histories as fit into half a minute of processor time. */
const seeds = 40
const atOnce = 10

for (let first = 1; first <= seeds; first += atOnce) {
  test(`seeds ${first} to ${first + atOnce - 1} break no invariant`, async () => {
    for (let seed = first; seed < first + atOnce; seed++) {
      const { violations } = await simulate(seed)
      deepEqual(violations, [], `repeat with: npm run sim -- --seed ${seed}`)
    }
  })
}

test('one seed gives one history', async () => {
  for (const seed of [3, 7]) {
    const traces: string[][] = [[], []]
    const [one, other] = [
      await simulate(seed, { trace: (line) => void traces[0]?.push(line) }),
      await simulate(seed, { trace: (line) => void traces[1]?.push(line) }),
    ]
    deepEqual(traces[0], traces[1])
    equal(one.fingerprint, other.fingerprint)
  }
})

test('different seeds give different histories', async () => {
  const [one, other] = [await simulate(1), await simulate(2)]
  equal(one.fingerprint === other.fingerprint, false)
})

test('every mutation still finds its place in the program', () => {
  for (const mutation of mutations) {
    for (const file of Object.keys(mutation.changes)) {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
      doesNotThrow(() => mutated(mutation, file, source))
    }
  }
})

test('there is a mutation for each invariant that must be found by it: none is one that cannot be broken', () => {
  const broken = new Set(mutations.map(({ breaks }) => breaks))
  deepEqual(
    Object.keys(invariants).filter((name) => !broken.has(name as Invariant)),
    [],
  )
})

for (const name of ['answers-too-soon', 'forbid-ignored', 'dependents-forgotten']) {
  test(`the planted defect ${name} is found`, async () => {
    const mutation = mutations.find((one) => one.name === name)
    notEqual(mutation === undefined ? undefined : (await hunt(mutation)).seeds, undefined)
  })
}
