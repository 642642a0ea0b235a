import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Instant, instant } from '../../base/index.ts'
import { type Certificates, ensureCertificates, issueClientCertificate } from './certificates.ts'
import { kubeconfigText, writeKubeconfig } from './kubeconfig.ts'

const now = instant(Date.UTC(2026, 5, 1))
const day = 24 * 3_600_000

describe('certificates', () => {
  let dataDir = ''
  let made: Certificates
  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'jobd-pki-'))
    made = await ensureCertificates({ dataDir, hosts: ['box.example', '10.0.0.7', ''], now })
  })
  after(() => rmSync(dataDir, { recursive: true, force: true }))

  it('are signed by an authority of their own', () => {
    const ca = new X509Certificate(made.ca)
    for (const { cert } of [made.server, made.admin]) assert.ok(new X509Certificate(cert).verify(ca.publicKey))
  })
  it('cover all names of the server', () => {
    const server = new X509Certificate(made.server.cert)
    for (const host of ['localhost', 'kubernetes.default.svc', 'box.example']) assert.ok(server.checkHost(host), host)
    for (const address of ['127.0.0.1', '::1', '10.0.0.7']) assert.ok(server.checkIP(address), address)
  })
  it('name the administrator', () =>
    assert.equal(new X509Certificate(made.admin.cert).subject, 'O=system:masters\nCN=kubernetes-admin'))
  it('are private files', () => {
    const dir = join(dataDir, 'pki')
    assert.equal(statSync(dir).mode & 0o777, 0o700)
    for (const name of readdirSync(dir)) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name)
  })
  it('are kept while they are good', async () =>
    assert.deepEqual(await ensureCertificates({ dataDir, hosts: ['box.example'], now }), made))
  it('are made anew before they expire, by the same authority', async () => {
    const later = (now + 340 * day) as Instant
    const renewed = await ensureCertificates({ dataDir, hosts: [], now: later })
    assert.equal(renewed.ca, made.ca)
    assert.notEqual(renewed.server.cert, made.server.cert)
    assert.equal(renewed.serviceAccountKey, made.serviceAccountKey)
  })
  it('are made anew for a new name, and when a file is damaged', async () => {
    const moved = await ensureCertificates({ dataDir, hosts: ['new.example'], now })
    assert.ok(new X509Certificate(moved.server.cert).checkHost('new.example'))
    writeFileSync(join(dataDir, 'pki', 'server.key'), 'no key')
    const healed = await ensureCertificates({ dataDir, hosts: ['new.example'], now })
    assert.notEqual(healed.server.key, moved.server.key)
  })
  it('are given to clients by name and groups', async () => {
    const node = await issueClientCertificate(dataDir, 'system:node:n1', ['system:nodes'], now)
    assert.equal(new X509Certificate(node.cert).subject, 'O=system:nodes\nCN=system:node:n1')
  })
  it('stand in a kubeconfig that only its owner reads', () => {
    const path = join(dataDir, 'kubeconfig')
    const content = { server: 'https://127.0.0.1:1', ca: made.ca, ...made.admin }
    writeKubeconfig(path, content)
    assert.equal(readFileSync(path, 'utf8'), kubeconfigText(content))
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(
      readdirSync(dataDir).filter((name) => name.endsWith('.tmp')),
      [],
    )
  })
})
