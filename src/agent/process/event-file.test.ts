import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { followEventFile } from './event-file.ts'

test('each line is told once, half a line when it is whole, and what was read does not pile up', () => {
  const directory = mkdtempSync(join(tmpdir(), 'jobd-events-'))
  const path = join(directory, 'events')
  appendFileSync(path, 'S of an earlier daemon\n')
  const lines: string[] = []
  let emptied = 0
  const events = followEventFile({
    path,
    onLine: (line) => lines.push(line),
    onEmptied: () => {
      emptied += 1
    },
    most: 100,
  })
  appendFileSync(path, 'S a\nE a\nS ')
  events.read()
  assert.deepEqual(lines, ['S a', 'E a'])
  appendFileSync(path, `${'b'.repeat(80)}\n`)
  events.read()
  assert.deepEqual([lines.at(-1), emptied, statSync(path).size], [`S ${'b'.repeat(80)}`, 1, 0])
  appendFileSync(path, 'S c\n')
  events.read()
  assert.deepEqual([lines.at(-1), lines.length, emptied], ['S c', 4, 1])
  events.close()
  rmSync(directory, { recursive: true })
})
