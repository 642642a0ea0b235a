import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type SeededRandom, seededRandom } from '../sim/seeded-random.ts'
import { judge } from './judge.ts'
import type { Sample } from './measure.ts'

const counts = { handles: 30, processes: 2 }
const calm = { samples: [], before: counts, after: counts, lost: [], double: 0 }

type Course = {
  /** MiB of the heap that are live at a minute. */
  readonly heap?: (minutes: number) => number
  /** What is resident beside them. */
  readonly beside?: (minutes: number) => number
  /** By how much of itself a value may be off, by chance. */
  readonly noise?: number
}

/** Half an hour, looked at every thirty seconds, as the soak does. */
function samplesOf({ heap = () => 115, beside = () => 300, noise = 0.03 }: Course, random: SeededRandom): Sample[] {
  const noisy = (value: number): number => value * (1 + (noise * random.between(-1000, 1000)) / 1000)
  return Array.from({ length: 60 }, (_, look) => {
    const minutes = (look + 1) / 2
    const heapMiB = noisy(heap(minutes))
    return { minutes, heapMiB, residentMiB: heapMiB + noisy(beside(minutes)), ...counts, p99: {} }
  })
}

const cases: readonly (readonly [sentence: string, Course, wrong?: RegExp])[] = [
  ['memory that stays as it is does not grow', {}],
  ['nor does what is now more, now less', { noise: 0.12 }],
  ['nor what filled in the first minutes', { heap: (m) => (m < 9 ? 40 : 115), beside: (m) => (m < 9 ? 100 : 300) }],
  ['nor what shrinks', { heap: (m) => 150 - m, beside: (m) => 400 - 3 * m }],
  ['nor what rises and falls again', { heap: (m) => (m > 18 && m < 22 ? 180 : 115) }],
  ['garbage that gathers beside the heap and goes does not grow', { beside: (m) => 250 + 30 * (m % 3.5) }],
  ['a heap that keeps 60 MiB an hour grows', { heap: (m) => 100 + m }, /^heap grows by \d/m],
  ['also when it is restless', { heap: (m) => 100 + m, noise: 0.07 }, /^heap grows by \d/m],
  ['a little is seen, too, when all else is still', { heap: (m) => 100 + m / 2, noise: 0.01 }, /^heap grows by \d/m],
  ['what is lost beside the heap grows', { beside: (m) => 250 + 3 * m }, /^resident grows by \d/],
  ['so does what grows only later', { heap: (m) => 115 + 3 * Math.max(0, m - 15) }, /^heap grows by \d/m],
]

describe('the verdict of a soak', () => {
  for (const [sentence, course, expected] of cases)
    test(`${sentence}, whatever the chance`, () => {
      for (let seed = 1; seed <= 30; seed++) {
        const { wrong } = judge({ ...calm, samples: samplesOf(course, seededRandom(seed)) })
        if (expected === undefined) assert.deepEqual(wrong, [], `seed ${seed}`)
        else assert.match(wrong.join('\n'), expected, `seed ${seed}`)
      }
    })

  test('says nothing of four samples', () => {
    const samples = samplesOf({ heap: (m) => 10 * m, noise: 0 }, seededRandom(1)).slice(0, 6)
    const { memory, wrong } = judge({ ...calm, samples })
    assert.deepEqual([memory.heap.leastPerHour, wrong], [undefined, []])
  })

  test('names what was lost, started twice and left behind', () => {
    const after = { handles: 31, processes: 3 }
    assert.deepEqual(judge({ ...calm, after, lost: ['a is gone'], double: 2 }).wrong, [
      'a is gone',
      '2 pods started twice',
      '30 open files became 31',
      '2 processes became 3',
    ])
  })

  test('tells the answer times of both halves after the warm-up', () => {
    const samples = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((minutes) => ({
      minutes,
      residentMiB: 300,
      heapMiB: 100,
      ...counts,
      p99: { requests: 10 * minutes },
    }))
    assert.deepEqual(judge({ ...calm, samples }).p99, { requests: { first: 50, second: 80 } })
  })
})
