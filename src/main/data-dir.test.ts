import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { dataDirectoryProblem, makeDataDirectory } from './data-dir.ts'

const root = mkdtempSync(join(tmpdir(), 'jobd-data-dir-'))
after(() => rmSync(root, { recursive: true, force: true }))
const there = join(root, 'there')
mkdirSync(there)
writeFileSync(join(there, 'jobd.db'), '')
writeFileSync(join(root, 'file'), '')

const asRoot = (problem: string): string => (process.getuid?.() === 0 ? problem : 'permission denied')
const cases: readonly (readonly [name: string, path: string, problem: string | undefined])[] = [
  ['one that is there', there, undefined],
  ['one that is not there yet', join(root, 'new'), undefined],
  ['one whose parents are not there either', join(root, 'a', 'b', 'c'), undefined],
  ['a file', join(root, 'file'), 'a file is in the way'],
  ['one below a file', join(root, 'file', 'x', 'y'), 'a file is in the way'],
  ['one with a name that is too long', join(root, 'x', 'n'.repeat(300)), 'name too long'],
  ['one that takes nothing', '/proc', asRoot('nothing can be made in it')],
  ['one where not even root makes any', '/proc/x/y', asRoot('no directory can be made in /proc')],
]
for (const [name, path, problem] of cases) {
  test(`whether a server could use ${name} is found out without a trace`, () => {
    assert.equal(dataDirectoryProblem(path), problem)
    assert.deepEqual(readdirSync(root).sort(), ['file', 'there'])
    assert.deepEqual(readdirSync(there), ['jobd.db'])
    const made = makeDataDirectory(path)
    // Of /proc it says so when it opens its database.
    if (path !== '/proc') assert.equal(made.ok, problem === undefined, 'the server says the same')
    for (const name of ['new', 'a', 'x']) rmSync(join(root, name), { recursive: true, force: true })
  })
}

test('nothing of what could be made is left where the rest could not', () => {
  assert.notEqual(dataDirectoryProblem(join(root, 'x', 'n'.repeat(300), 'z')), undefined)
  assert.equal(existsSync(join(root, 'x')), false)
})
