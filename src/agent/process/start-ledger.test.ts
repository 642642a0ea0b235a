import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../base/index.ts'
import { openStartLedger } from './start-ledger.ts'

test('a start is known to the next boot, not to the same one, and what nobody asks for any more is let go of', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'jobd-starts-'))
  const path = join(directory, 'starts')
  const open = (boot: string) => openStartLedger({ path, boot, known: () => ['p2/main.0'], log: silentLog, most: 50 })
  const first = open('one')
  await Promise.all([first.note('p1/main.0'), first.note('p2/main.0')])
  assert.equal(readFileSync(path, 'utf8'), 'boot one\np1/main.0\np2/main.0\n')
  assert.equal(first.isOfEarlierBoot('p1/main.0'), false)
  await first.close()
  const again = open('one')
  assert.equal(again.isOfEarlierBoot('p1/main.0'), false)
  await again.close()
  const second = open('two')
  assert.deepEqual(
    ['p1/main.0', 'p2/main.0', 'p3/main.0'].map((stem) => second.isOfEarlierBoot(stem)),
    [true, true, false],
  )
  for (const stem of ['p3/main.0', 'p4/main.0', 'p5/main.0']) await second.note(stem)
  assert.equal(readFileSync(path, 'utf8'), 'boot two\np2/main.0\np5/main.0\n')
  await second.close()
  rmSync(directory, { recursive: true })
})

test('a start goes on where it cannot be noted', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'jobd-starts-'))
  const path = join(directory, 'starts')
  const warned: string[] = []
  const log = { ...silentLog, warn: (message: string) => void warned.push(message) }
  const ledger = openStartLedger({ path: join(path, 'none'), boot: 'one', known: () => [], log })
  await ledger.note('p1/main.0')
  assert.deepEqual(warned, ['a start could not be noted on the disk'])
  mkdirSync(path)
  await ledger.note('p2/main.0')
  assert.equal(readFileSync(join(path, 'none'), 'utf8'), '\nboot one\np2/main.0\n')
  await ledger.close()
  rmSync(directory, { recursive: true })
})
