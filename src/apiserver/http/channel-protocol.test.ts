import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseProtocol, frameMessage, offeredProtocols, readMessage } from './channel-protocol.ts'

describe('channel protocols', () => {
  const cases: readonly [string, readonly string[], string | undefined][] = [
    [
      'the first offered one that is known',
      ['v6.channel.k8s.io', 'v5.channel.k8s.io', 'v4.channel.k8s.io'],
      'v5.channel.k8s.io',
    ],
    ['none offered is the oldest', [], ''],
    ['none known', ['SPDY/3.1'], undefined],
    ['a name of the prototype is not known', ['constructor'], undefined],
  ]
  for (const [name, offered, expected] of cases) {
    it(name, () => assert.equal(chooseProtocol(offered, 'exec')?.name, expected))
  }
  it('port forwarding knows only version 4', () =>
    assert.equal(chooseProtocol(['v5.channel.k8s.io', 'v4.channel.k8s.io'], 'portforward')?.version, 4))
  it('a token is no protocol', () =>
    assert.deepEqual(offeredProtocols('tok.abc, v4.channel.k8s.io', 'tok.'), ['v4.channel.k8s.io']))
  for (const name of ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io']) {
    it(`${name} reads what it writes`, () => {
      const protocol = chooseProtocol([name], 'exec')
      assert.ok(protocol)
      const framed = frameMessage(protocol, 2, Buffer.from('ü\0x'))
      const message = readMessage(protocol, typeof framed === 'string' ? Buffer.from(framed) : framed)
      assert.deepEqual([message?.channel, Buffer.from(message?.bytes ?? []).toString()], [2, 'ü\0x'])
    })
  }
  it('an empty message has no channel', () => {
    const protocol = chooseProtocol([], 'exec')
    assert.ok(protocol)
    assert.equal(readMessage(protocol, new Uint8Array(0)), undefined)
  })
})
