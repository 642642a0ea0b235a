import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect } from 'node:tls'
import { WebSocket } from 'ws'
import { httpContract } from '../../../test/contract/http-contract.ts'
import { http1Calls, http2Calls } from '../../../test/support/http-calls.ts'
import { type TestServer, testServer } from '../../../test/support/http-server.ts'
import { silentLogs } from '../../../test/support/silent-logs.ts'
import { ok } from '../../base/index.ts'
import { ensureCertificates } from '../auth/index.ts'
import type { ExecEnd, PodStreams } from './index.ts'

const encoder = new TextEncoder()
const bytes = (text: string): Uint8Array => encoder.encode(text)

/** A container that says what it was asked, then repeats its input. */
const streams: PodStreams = {
  exec: async (asked, output) => {
    output.stdout(bytes(`${asked.kind} ${asked.command.join(' ')} in ${asked.container}\n`))
    const end = (how: ExecEnd): void => output.end(how)
    if (asked.command[0] === 'false') end({ kind: 'Exited', exitCode: 3 })
    return ok({
      write: (data, taken) => {
        output.stdout(data)
        taken()
      },
      endStdin: () => end({ kind: 'Exited', exitCode: 0 }),
      resize: ({ width, height }) => void output.stderr(bytes(`${width}x${height}`)),
      resume() {},
      close() {},
    })
  },
  portForward: async ({ port }, output) => {
    output.data(bytes(`port ${port}`))
    return ok({
      write: (data, taken) => {
        output.data(data)
        taken()
      },
      end() {},
      close() {},
      resume() {},
    })
  },
}

const silence = silentLogs()

httpContract('HTTP/1.1', http1Calls)
httpContract('HTTP/2', http2Calls)

