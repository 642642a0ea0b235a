import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryDirectory } from '../../../test/support/executable.ts'
import { launchScript } from './launch-script.ts'
import { SUPERVISOR } from './spawner-script.ts'

for (const [title, supervisor, expected] of [
  ['begins under its supervisor', process.pid, 'begun\n'],
  // No process has this number: it is the largest that there can be, and the kernel hands out none like it.
  ['does not begin when its supervisor was killed meanwhile', 4194304, ''],
] as const) {
  test(`a program without namespaces ${title}`, (t) => {
    const { path: dir, dispose } = temporaryDirectory()
    t.after(dispose)
    const logPath = `${dir}/log`
    const text = launchScript({
      ...{ base: `${dir}/run`, id: 'run', logPath, workingDir: '/', namespaced: false, envProgram: '/usr/bin/env' },
      ...{ argv: ['echo', 'begun'], env: { PATH: process.env['PATH'] ?? '' }, prepare: [], wrappers: [] },
    })
    writeFileSync(`${dir}/script`, `${SUPERVISOR}='${supervisor} (sh) S'\n( . ${dir}/script.run )\n`)
    writeFileSync(`${dir}/script.run`, text)
    const { status } = spawnSync('sh', [`${dir}/script`], { stdio: ['ignore', 'ignore', 'inherit', 'ignore'] })
    assert.equal(
      readFileSync(logPath, 'utf8')
        .split('\n')
        .filter((line) => line === 'begun')
        .join(''),
      expected.trim(),
    )
    assert.equal(status === 0, expected !== '')
  })
}
