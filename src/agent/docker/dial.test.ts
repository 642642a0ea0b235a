import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dialThrough } from './dial.ts'

for (const { name, script, told } of [
  { name: 'ends without a word', script: 'exit 3', told: /ended before it was connected \(exit code 3\)$/ },
  { name: 'is killed', script: 'kill -9 $$', told: /ended before it was connected \(SIGKILL\)$/ },
  { name: 'is refused', script: 'echo connect ECONNREFUSED >&2; exit 1', told: /^connect ECONNREFUSED$/ },
]) {
  test(`a relay that ${name} fails the connection with a sentence`, async () => {
    const dialled = await dialThrough('sh', ['-c', script])
    assert.match(dialled.ok ? 'connected' : dialled.error, told)
  })
}

test('a relay that cannot be started fails the connection', async () => {
  const dialled = await dialThrough('jobd-has-no-such-program', [])
  assert.match(dialled.ok ? 'connected' : dialled.error, /ENOENT/)
})

test('what a relay has brought before it ended is read to the end', async () => {
  const dialled = await dialThrough('sh', ['-c', 'printf connected >&2; printf data >&3'])
  assert.ok(dialled.ok)
  const said: string[] = []
  await new Promise<void>((resolve) => {
    dialled.value.on('data', (bytes) => said.push(Buffer.from(bytes).toString()))
    dialled.value.on('end', resolve)
  })
  dialled.value.destroy()
  assert.equal(said.join(''), 'data')
})
