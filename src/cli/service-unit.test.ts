import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unitText, unitWord } from './service-unit.ts'

const words: readonly (readonly [string, string])[] = [
  ['/usr/bin/jobd', '/usr/bin/jobd'],
  ['127.0.0.1:6443', '127.0.0.1:6443'],
  ['/a b', '"/a b"'],
  ['100%', '100%%'],
  ['$HOME', '$$HOME'],
  ['say "x" \\', '"say \\"x\\" \\\\"'],
  ['two\nlines', '"two\\nlines"'],
  ['', '""'],
]
for (const [text, word] of words) {
  test(`${JSON.stringify(text)} is one word of a unit`, () => assert.equal(unitWord(text), word))
}

test('pods outlive the service in both scopes, and only the system has powers to take away', () => {
  const request = { executable: '/j', node: '/n', dataDirectory: '/d', listen: 'h:1', flags: ['--exact'] }
  for (const scope of ['system', 'user'] as const) {
    const text = unitText({ scope, ...request })
    assert.match(text, /^ExecStart=\/j up --data-dir \/d --listen h:1 --exact$/m)
    for (const line of ['KillMode=process', 'Delegate=yes', 'Restart=always', 'OOMPolicy=continue'])
      assert.ok(text.includes(`\n${line}\n`), line)
    for (const line of ['Type=notify', 'RestartPreventExitStatus=2']) assert.ok(text.includes(`\n${line}\n`), line)
    assert.equal(text.includes('CapabilityBoundingSet='), scope === 'system')
    assert.equal(text.includes('\nRequiresMountsFor="/d"\n'), scope === 'system')
    assert.ok(text.endsWith(`WantedBy=${scope === 'system' ? 'multi-user' : 'default'}.target\n`))
  }
})
