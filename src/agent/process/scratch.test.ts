import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { temporaryDirectory } from '../../../test/support/executable.ts'
import { silentLog } from '../../base/index.ts'
import { claimDirectory, isAbandoned, removeAbandoned } from './scratch.ts'

/** A place for scratch directories, and one in it that an earlier server has claimed. */
function world(t: TestContext) {
  const { path: root, dispose } = temporaryDirectory()
  t.after(dispose)
  const [scratch, data] = [`${root}/jobd/one`, `${root}/data`]
  mkdirSync(scratch, { recursive: true })
  mkdirSync(data)
  return { scratch, data, own: `${root}/jobd/own` }
}

/** As a process of this number that is long gone would have claimed it; numbered as we are unless told otherwise. */
function claimAs(scratch: string, data: string, numbering?: string): void {
  claimDirectory(scratch, data)
  const [dir, daemon = ''] = readFileSync(`${scratch}/owner`, 'utf8').split('\n')
  const ours = daemon.split(' ')[2]
  writeFileSync(`${scratch}/owner`, `${dir}\n${process.pid} 1 ${numbering ?? ours}\n`)
}

describe('a directory that a server has claimed', () => {
  const cases: readonly (readonly [string, (scratch: string, data: string) => void, boolean])[] = [
    ['is in use while the server lives', (scratch, data) => claimDirectory(scratch, data), false],
    ['is abandoned when the server has gone', (scratch, data) => claimAs(scratch, data), true],
    ['counts as in use when it was claimed under other numbers', (scratch, data) => claimAs(scratch, data, 'x'), false],
    [
      'of a server that did not say which it was is abandoned',
      (scratch, data) => writeFileSync(`${scratch}/owner`, data),
      true,
    ],
    ['that says nothing counts as in use', () => {}, false],
  ]
  for (const [sentence, claim, expected] of cases) {
    test(sentence, (t) => {
      const { scratch, data } = world(t)
      claim(scratch, data)
      assert.equal(isAbandoned(scratch), expected)
    })
  }

  test('is in use while a run of it goes on', async (t) => {
    const { scratch, data } = world(t)
    claimAs(scratch, data)
    const run = spawn('sh', ['-c', 'echo up; read end', 'sh', `${scratch}/pods`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(run.stdout, 'data')
    assert.equal(isAbandoned(scratch), false)
    const ended = once(run, 'exit')
    run.stdin.end()
    await ended
    assert.equal(isAbandoned(scratch), true)
  })
})

const skip = process.getuid?.() === 0 ? false : 'only root has places outside the data directory'
test('an abandoned directory goes with its mounts once its data are gone, and no other', { skip }, async (t) => {
  const { scratch, data, own } = world(t)
  mkdirSync(own)
  mkdirSync(`${scratch}/memory`)
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', `${scratch}/memory`])
  writeFileSync(`${scratch}/memory/file`, '')
  claimAs(scratch, data)
  await removeAbandoned(own, silentLog)
  assert.equal(existsSync(`${scratch}/memory/file`), true, 'the data are there')
  rmSync(data, { recursive: true })
  await removeAbandoned(own, silentLog)
  assert.deepEqual(readdirSync(`${own}/..`), ['own'])
})
