import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { Batch } from './messages.ts'
import { commitWithin, openReserve } from './reserve.ts'

describe('the reserve', () => {
  let directory = ''
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'jobd-reserve-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const path = () => join(directory, 'db.reserve')
  const size = () => statSync(path(), { throwIfNoEntry: false })?.size
  const whole = 8 << 20
  const enospc = () => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  /** A database that refuses so many commits, and what was asked of it. */
  function database(refusals: number, error: () => Error = enospc) {
    const asked: string[] = []
    const commit = () => {
      asked.push('commit')
      if (asked.filter((word) => word === 'commit').length <= refusals) throw error()
    }
    return { asked, commit, foldLog: () => void asked.push('fold') }
  }
  const batch = {} as Batch

  test('is there from the start, readable by its owner alone, and again when it was cut short', () => {
    assert.equal(openReserve(path()).state, 'Held')
    assert.equal(size(), whole)
    assert.equal((statSync(path()).mode & 0o777).toString(8), '600')
    writeFileSync(path(), 'short')
    openReserve(path())
    assert.equal(size(), whole)
  })

  test('is given up for what makes room, and taken back before anything else is written', () => {
    const reserve = openReserve(path())
    const full = database(1)
    commitWithin(reserve, full, { batch, makesRoom: true })
    assert.deepEqual(full.asked, ['commit', 'fold', 'commit'])
    assert.equal(size(), 0)
    const roomy = database(0)
    commitWithin(reserve, roomy, { batch, makesRoom: true })
    assert.equal(size(), 0)
    commitWithin(reserve, roomy, { batch, makesRoom: false })
    assert.equal(size(), whole)
    assert.deepEqual(roomy.asked, ['commit', 'commit'])
  })

  const kept: readonly (readonly [sentence: string, makesRoom: boolean, error: () => Error])[] = [
    ['is not given up for what takes room', false, enospc],
    ['is not given up for another error', true, () => new Error('disk I/O error')],
  ]
  for (const [sentence, makesRoom, error] of kept) {
    test(sentence, () => {
      const reserve = openReserve(path())
      assert.throws(() => commitWithin(reserve, database(1, error), { batch, makesRoom }), error().constructor)
      assert.equal(size(), whole)
    })
  }

  test('that somebody removed is given up all the same', () => {
    const reserve = openReserve(path())
    rmSync(path())
    commitWithin(reserve, database(1), { batch, makesRoom: true })
    assert.equal(reserve.state, 'GivenUp')
  })

  test('that could not be taken keeps nothing from being written', () => {
    const reserve = openReserve(join(directory, 'no', 'such', 'directory'))
    assert.equal(reserve.state, 'Missing')
    commitWithin(reserve, database(0), { batch, makesRoom: false })
  })
})
