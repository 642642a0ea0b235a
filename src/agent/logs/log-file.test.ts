import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import fc from 'fast-check'
import { instant } from '../../base/index.ts'
import { lineStart, tailOffset } from './log-file.ts'
import { sizeBefore, timeOfByte } from './log-times.ts'

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
    [0, 9, 10, 29, 30].map((offset) => timeOfByte(notes, offset, last)),
    [1000, 1000, 2000, 2000, 9000],
  )
  assert.deepEqual(
    [500, 1000, 1500, 2500].map((at) => sizeBefore(notes, instant(at))),
    [0, 0, 10, 30],
  )
})

test('what was written after the last note is never told to be older than it', () => {
  const notes = [{ size: 10, at: instant(2700) }]
  assert.equal(timeOfByte(notes, 10, instant(2000)), 2700, 'the end, told as the second in which it was')
  assert.equal(timeOfByte([], 10, instant(2000)), 2000, 'without a note the end is all that is known')
})
