/** Who a registry is asked as: what the Secrets of a pod say of it. */
import type { Secret } from '../../apis/core/index.ts'
import type { RegistryCredential } from '../runtime/index.ts'

type Entry = {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly identitytoken?: string
}
type Entries = Readonly<Record<string, Entry>>

const text = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')

/**
 * The credentials in Secrets that fit a repository, the most particular first. A Secret of another type, or whose content
 * cannot be read, has none.
 *
 * @param repository `docker.io/library/busybox`
 * @source kubernetes v1.36 pkg/credentialprovider/keyring.go, BasicDockerKeyring.Lookup
 */
export function credentialsFor(repository: string, secrets: readonly Secret[]): readonly RegistryCredential[] {
  return secrets
    .flatMap((secret) => Object.entries(entriesOf(secret)))
    .map(([where, entry]) => ({ where: placeOf(where), entry }))
    .filter(({ where }) => fits(where, repository))
    .sort((one, other) => other.where.length - one.where.length)
    .map(({ where, entry }) => credentialOf(where, entry))
}

function entriesOf({ type, data = {} }: Secret): Entries {
  try {
    if (type === 'kubernetes.io/dockerconfigjson') {
      const config = JSON.parse(text(data['.dockerconfigjson'] ?? '')) as { readonly auths?: Entries }
      return config.auths ?? {}
    }
    return type === 'kubernetes.io/dockercfg' ? (JSON.parse(text(data['.dockercfg'] ?? '')) as Entries) : {}
  } catch {
    // Validation lets only JSON in; what it holds is for its author to mend.
    return {}
  }
}

/** `https://index.docker.io/v1/` and the like are all Docker's own registry. */
function placeOf(where: string): string {
  const plain = where.replace(/^https?:\/\//, '').replace(/\/+$/, '')
  return /^(index\.)?docker\.io(\/v[12])?$/.test(plain) ? 'docker.io' : plain.replace(/\/v[12]$/, '')
}

/** The host label by label, where `*` stands for anything in a label; the path as a beginning. */
function fits(where: string, repository: string): boolean {
  const [host = '', ...path] = where.split('/')
  const [wanted = '', ...rest] = repository.split('/')
  const labels = host.split('.')
  const others = wanted.split('.')
  if (labels.length !== others.length) return false
  if (!labels.every((label, index) => matches(label, others[index] ?? ''))) return false
  return path.length === 0 || rest.join('/').startsWith(path.join('/'))
}

const matches = (pattern: string, label: string): boolean => {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^.]*')}$`).test(label)
}

function credentialOf(registry: string, { username, password, auth, identitytoken }: Entry): RegistryCredential {
  const [user = '', ...secret] = text(auth ?? '').split(':')
  return {
    registry,
    username: username ?? user,
    password: password ?? secret.join(':'),
    identityToken: identitytoken,
  }
}
