import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryDirectory } from '../../test/support/executable.ts'
import { realClock } from '../../test/support/real-clock.ts'
import { silentLog } from '../base/index.ts'
import { createProcessRuntime } from './process/index.ts'
import { spreadDirectory } from './spread-directory.ts'

const EXT4 = 0xef53
const { path: dir, dispose } = temporaryDirectory()
process.on('exit', dispose)
const skip =
  statfsSync(dir).type !== EXT4
    ? 'the directory for temporary files is not on ext4'
    : spawnSync('chattr', ['-V']).error !== undefined && 'needs chattr (package e2fsprogs)'

/** The attributes of a directory, as ext4 has them. */
const attributes = (path: string): string =>
  execFileSync('lsattr', ['-d', path], { encoding: 'utf8' }).split(' ')[0] ?? ''

test('a directory is marked for the file system', { skip }, async () => {
  mkdirSync(`${dir}/one`)
  assert.doesNotMatch(attributes(`${dir}/one`), /T/)
  await spreadDirectory(`${dir}/one`)
  assert.match(attributes(`${dir}/one`), /T/)
})

test('those of pods are, on disk', { skip }, async () => {
  const runtime = await createProcessRuntime({
    ...{ dir: `${dir}/runtime`, version: '0', clock: realClock, log: silentLog, hostEnv: process.env },
  })
  await runtime.canMount()
  assert.match(attributes(`${dir}/runtime/pods`), /T/)
  await runtime.close()
})

test('a file system of another kind is left alone', async () => {
  await spreadDirectory('/proc')
})
