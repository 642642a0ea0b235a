import assert from 'node:assert/strict'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Instant, instant } from '../../base/index.ts'
import { addressBytes } from './certificate-maker.ts'
import { type Certificates, ensureCertificates, issueClientCertificate } from './certificates.ts'
import { children, integer, oid, time } from './der.ts'
import { kubeconfigText, writeKubeconfig } from './kubeconfig.ts'

const now = instant(Date.UTC(2026, 5, 1))
const day = 24 * 3_600_000

describe('parts of certificates', () => {
  const parts: readonly [string, Buffer, string][] = [
    ['a small identifier', oid('2.5.29.14'), '0603551d0e'],
    ['an identifier with large arcs', oid('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
    ['a number stays positive', integer(Buffer.of(0x80)), '02020080'],
    [
      'a time of this century',
      time(new Date(Date.UTC(2049, 11, 31, 23, 59, 59))),
      `170d${Buffer.from('491231235959Z').toString('hex')}`,
    ],
    ['a time of later', time(new Date(Date.UTC(2050, 0, 1))), `180f${Buffer.from('20500101000000Z').toString('hex')}`],
  ]
  for (const [name, bytes, hex] of parts) it(name, () => assert.equal(bytes.toString('hex'), hex))

  const addresses: readonly [string, string][] = [
    ['10.0.0.7', '0a000007'],
    ['::1', '00000000000000000000000000000001'],
    ['fe80::1:2', 'fe800000000000000000000000010002'],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
    ['::ffff:10.0.0.7', '00000000000000000000ffff0a000007'],
    ['::', '00000000000000000000000000000000'],
  ]
  for (const [address, hex] of addresses) {
    it(address, () => assert.equal(addressBytes(address).toString('hex'), hex))
  }
  it('are found again', () => {
    const long = Buffer.alloc(300, 1)
    const value = Buffer.concat([Buffer.from('30820130', 'hex'), Buffer.from('0482012c', 'hex'), long])
    assert.equal(children(value)[0]?.length, 304)
  })
})

describe('certificates', () => {
  let dataDir = ''
  let made: Certificates
  before(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'jobd-pki-'))
    made = ensureCertificates({ dataDir, hosts: ['box.example', '10.0.0.7', ''], now })
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
  it('are kept while they are good', () =>
    assert.deepEqual(ensureCertificates({ dataDir, hosts: ['box.example'], now }), made))
  it('are made anew before they expire, by the same authority', () => {
    const later = (now + 340 * day) as Instant
    const renewed = ensureCertificates({ dataDir, hosts: [], now: later })
    assert.equal(renewed.ca, made.ca)
    assert.notEqual(renewed.server.cert, made.server.cert)
    assert.equal(renewed.serviceAccountKey, made.serviceAccountKey)
  })
  it('are made anew for a new name, and when a file is damaged', () => {
    const moved = ensureCertificates({ dataDir, hosts: ['new.example'], now })
    assert.ok(new X509Certificate(moved.server.cert).checkHost('new.example'))
    writeFileSync(join(dataDir, 'pki', 'server.key'), 'no key')
    const healed = ensureCertificates({ dataDir, hosts: ['new.example'], now })
    assert.notEqual(healed.server.key, moved.server.key)
  })
  it('are given to clients by name and groups', () => {
    const node = issueClientCertificate(dataDir, 'system:node:n1', ['system:nodes'], now)
    assert.equal(new X509Certificate(node.cert).subject, 'O=system:nodes\nCN=system:node:n1')
  })
  it('stand in a kubeconfig that only its owner reads', () => {
    const path = join(dataDir, 'kubeconfig')
    const content = { server: 'https://127.0.0.1:1', ca: made.ca, ...made.admin }
    writeKubeconfig(path, content)
    assert.equal(readFileSync(path, 'utf8'), kubeconfigText(content))
    const key = Buffer.from(/client-key-data: (.+)/.exec(kubeconfigText(content))?.[1] ?? '', 'base64').toString()
    assert.match(key, /^-----BEGIN EC PRIVATE KEY-----\n/)
    assert.ok(new X509Certificate(made.admin.cert).checkPrivateKey(createPrivateKey(key)))
    assert.equal(statSync(path).mode & 0o777, 0o600)
    assert.deepEqual(
      readdirSync(dataDir).filter((name) => name.endsWith('.tmp')),
      [],
    )
  })
})
