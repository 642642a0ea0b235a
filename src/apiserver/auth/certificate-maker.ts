/** Makes keys and certificates. Loaded only when something must be made: the library is large. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import type { Instant } from '../../base/index.ts'

/** A certificate and its private key, both PEM. */
export type KeyPair = { readonly cert: string; readonly key: string }

export type LeafRequest = {
  readonly commonName: string
  readonly organizations: readonly string[]
  /** DNS names and IP addresses; empty for a client's certificate. */
  readonly hosts: readonly string[]
  readonly usage: 'server' | 'client'
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const hour = 3_600_000
const year = 365 * 24 * hour
const caYears = 10

cryptoProvider.set(webcrypto as unknown as Crypto)

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

const derOf = (text: string): Uint8Array<ArrayBuffer> =>
  Buffer.from(text.replace(/-----(?:BEGIN|END) [A-Z ]+-----/g, '').replace(/\s+/g, ''), 'base64')

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const keyText = async (key: webcrypto.CryptoKey): Promise<string> =>
  pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', key))

const serialNumber = (): string => Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')

const quotedName = (text: string): string => `"${text.replace(/(["\\])/g, '\\$1')}"`

/** A certificate authority of our own, for this installation only. */
export async function makeAuthority(now: Instant): Promise<KeyPair> {
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${serialNumber()}`,
    name: `CN=jobd-ca-${Math.floor(now / 1000)}`,
    notBefore: new Date(now - hour),
    notAfter: new Date(now + caYears * year),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: `${certificate.toString('pem')}\n`, key: await keyText(keys.privateKey) }
}

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':')

/** A certificate signed by `authority`, valid for a year. */
export async function makeLeaf(authority: KeyPair, request: LeafRequest, now: Instant): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.cert)
  const signingKey = await webcrypto.subtle.importKey('pkcs8', derOf(authority.key), algorithm, false, ['sign'])
  const keys = await newKeys()
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([
      request.usage === 'server' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth,
    ]),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
    await AuthorityKeyIdentifierExtension.create(issuer),
  ]
  if (request.hosts.length > 0) {
    const names: JsonGeneralName[] = request.hosts.map((value) => ({ type: isAddress(value) ? 'ip' : 'dns', value }))
    extensions.push(new SubjectAlternativeNameExtension(names))
  }
  const organizations = request.organizations.map((name) => `O=${quotedName(name)}, `).join('')
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${serialNumber()}`,
    subject: `${organizations}CN=${quotedName(request.commonName)}`,
    issuer: issuer.subject,
    notBefore: new Date(now - hour),
    notAfter: new Date(Math.min(now + year, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions,
  })
  return { cert: `${certificate.toString('pem')}\n`, key: await keyText(keys.privateKey) }
}
