/**
 * The installation's own authority and the certificates it signs, kept as files in the data directory. What is there and
 * good is only read; it is made anew when it is missing, damaged or about to expire.
 */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { Instant, Millis } from '../../base/index.ts'
import { isAddress, type KeyPair, type LeafRequest, makeAuthority, makeLeaf } from './certificate-maker.ts'
import { readIfThere, writePrivate } from './files.ts'

export type Certificates = {
  /** The authority's certificate: what clients trust, and what signs client certificates. PEM. */
  readonly ca: string
  readonly server: KeyPair
  /** `kubernetes-admin` in `system:masters`. */
  readonly admin: KeyPair
  /** The private key that signs ServiceAccount tokens. PEM. */
  readonly serviceAccountKey: string
}

export type CertificateOptions = {
  readonly dataDir: string
  /** Names and addresses that clients may use besides the usual local ones. */
  readonly hosts: readonly string[]
  readonly now: Instant
  /** Whether what is made must survive a power cut, for which it has to be on the disk first; it must when absent. */
  readonly isDurable?: boolean | undefined
}

/** Certificates are made anew when less than this is left. */
const renewBefore: Millis = (30 * 24 * 3_600_000) as Millis

const usualHosts = [
  'localhost',
  '127.0.0.1',
  '::1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
]

/** The files that are kept, by their names. */
type Files = {
  readonly read: (name: string) => string | undefined
  readonly write: (name: string, text: string) => void
}

function filesOf(dataDir: string, isDurable = true): Files {
  const pathOf = (name: string): string => join(dataDir, 'pki', name)
  return {
    read: (name) => readIfThere(pathOf(name)),
    write: (name, text) => writePrivate(pathOf(name), text, { isDurable }),
  }
}

function readPair(files: Files, name: string): KeyPair | undefined {
  const cert = files.read(`${name}.crt`)
  const key = files.read(`${name}.key`)
  return cert === undefined || key === undefined ? undefined : { cert, key }
}

function writePair(files: Files, name: string, pair: KeyPair): void {
  files.write(`${name}.key`, pair.key)
  files.write(`${name}.crt`, pair.cert)
}

function covers(certificate: X509Certificate, host: string): boolean {
  return (isAddress(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined
}

/** Whether a pair can go on being used: parsable, matching, signed by the authority, long enough valid, for all hosts. */
export function isGood(
  pair: KeyPair | undefined,
  authority: string,
  hosts: readonly string[],
  now: Instant,
): pair is KeyPair {
  if (pair === undefined) return false
  try {
    const certificate = new X509Certificate(pair.cert)
    if (certificate.validToDate.getTime() - now < renewBefore || certificate.validFromDate.getTime() > now) return false
    if (!certificate.checkPrivateKey(createPrivateKey(pair.key))) return false
    if (!certificate.verify(new X509Certificate(authority).publicKey)) return false
    return hosts.every((host) => covers(certificate, host))
  } catch {
    return false
  }
}

function ensurePair(files: Files, name: string, authority: KeyPair, request: LeafRequest, now: Instant): KeyPair {
  const there = readPair(files, name)
  if (isGood(there, authority.cert, request.hosts, now)) return there
  const made = makeLeaf(authority, request, now)
  writePair(files, name, made)
  return made
}

function ensureAuthority(files: Files, now: Instant): KeyPair {
  const there = readPair(files, 'ca')
  if (there !== undefined && isGood(there, there.cert, [], now)) return there
  const made = makeAuthority(now)
  writePair(files, 'ca', made)
  return made
}

function isPrivateKey(text: string): boolean {
  try {
    createPrivateKey(text)
    return true
  } catch {
    return false
  }
}

function ensureSigningKey(files: Files): string {
  const there = files.read('sa.key')
  if (there !== undefined && isPrivateKey(there)) return there
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const made = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  files.write('sa.key', made)
  return made
}

/** Everything that is needed to serve and to be an administrator; made where missing. Files have mode 0600. */
export function ensureCertificates({ dataDir, hosts, now, isDurable }: CertificateOptions): Certificates {
  const files = filesOf(dataDir, isDurable)
  const authority = ensureAuthority(files, now)
  const serverHosts = [
    ...new Set([...usualHosts, ...hosts.filter((host) => host !== '' && host !== '0.0.0.0' && host !== '::')]),
  ]
  const server: LeafRequest = { commonName: 'jobd', organizations: [], hosts: serverHosts, usage: 'server' }
  const admin: LeafRequest = {
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
    hosts: [],
    usage: 'client',
  }
  return {
    ca: authority.cert,
    server: ensurePair(files, 'server', authority, server, now),
    admin: ensurePair(files, 'admin', authority, admin, now),
    serviceAccountKey: ensureSigningKey(files),
  }
}

/** A client's certificate that is not kept: for a node agent or a user; O are groups, CN is the user's name. */
export function issueClientCertificate(
  dataDir: string,
  commonName: string,
  organizations: readonly string[],
  now: Instant,
): KeyPair {
  const authority = ensureAuthority(filesOf(dataDir), now)
  return makeLeaf(authority, { commonName, organizations, hosts: [], usage: 'client' }, now)
}
