import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { COOKIE, sweep } from './process-tree.ts'

for (const [by, id, args, env] of [
  ['its cookie', 'by-cookie/main.0', [], { [COOKIE]: 'by-cookie/main.0' }],
  ['the launch script that it reads', 'by-script/main.0', ['/somewhere/pods/by-script/main.0.run'], {}],
] as const) {
  test(`a process of a run is found by ${by}`, async () => {
    const own = `${process.pid}-${id}`
    const words = args.map((arg) => arg.replace(id, own))
    const marks = Object.fromEntries(Object.entries(env).map(([name]) => [name, own]))
    const reader = spawn('sh', ['-c', 'echo ready; read _', ...words], {
      env: { PATH: process.env['PATH'], ...marks },
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    await once(reader.stdout, 'data')
    sweep((each) => each === `${own}0`)
    assert.equal(reader.signalCode, null, 'another run has not ended')
    const ended = once(reader, 'exit')
    assert.deepEqual([...sweep((each) => each === own)], [own])
    assert.deepEqual(await ended, [null, 'SIGKILL'])
  })
}