describe('the HTTPS server', () => {
  let world: TestServer
  const maps = '/api/v1/namespaces/default/configmaps'
  before(async () => {
    world = await testServer({ streams, logs: silence.logs })
    const { call } = http1Calls({ url: world.url, ca: world.certificates.ca })
    const headers = { Authorization: 'Bearer admintoken' }
    const post = async (resource: string, object: object): Promise<void> => {
      const path = `/api/v1/namespaces/default/${resource}`
      assert.equal((await call({ method: 'POST', path, headers, body: JSON.stringify(object) })).code, 201)
    }
    await post('serviceaccounts', { metadata: { name: 'default' } })
    await post('pods', { metadata: { name: 'p' }, spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] } })
    await post('configmaps', { metadata: { name: 'long' } })
  })
  after(() => world.close())

  it('sends watches to WebSockets', async () => {
    const socket = new WebSocket(
      `${world.url.replace('https', 'wss')}${maps}?watch=1&fieldSelector=metadata.name%3Dlong`,
      {
        ca: world.certificates.ca,
        headers: { Authorization: 'Bearer admintoken' },
      },
    )
    const [data] = (await once(socket, 'message')) as [Buffer]
    assert.equal((JSON.parse(data.toString()) as { type: string }).type, 'ADDED')
    socket.terminate()
  })
  it('tells of a body that is too large before it ends', async () => {
    const headers = { authorization: 'Bearer admintoken' }
    const path = '/api/v1/namespaces/default/configmaps'
    const req = request(`${world.url}${path}`, { method: 'POST', ca: world.certificates.ca, agent: false, headers })
    req.write(Buffer.alloc(3 * 1024 * 1024 + 1, ' '))
    const [res] = (await once(req, 'response')) as [IncomingMessage]
    assert.equal(res.statusCode, 413)
    req.on('error', () => {}).destroy()
  })
  it('lets go of a log whose reader went before it was opened', async () => {
    const path = '/api/v1/namespaces/default/pods/p/log?follow=true'
    const headers = { authorization: 'Bearer admintoken' }
    const req = request(`${world.url}${path}`, { ca: world.certificates.ca, agent: false, headers }).end()
    req.on('error', () => {})
    await silence.asked.promise
    req.destroy()
    await new Promise((resolve) => req.once('close', resolve))
    silence.opened.resolve()
    await silence.left.promise
  })
  it('speaks nothing older than TLS 1.2', async () => {
    const { port } = world.server.address
    const socket = connect({
      port,
      host: '127.0.0.1',
      ca: world.certificates.ca,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    assert.match(error.message, /protocol|alert|version/i)
  })

  describe('reaches containers', () => {
    const pod = '/api/v1/namespaces/default/pods/p'
    const open = (
      path: string,
      protocols: string[],
      headers: OutgoingHttpHeaders = { Authorization: 'Bearer admintoken' },
    ): WebSocket =>
      new WebSocket(`${world.url.replace('https', 'wss')}${pod}${path}`, protocols, {
        ca: world.certificates.ca,
        headers: headers as Record<string, string>,
      })
    const messages = async (
      socket: WebSocket,
      send: readonly (string | Buffer)[] = [],
    ): Promise<[string[], number]> => {
      const received: string[] = []
      socket.on('message', (data: Buffer) => received.push(data.toString('latin1')))
      socket.on('open', () => {
        for (const each of send) socket.send(each)
      })
      const [code] = (await once(socket, 'close')) as [number]
      return [received.filter((text) => text.length > 1), code]
    }
    const success = '\x03{"metadata":{},"status":"Success"}'

    it('exec with input and its end', async () => {
      const socket = open('/exec?command=cat&stdin=1&stdout=1&stderr=1', ['v5.channel.k8s.io'])
      const resize = Buffer.from('\x04{"Width":80,"Height":24}', 'latin1')
      const [received, code] = await messages(socket, [Buffer.from('\0hi'), resize, Buffer.from([255, 0])])
      assert.equal(socket.protocol, 'v5.channel.k8s.io')
      assert.deepEqual(received, ['\x01exec cat in c\n', '\x01hi', '\x0280x24', success])
      assert.equal(code, 1000)
    })
    it('exec that fails', async () => {
      const [received] = await messages(open('/exec?command=false&stdout=1', ['v4.channel.k8s.io']))
      const status = JSON.parse((received.at(-1) ?? '').slice(1)) as { reason: string; details: { causes: unknown } }
      assert.equal(status.reason, 'NonZeroExitCode')
      assert.deepEqual(status.details.causes, [{ reason: 'ExitCode', message: '3' }])
    })
    it('exec in base64', async () => {
      const [received] = await messages(open('/exec?command=false&stdout=1', ['v4.base64.channel.k8s.io']))
      assert.equal(received[0], `1${Buffer.from('exec false in c\n').toString('base64')}`)
    })
    it('with a token as protocol, which is not echoed', async () => {
      const token = `base64url.bearer.authorization.k8s.io.${Buffer.from('admintoken').toString('base64url')}`
      const socket = open('/exec?command=false&stdout=1', [token, 'v4.channel.k8s.io'], {})
      await messages(socket)
      assert.equal(socket.protocol, 'v4.channel.k8s.io')
    })
    it('ports', async () => {
      const socket = open('/portforward?ports=8080', ['v4.channel.k8s.io'])
      const received: Buffer[] = []
      socket.on('message', (data: Buffer) => {
        received.push(data)
        if (received.length === 3) socket.send(Buffer.from('\0ping'))
        if (received.length === 4) socket.close()
      })
      await once(socket, 'close')
      assert.deepEqual(
        received.map((data) => data.toString('latin1')),
        ['\0\x90\x1f', '\x01\x90\x1f', '\0port 8080', '\0ping'],
      )
    })
    it('ports over SPDY within a WebSocket, whose protocol has a name that RFC 6455 forbids', async () => {
      const protocol = 'SPDY/3.1+portforward.k8s.io'
      const asked = request(`${world.url}${pod}/portforward`, {
        agent: false,
        ca: world.certificates.ca,
        headers: {
          Authorization: 'Bearer admintoken',
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64'),
          'Sec-WebSocket-Protocol': protocol,
        },
      })
      const answered = new Promise<[IncomingMessage, Socket | undefined, Buffer | undefined]>((resolve, reject) => {
        asked.on('upgrade', (res, socket, head) => resolve([res, socket as Socket, head]))
        asked.on('response', (res) => resolve([res, undefined, undefined]))
        asked.on('error', reject)
      })
      asked.end()
      const [res, socket, head] = await answered
      assert.deepEqual([res.statusCode, res.headers['sec-websocket-protocol']], [101, protocol])
      assert.ok(socket !== undefined)
      const ping = Buffer.from('800300060000000400000001', 'hex')
      socket.write(Buffer.concat([Buffer.of(0x82, 0x80 | ping.length, 0, 0, 0, 0), ping]))
      let received = head ?? Buffer.alloc(0)
      while (received.length < 2 + ping.length) {
        const [chunk] = (await once(socket, 'data')) as [Buffer]
        received = Buffer.concat([received, chunk])
      }
      socket.destroy()
      assert.deepEqual(received, Buffer.concat([Buffer.of(0x82, ping.length), ping]))
    })
    const refused = async (socket: WebSocket): Promise<[number | undefined, string]> => {
      const [, res] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage]
      let text = ''
      for await (const chunk of res) text += chunk
      return [res.statusCode, (JSON.parse(text) as { message: string }).message]
    }
    it('but not without the right to', async () => {
      const [code] = await refused(
        open('/exec?command=ls', ['v5.channel.k8s.io'], { Authorization: 'Bearer alicetoken' }),
      )
      assert.equal(code, 403)
    })
    it('but not for a page of another origin that only has a certificate', async () => {
      const { cert, key } = world.certificates.admin
      const url = `${world.url.replace('https', 'wss')}${pod}/exec?command=false`
      const options = { ca: world.certificates.ca, cert, key }
      const evil = new WebSocket(url, ['v4.channel.k8s.io'], {
        ...options,
        headers: { Origin: 'https://evil.example' },
      })
      assert.equal((await refused(evil))[0], 400)
      const own = new WebSocket(url, ['v4.channel.k8s.io'], { ...options, headers: { Origin: world.url } })
      await messages(own)
      assert.equal(own.protocol, 'v4.channel.k8s.io')
    })
    it('but not another container', async () =>
      assert.deepEqual(await refused(open('/exec?command=ls&container=x', ['v5.channel.k8s.io'])), [
        400,
        'container x is not valid for pod p',
      ]))
    it('over SPDY as old clients ask for it, if it is spoken', async () => {
      const ask = (path: string, protocol: string) =>
        request(`${world.url}${pod}${path}`, {
          method: 'POST',
          ca: world.certificates.ca,
          agent: false,
          headers: {
            Authorization: 'Bearer admintoken',
            Connection: 'Upgrade',
            Upgrade: 'SPDY/3.1',
            'X-Stream-Protocol-Version': protocol,
          },
        }).end()
      const [res, socket] = (await once(ask('/exec?command=ls', 'v9.x, v4.channel.k8s.io'), 'upgrade')) as [
        IncomingMessage,
        Socket,
      ]
      assert.equal(res.headers['x-stream-protocol-version'], 'v4.channel.k8s.io')
      socket.destroy()
      const [refusal] = (await once(ask('/exec?command=ls', 'v9.x'), 'response')) as [IncomingMessage]
      refusal.resume()
      assert.equal(refusal.statusCode, 400)
      const [other] = (await once(ask('/status', ''), 'response')) as [IncomingMessage]
      other.resume()
      assert.equal(other.statusCode, 405)
    })
  })
})

