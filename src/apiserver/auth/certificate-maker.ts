/**
 * Makes keys and certificates: an authority of our own, and what it signs. ECDSA on P-256 with SHA-256.
 *
 * @source RFC 5280 (facts: fields, extensions and their identifiers)
 */
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { isIPv4 } from 'node:net'
import type { Instant } from '../../base/index.ts'
import { bitString, boolean, children, integer, octetString, oid, sequence, set, time, tlv, utf8String } from './der.ts'

/** A certificate and its private key, both PEM. */
export type KeyPair = { readonly cert: string; readonly key: string }

export type LeafRequest = {
  readonly commonName: string
  readonly organizations: readonly string[]
  /** DNS names and IP addresses; empty for a client's certificate. */
  readonly hosts: readonly string[]
  readonly usage: 'server' | 'client'
}

const hour = 3_600_000
const year = 365 * 24 * hour
const caYears = 10

const ids = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

const contextTag = (number: number): number => 0x80 | number
const constructed = 0x20

const algorithm = sequence(oid(ids.ecdsaWithSha256))
const critical = boolean(true)
/** Bits of keyUsage: digitalSignature alone; with keyCertSign and cRLSign. */
const leafUsage = bitString(Buffer.of(0b1000_0000), 7)
const authorityUsage = bitString(Buffer.of(0b1000_0110), 1)

const extension = (id: string, value: Uint8Array, flag: Uint8Array = Buffer.alloc(0)): Buffer =>
  sequence(oid(id), flag, octetString(value))

function nameOf(commonName: string, organizations: readonly string[]): Buffer {
  const part = (id: string, text: string): Buffer => set(sequence(oid(id), utf8String(text)))
  return sequence(...organizations.map((text) => part(ids.organization, text)), part(ids.commonName, commonName))
}

/** The address as 4 or 16 bytes. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  const plain =
    tail === null
      ? address
      : `${tail[1]}${addressBytes(tail[2] as string)
          .toString('hex')
          .replace(/(....)(....)/, '$1:$2')}`
  const [head = '', rest] = plain.split('::')
  const words = (text: string | undefined): readonly string[] =>
    text === undefined || text === '' ? [] : text.split(':')
  const before = words(head)
  const after = words(rest)
  const zeros = rest === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0')
  return Buffer.from([...before, ...zeros, ...after].map((word) => word.padStart(4, '0')).join(''), 'hex')
}

/** No name has a colon: Node's test for IPv6 is not asked, since its first call takes 8 ms. */
export const isAddress = (host: string): boolean => isIPv4(host) || /^[\da-f:.]*:[\da-f:.]*$/i.test(host)

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isAddress(host) ? tlv(contextTag(7), addressBytes(host)) : tlv(contextTag(2), Buffer.from(host, 'latin1')),
  )
  return sequence(...names)
}

const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })

/** An identifier, not a protection: RFC 5280's first method. */
function keyIdentifier(spki: Buffer): Buffer {
  const bits = (children(spki)[1] as Buffer).subarray(2 + 1)
  return createHash('sha1').update(bits).digest()
}

type Certificate = {
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  readonly publicKey: KeyObject
  readonly signingKey: KeyObject
  readonly extensions: readonly Uint8Array[]
}

function certificateText(parts: Certificate): string {
  const serial = randomBytes(16)
  // Positive and never zero.
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40
  const content = sequence(
    tlv(contextTag(0) | constructed, integer(Buffer.of(2))),
    integer(serial),
    algorithm,
    parts.issuer,
    sequence(time(new Date(parts.notBefore)), time(new Date(parts.notAfter))),
    parts.subject,
    spkiOf(parts.publicKey),
    tlv(contextTag(3) | constructed, sequence(...parts.extensions)),
  )
  const der = sequence(content, algorithm, bitString(sign('sha256', content, parts.signingKey)))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keyText = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

/** A certificate authority of our own, for this installation only. */
export function makeAuthority(now: Instant): KeyPair {
  const { publicKey, privateKey } = newKeys()
  const name = nameOf(`jobd-ca-${Math.floor(now / 1000)}`, [])
  const cert = certificateText({
    issuer: name,
    subject: name,
    notBefore: now - hour,
    notAfter: now + caYears * year,
    publicKey,
    signingKey: privateKey,
    extensions: [
      extension(ids.basicConstraints, sequence(boolean(true)), critical),
      extension(ids.keyUsage, authorityUsage, critical),
      extension(ids.subjectKeyIdentifier, octetString(keyIdentifier(spkiOf(publicKey)))),
    ],
  })
  return { cert, key: keyText(privateKey) }
}

/** The subject of a certificate as it stands in it: names of issuers are compared byte for byte. */
function subjectOf(certificate: X509Certificate): Buffer {
  const fields = children(children(certificate.raw)[0] as Buffer)
  // Version, serial number, algorithm, issuer, validity, subject.
  return fields[5] as Buffer
}

/** A certificate signed by `authority`, valid for a year, or as long as the authority. */
export function makeLeaf(authority: KeyPair, request: LeafRequest, now: Instant): KeyPair {
  const issuer = new X509Certificate(authority.cert)
  const { publicKey, privateKey } = newKeys()
  const purpose = request.usage === 'server' ? ids.serverAuth : ids.clientAuth
  const issuerKey = tlv(contextTag(0), keyIdentifier(spkiOf(issuer.publicKey)))
  const cert = certificateText({
    issuer: subjectOf(issuer),
    subject: nameOf(request.commonName, request.organizations),
    notBefore: now - hour,
    notAfter: Math.min(now + year, issuer.validToDate.getTime()),
    publicKey,
    signingKey: createPrivateKey(authority.key),
    extensions: [
      extension(ids.basicConstraints, sequence(), critical),
      extension(ids.keyUsage, leafUsage, critical),
      extension(ids.extendedKeyUsage, sequence(oid(purpose))),
      extension(ids.subjectKeyIdentifier, octetString(keyIdentifier(spkiOf(publicKey)))),
      extension(ids.authorityKeyIdentifier, sequence(issuerKey)),
      ...(request.hosts.length > 0 ? [extension(ids.subjectAltName, alternativeNames(request.hosts))] : []),
    ],
  })
  return { cert, key: keyText(privateKey) }
}
