import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { ok } from '../../base/index.ts'
import type { Engine } from './engine.ts'
import { copyLog } from './log-copy.ts'

/** An engine that has said `text` to a terminal. */
const engineWith = (text: string): Engine => ({
  socketPath: '',
  call: () => Promise.reject(new Error('nothing else is asked for')),
  stream: async () => ok(Readable.from([...text.matchAll(/.{1,1000}/gs)].map(([piece]) => Buffer.from(piece)))),
  hijack: () => Promise.reject(new Error('nothing else is asked for')),
  isAtLeast: async () => true,
  close: () => {},
})

const lines = (count: number): string =>
  Array.from({ length: count }, (_, index) => `${String(index).padStart(31, '.')}\n`).join('')

function fileWith(t: TestContext, text: string, freed?: number): string {
  const dir = mkdtempSync(`${tmpdir()}/jobd-copy-`)
  t.after(() => rmSync(dir, { recursive: true }))
  const path = `${dir}/main.0.log`
  writeFileSync(path, text)
  if (freed !== undefined) writeFileSync(`${dir}/main.0.freed`, String(freed))
  return path
}

const whole = lines(1000)
const copied = async (path: string): Promise<string> => {
  const copy = copyLog({ engine: engineWith(whole), id: 'c', tty: true, path, follow: false })
  assert.equal(copy.isOver(), false)
  assert.equal(await copy.done, true)
  assert.equal(copy.isOver(), true)
  return readFileSync(path, 'latin1')
}

test('a copy goes on where the last one ended', async (t) => {
  for (const known of [0, 1, 31, 1000, 16_000, whole.length]) {
    assert.equal(await copied(fileWith(t, whole.slice(0, known))), whole)
  }
})

test('a copy that says something else is cut where they part', async (t) => {
  const wrong = `${whole.slice(0, 5000)}?${whole.slice(5001, 9000)}`
  assert.equal(await copied(fileWith(t, wrong)), whole)
})

test('what was given back to the disk stays there', async (t) => {
  for (const freed of [500, 8192, 20_000]) {
    const hole = '\0'.repeat(freed)
    const path = fileWith(t, hole + whole.slice(freed, 20_000), freed)
    assert.equal(await copied(path), hole + whole.slice(freed))
  }
})