describe('a server whose certificates are renewed', () => {
  it('shows the new one from the next connection on', async () => {
    const world = await testServer()
    const dir = mkdtempSync(join(tmpdir(), 'jobd-renewed-'))
    const made = ensureCertificates({ dataDir: dir, hosts: [], now: world.api.now() })
    rmSync(dir, { recursive: true })
    const subject = async (ca: string): Promise<string> => {
      const socket = connect({ port: world.server.address.port, host: '127.0.0.1', ca })
      await once(socket, 'secureConnect')
      const { fingerprint256 } = socket.getPeerCertificate()
      socket.destroy()
      return fingerprint256
    }
    const before = await subject(world.certificates.ca)
    world.server.renew({ ...made.server, ca: made.ca })
    assert.notEqual(await subject(made.ca), before)
    await world.close()
  })
})

describe('a server that ends', () => {
  it('ends watches and closes', async () => {
    const world = await testServer()
    const { client, close } = world
    const ended = new Promise<void>((resolve) => {
      client().client.watch('configmaps', { resourceVersion: '' }, { onEvents() {}, onEnd: () => resolve() })
    })
    const listed = await client().client.list('configmaps')
    assert.ok(listed.ok)
    await new Promise((resolve) => setImmediate(resolve))
    await close()
    await ended
  })
})
