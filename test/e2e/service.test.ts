/** `jobd service` below a root directory of its own, with the units as systemd itself reads them. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { jobd, runProgram, temporaryDirectory } from '../support/executable.ts'

const { path, dispose } = temporaryDirectory()
after(dispose)
const hasSystemd = existsSync('/usr/bin/systemd-analyze')

for (const scope of ['--user', '--system']) {
  test(`systemd finds no fault in the unit of ${scope}`, {
    skip: hasSystemd ? false : 'systemd is not installed',
  }, async () => {
    const args = [
      'service',
      'install',
      scope,
      '--dry-run',
      '--data-dir',
      join(path, 'with blank % and $HOME'),
      '--',
      '--exact',
    ]
    const shown = await runProgram(jobd, args)
    assert.equal(shown.code, 0, shown.err)
    assert.match(
      shown.out,
      /ExecStart=\S+\/bin\/jobd up --data-dir ".*with blank %% and \$\$HOME" --listen 127\.0\.0\.1:6443 --exact\n/,
    )
    const file = join(path, `jobd${scope}.service`)
    writeFileSync(file, shown.out)
    const verified = await runProgram('systemd-analyze', ['verify', '--man=no', file])
    assert.deepEqual([verified.code, verified.out, verified.err], [0, '', ''])
  })

  test(`a unit of ${scope} is installed, replaced and removed`, async () => {
    const root = join(path, `root${scope}`)
    const env = { XDG_CONFIG_HOME: '/home/me/.config' }
    const file = join(root, scope === '--user' ? 'home/me/.config/systemd/user' : 'etc/systemd/system', 'jobd.service')
    const run = (...args: readonly string[]) => runProgram(jobd, ['service', ...args, scope, '--root', root], { env })
    const installed = await run('install')
    assert.deepEqual([installed.code, installed.err], [0, `wrote ${file}\n`])
    assert.equal((await run('install', '--listen', '127.0.0.1:7443')).code, 0)
    assert.match(readFileSync(file, 'utf8'), /--listen 127\.0\.0\.1:7443/)
    assert.deepEqual((await run('uninstall')).err, `removed ${file}\n`)
    assert.equal(existsSync(file), false)
    const again = await run('uninstall')
    assert.deepEqual([again.code, again.err], [1, `${file} does not exist: nothing is installed there\n`])
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, '[Service]\nExecStart=/bin/true\n')
    for (const verb of ['install', 'uninstall']) {
      const refused = await run(verb)
      assert.deepEqual([refused.code, refused.err], [1, `${file} was not written by jobd: move it away first\n`])
    }
  })
}

test('the Node of the unit is the one that jobd starts with', async () => {
  const elsewhere = await runProgram(jobd, ['version'], { env: { JOBD_NODE: '/nonexistent/node' } })
  assert.equal(elsewhere.code, 1)
  assert.match(elsewhere.err, /\/nonexistent\/node/)
})
