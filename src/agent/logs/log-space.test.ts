import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { silentLog } from '../../base/index.ts'
import { createLogSpace, freedPath, type LogSpace } from './log-space.ts'
import { type RunEnd, streamLog } from './log-stream.ts'

const maxBytes = 64 * 1024

/** A log of numbered lines of 32 bytes, and a space for it. */
function logOf(t: TestContext, count: number): { path: string; space: LogSpace; line: (n: number) => string } {
  const dir = mkdtempSync(`${tmpdir()}/jobd-space-`)
  t.after(() => rmSync(dir, { recursive: true }))
  const path = `${dir}/main.0.log`
  const line = (n: number) => `${String(n).padStart(31, '.')}\n`
  writeFileSync(path, Array.from({ length: count }, (_, n) => line(n)).join(''))
  return { path, space: createLogSpace({ maxBytes, log: silentLog }), line }
}

async function textOf(path: string, space: LogSpace, end?: RunEnd): Promise<string> {
  const chunks: Uint8Array[] = []
  const file = await open(path, 'r')
  for await (const chunk of streamLog({ file, path, from: space.freed(path), space, follow: end })) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('a log that is too long loses its oldest lines, whole ones, and takes less of the disk', async (t) => {
  const { path, space, line } = logOf(t, 10_000)
  const { size, blocks } = statSync(path)
  const freed = (await space.trim(path, size)) ?? 0
  assert.ok(freed >= size - maxBytes && freed <= size - maxBytes + 32, String(freed))
  assert.equal(freed % 32, 0)
  assert.equal(statSync(path).size, size)
  assert.ok(statSync(path).blocks < blocks / 2)
  const text = await textOf(path, space)
  assert.ok(text.startsWith(line(freed / 32)) && text.endsWith(line(9999)))
  assert.equal(createLogSpace({ maxBytes, log: silentLog }).freed(path), freed, 'the next server knows')
})

test('a log within its limit is left alone', async (t) => {
  const { path, space } = logOf(t, 2000)
  assert.equal(await space.trim(path, statSync(path).size), undefined)
  assert.equal(existsSync(freedPath(path)), false)
})

test('old lines go without being too many', async (t) => {
  const { path, space } = logOf(t, 2000)
  assert.equal(await space.trim(path, 64_000, 32_000), 32_000)
})

test('a follower that is behind gets every line once', async (t) => {
  const { path, space, line } = logOf(t, 4000)
  const run = { ended: false, wake: () => {} }
  const end: RunEnd = {
    hasEnded: () => run.ended,
    onEnd: (callback) => {
      run.wake = callback
      return () => {}
    },
  }
  const file = await open(path, 'r')
  const chunks: string[] = []
  for await (const chunk of streamLog({ file, path, from: 0, space, follow: end })) {
    chunks.push(Buffer.from(chunk).toString())
    const { size } = statSync(path)
    await space.trim(path, size)
    if (size < 32 * 6000) appendFileSync(path, Array.from({ length: 500 }, (_, n) => line(size / 32 + n)).join(''))
    else run.ended = true
    run.wake()
  }
  const count = statSync(path).size / 32
  assert.equal(chunks.join(''), Array.from({ length: count }, (_, n) => line(n)).join(''))
  assert.ok(space.freed(path) > 0, 'what it has read is freed behind it')
})

test('a log that is gone, and one on a disk that cannot do it, are no trouble', async () => {
  const warned: string[] = []
  const space = createLogSpace({ maxBytes, log: { ...silentLog, warn: (text) => warned.push(text) } })
  assert.equal(await space.trim('/nowhere/main.0.log', 1_000_000), undefined)
  assert.deepEqual(warned, [])
})
