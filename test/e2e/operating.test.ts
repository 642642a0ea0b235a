/** What people who run a server look at: the audit log, health, and requests that are too many. */
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { type Requests, requestsTo } from '../support/requests.ts'

type Line = {
  readonly verb: string
  readonly user: { readonly username: string }
  readonly impersonatedUser?: { readonly username: string }
  readonly objectRef?: { readonly resource: string; readonly name?: string }
  readonly responseStatus: { readonly code: number }
  readonly annotations: Readonly<Record<string, string>>
}

describe('operating a server', { timeout: 300_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  const file = join(path, 'audit.log')
  let server: Server
  let requests: Requests
  before(async () => {
    server = await startServer(path, '--runtime', 'none', '--audit-log', file)
    requests = requestsTo(server)
  })
  after(dispose)

  test('the health of the store is told', async () => {
    const { text } = await requests.send({ path: '/readyz?verbose' })
    assert.equal(text, '[+]ping ok\n[+]store ok\nreadyz check passed\n')
    assert.equal((await requests.send({ path: '/livez/store' })).text, 'ok')
  })

  test('the audit log has a line for each request, and no secret', async () => {
    const secrets = '/api/v1/namespaces/default/secrets'
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'one' }, stringData: { key: 'most-secret' } }
    assert.equal((await requests.json('POST', secrets, secret)).code, 201)
    await requests.send({ path: `${secrets}/one`, headers: { 'Impersonate-User': 'alice' } })
    requests.close()
    assert.equal(await server.stop(), 0)
    const text = readFileSync(file, 'utf8')
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    const told = lines.map(({ verb, user, impersonatedUser, objectRef, responseStatus, annotations }) =>
      [
        verb,
        objectRef?.resource,
        user.username,
        impersonatedUser?.username,
        responseStatus.code,
        annotations['authorization.k8s.io/decision'],
      ].join(' '),
    )
    assert.deepEqual(told, [
      'create secrets kubernetes-admin  201 allow',
      'get secrets kubernetes-admin alice 403 forbid',
    ])
    assert.doesNotMatch(text, /most-secret|bW9zdC1zZWNyZXQ/)
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  test('an audit log that cannot be written is refused at the start', async () => {
    const ended = await runProgram(jobd, [
      ...['up', '--data-dir', path, '--listen', '127.0.0.1:0', '--runtime', 'none'],
      ...['--audit-log', join(path, 'no', 'audit.log')],
    ])
    assert.deepEqual([ended.code, ended.out], [1, ''])
    assert.match(ended.err, /^the audit log .*audit\.log cannot be written: there is no such file or directory; choose/)
  })
})
