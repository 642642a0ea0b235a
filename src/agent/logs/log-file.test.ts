import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import fc from 'fast-check'
import { instant } from '../../base/index.ts'
import { lineStart, tailOffset } from './log-file.ts'
import { formatStamp, sizeBefore, stampAfter, stampOfByte } from './log-times.ts'

const lines = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 9 }), { maxLength: 12 })

async function inFile<T>(text: string, use: (file: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(`${tmpdir()}/jobd-log-`)
  writeFileSync(`${dir}/log`, text)
  const file = await open(`${dir}/log`, 'r')
  try {
    return await use(file)
  } finally {
    await file.close()
    rmSync(dir, { recursive: true })
  }
}

test('the tail of a log is its last lines, whether or not the last one is closed', () =>
  fc.assert(
    fc.asyncProperty(lines, fc.boolean(), fc.nat(15), async (all, isClosed, count) => {
      const text = all.join('\n') + (isClosed && all.length > 0 ? '\n' : '')
      const whole = text === '' ? [] : (isClosed ? text.slice(0, -1) : text).split('\n')
      // A last line that is empty and open is no line.
      const shown = !isClosed && whole.at(-1) === '' ? whole.slice(0, -1) : whole
      const from = await inFile(text, (file) => tailOffset(file, { from: 0, to: Buffer.byteLength(text) }, count))
      const expected = count === 0 ? [] : shown.slice(-count)
      const tail = text.slice(from)
      assert.deepEqual(tail === '' ? [] : tail.replace(/\n$/, '').split('\n'), expected)
    }),
  ))

test('lines longer than a block are found too', async () => {
  const long = 'x'.repeat(200_000)
  await inFile(`first\n${long}\nlast\n`, async (file) => {
    const to = 6 + long.length + 1 + 5
    assert.equal(await tailOffset(file, { from: 0, to }, 1), 6 + long.length + 1)
    assert.equal(await tailOffset(file, { from: 0, to }, 2), 6)
    assert.equal(await lineStart(file, 6 + long.length), 6)
    assert.equal(await lineStart(file, 3), 0)
  })
})

test('the time of a byte is that of the first note behind it', () => {
  const notes = [
    { size: 10, at: instant(1000) },
    { size: 30, at: instant(2000) },
  ]
  const last = instant(9000)
  assert.deepEqual(
    [0, 9, 10, 29, 30].map((offset) => stampOfByte(notes, offset, last).at),
    [1000, 1000, 2000, 2000, 9000],
  )
  assert.deepEqual(
    [500, 1000, 1500, 2500].map((at) => sizeBefore(notes, instant(at))),
    [0, 0, 10, 30],
  )
})

test('what was written after the last note is never told to be older than it', () => {
  const notes = [{ size: 10, at: instant(2700) }]
  assert.equal(stampOfByte(notes, 10, instant(2000)).at, 2700, 'the end, told as the second in which it was')
  assert.equal(stampOfByte([], 10, instant(2000)).at, 2000, 'without a note the end is all that is known')
})

test('lines of one note have times of their own, which do not depend on where reading began', () => {
  const notes = [
    { size: 10, at: instant(1000) },
    { size: 2_000_020, at: instant(2000) },
  ]
  const stamps = (...offsets: number[]) =>
    offsets.map((offset) => formatStamp(stampOfByte(notes, offset, instant(2000))).slice(17))
  assert.deepEqual(stamps(0, 9, 10, 12, 2_000_019), [
    '01.000000000Z',
    '01.000000009Z',
    '02.000000000Z',
    '02.000000002Z',
    '02.002000009Z',
  ])
  assert.deepEqual(stamps(2_000_020), ['02.002000010Z'], 'what ended at the time of the last note goes on from it')
  assert.deepEqual(stamps(5_000_000_000), ['02.999999999Z'], 'never a second too late')
})

test('no line is stamped with the time of the one before it, or an earlier one', () => {
  const before = { at: instant(1000), nanos: 999_999 }
  assert.deepEqual(stampAfter(before, { at: instant(1000), nanos: 999_999 }), { at: 1001, nanos: 0 })
  assert.deepEqual(stampAfter({ at: instant(1000), nanos: 5 }, { at: instant(999), nanos: 7 }), { at: 1000, nanos: 6 })
  assert.deepEqual(stampAfter(before, { at: instant(1001), nanos: 0 }), { at: 1001, nanos: 0 })
})
