import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Auth,
  authObjects,
  type Certificates,
  createAuth,
  ensureCertificates,
  ensureDefaultRoles,
  parseTokenFile,
} from '../../src/apiserver/auth/index.ts'
import { versionInfo } from '../../src/apiserver/discovery/index.ts'
import { createHttpServer, type HttpServer, type HttpServerConfig } from '../../src/apiserver/http/index.ts'
import { inProcessClient } from '../../src/apiserver/in-process/index.ts'
import { createOpenApi } from '../../src/apiserver/openapi/index.ts'
import type { RunningApi } from '../../src/apiserver/registry/index.ts'
import { silentLog } from '../../src/base/index.ts'
import { createRestClient, type RestClient, type RestConfig } from '../../src/client/index.ts'
import { testApi, testOptions } from './api.ts'
import { realClock } from './real-clock.ts'

export type TestServer = {
  readonly api: RunningApi
  readonly auth: Auth
  readonly certificates: Certificates
  readonly server: HttpServer
  readonly url: string
  /** A client as the administrator, or with other credentials. */
  readonly client: (credentials?: Partial<RestConfig>) => RestClient
  readonly close: () => Promise<void>
}

/** A whole API server on an empty memory store, on a port of its own; tokens `admintoken` (master) and `alicetoken`. */
export async function testServer(config: Partial<HttpServerConfig> = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'jobd-http-'))
  const certificates = ensureCertificates({ dataDir, hosts: [], now: realClock.now() })
  const tokens = parseTokenFile('admintoken,admin,admin,"system:masters"\nalicetoken,alice,alice\n')
  assert.ok(tokens.ok)
  const auth = createAuth({
    tokens: tokens.value,
    serviceAccountKey: certificates.serviceAccountKey,
    clock: realClock,
    newUid: randomUUID,
  })
  const api = await testApi({ clock: realClock, newUid: randomUUID, handlers: auth.handlers, plugins: [auth.plugin] })
  auth.connect(authObjects(api))
  const roles = await ensureDefaultRoles(inProcessClient(api, { user: api.context.user, userAgent: 'test' }))
  assert.ok(roles.ok, 'the default roles are made')
  const server = await createHttpServer({
    api,
    options: testOptions,
    auth,
    certificates,
    version: versionInfo({ commit: '', date: '', platform: 'test', node: '' }),
    openapi: createOpenApi({ title: 'test', version: 'v0' }),
    clock: realClock,
    random: { bits: () => 0 },
    log: silentLog,
    listen: { host: '127.0.0.1', port: 0 },
    ...config,
  })
  const { url } = server.address
  const clients: RestClient[] = []
  return {
    api,
    auth,
    certificates,
    server,
    url,
    client(credentials = { token: 'admintoken' }) {
      const made = createRestClient({
        server: url,
        ca: certificates.ca,
        userAgent: 'test/1.0',
        clock: realClock,
        ...credentials,
      })
      clients.push(made)
      return made
    },
    async close() {
      for (const each of clients) await each.close()
      await server.close()
      api.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
