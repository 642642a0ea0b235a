/** What docs/security.md says of the running executable. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { connect, type SecureVersion } from 'node:tls'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { requestsTo } from '../support/requests.ts'

describe('security', { timeout: 240_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  const directory = join(path, 'data')
  let server: Server
  before(async () => {
    server = await startServer(directory)
  })
  after(async () => {
    await server.stop()
    dispose()
  })

  /** What a handshake of this version comes to: the version, or why there is none. */
  const handshake = (version: SecureVersion): Promise<string | null> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(server.url)
      const options = {
        host: hostname,
        port: Number(port),
        minVersion: version,
        maxVersion: version,
        rejectUnauthorized: false,
        // Without this our own side refuses the old versions, and the server would not be asked.
        ciphers: 'DEFAULT@SECLEVEL=0',
      }
      const socket = connect(options, () => {
        resolve(socket.getProtocol())
        socket.destroy()
      })
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    })

  test('TLS before 1.2 is refused by the server', async () => {
    assert.deepEqual([await handshake('TLSv1.3'), await handshake('TLSv1.2')], ['TLSv1.3', 'TLSv1.2'])
    for (const version of ['TLSv1.1', 'TLSv1'] as const)
      assert.match((await handshake(version)) ?? '', /PROTOCOL_VERSION/)
  })

  test('nobody but the owner can look into the data directory, nor at a secret file by itself', async () => {
    const ran = await runProgram(jobd, ['run', '--data-dir', directory, '--', 'true'])
    assert.equal(ran.code, 0, ran.err)
    assert.equal(statSync(directory).mode & 0o777, 0o700)
    const secret = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /(jobd\.db.*|kubeconfig|server\.json|\.key)$/.test(name),
    )
    for (const name of ['jobd.db', 'kubeconfig', 'pki/ca.key', 'pki/sa.key']) assert.ok(secret.includes(name), name)
    for (const name of secret) assert.equal(statSync(join(directory, name)).mode & 0o077, 0, name)
  })

  test('it listens on loopback alone', () => {
    const port = Number(new URL(server.url).port).toString(16).toUpperCase().padStart(4, '0')
    const listening = ['tcp', 'tcp6']
      .flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${port}`))
    assert.deepEqual(
      listening.map(([, local]) => local),
      [`0100007F:${port}`],
    )
  })

  test('who shows nothing sees nothing', async () => {
    const options = ['--silent', '--insecure', '--write-out', '%{http_code}', '--output', '/dev/null']
    for (const [place, code] of [
      ['/version', '200'],
      ['/readyz', '200'],
      ['/api/v1/secrets', '403'],
      ['/apis/batch/v1/jobs', '403'],
      ['/jobd/v1/backup', '403'],
      ['/metrics', '403'],
    ] as const)
      assert.equal((await runProgram('curl', [...options, `${server.url}${place}`])).out, code, place)
  })

  describe('a request that two servers would read differently', () => {
    const configMap = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'smuggled' } })
    const path = '/api/v1/namespaces/default/configmaps'
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`
    const hidden = `${head}Content-Length: ${configMap.length}\r\n\r\n${configMap}`
    const empty = 'GET /readyz HTTP/1.1\r\nHost: x\r\n'
    for (const [name, bytes] of [
      ['has a length and pieces', `${empty}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
      ['has two lengths', `${empty}Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`],
      [
        'has an encoding in pieces that is not the last',
        `${empty}Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n${hidden}`,
      ],
      ['has a blank before the colon', `${empty}Content-Length : 0\r\n\r\n${hidden}`],
      ['has a header that goes on in the next line', `${empty}X: a\r\n b\rContent-Length: 0\r\n\r\n${hidden}`],
      ['has a length that is no number', `${empty}Content-Length: 0x10\r\n\r\n${hidden}`],
      ['has a piece of no length', `${empty}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${hidden}`],
    ] as const)
      test(`${name}: it ends the connection, and what came behind is not carried out`, async () => {
        const requests = requestsTo(server)
        try {
          const socket = await requests.open()
          socket.on('error', () => {})
          let answered = ''
          socket.on('data', (chunk: Buffer) => (answered += chunk.toString()))
          const closed = new Promise((resolve) => socket.once('close', resolve))
          socket.write(bytes)
          await closed
          assert.doesNotMatch(answered, /^HTTP\/1\.1 201 /m)
          assert.equal((await requests.send({ path: `${path}/smuggled` })).code, 404)
        } finally {
          requests.close()
        }
      })
  })
})
