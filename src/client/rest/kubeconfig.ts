/**
 * Kubeconfig files as ways to reach a server.
 *
 * @source kubernetes v1.36 client-go/tools/clientcmd (facts: names of fields, what wins over what)
 */
import { fail, ok, type Result } from '../../base/index.ts'
import type { RestConfig } from './transport.ts'

export type KubeconfigOptions = {
  /** The context to use instead of the current one. */
  readonly context?: string | undefined
  /** Reads a file that the kubeconfig names, relative to where it lies. Without it such files are an error. */
  readonly readFile?: ((path: string) => string) | undefined
}

/** What a kubeconfig tells: everything of a RestConfig but who uses it. */
export type Access = Omit<RestConfig, 'userAgent' | 'clock'> & {
  /** The namespace of the context; `default` where it names none. */
  readonly namespace: string
}

type Fields = Readonly<Record<string, unknown>>
type Named = { readonly name?: unknown } & Fields

function entry(config: Fields, list: string, key: string, name: unknown): Fields | undefined {
  const entries = config[list]
  if (!Array.isArray(entries)) return undefined
  const found = (entries as readonly Named[]).find((each) => each.name === name)
  return found?.[key] as Fields | undefined
}

const textOf = (fields: Fields, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

type Read = (path: string) => string

/** Embedded data win over a file of the same meaning. */
function pemOf(fields: Fields, name: string, read: Read): string | undefined {
  const data = textOf(fields, `${name}-data`)
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8')
  const path = textOf(fields, name)
  return path === undefined ? undefined : read(path)
}

function accessOf(cluster: Fields, user: Fields, context: Fields, read: Read): Result<Access, string> {
  const server = textOf(cluster, 'server')
  if (server === undefined) return fail('the kubeconfig names no server')
  const tokenFile = textOf(user, 'tokenFile')
  const token = tokenFile === undefined ? textOf(user, 'token') : (): string => read(tokenFile).trim()
  if (user['exec'] !== undefined)
    return fail('the kubeconfig gets its credentials from a command, which is not supported')
  return ok({
    server,
    ca: pemOf(cluster, 'certificate-authority', read),
    cert: pemOf(user, 'client-certificate', read),
    key: pemOf(user, 'client-key', read),
    token,
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'] === true,
    tlsServerName: textOf(cluster, 'tls-server-name'),
    namespace: textOf(context, 'namespace') ?? 'default',
  })
}

/** Understands the text of a kubeconfig. The failure is one sentence. */
export async function loadKubeconfig(text: string, options: KubeconfigOptions = {}): Promise<Result<Access, string>> {
  const { parse } = await import('yaml')
  let config: Fields
  try {
    config = (parse(text) ?? {}) as Fields
  } catch (error) {
    return fail(`the kubeconfig is no YAML: ${(error as Error).message.split('\n')[0]}`)
  }
  const name = options.context ?? config['current-context']
  if (typeof name !== 'string' || name === '') return fail('the kubeconfig has no current context')
  const context = entry(config, 'contexts', 'context', name)
  if (context === undefined) return fail(`the kubeconfig has no context "${name}"`)
  const cluster = entry(config, 'clusters', 'cluster', context['cluster'])
  if (cluster === undefined) return fail(`the kubeconfig has no cluster "${String(context['cluster'])}"`)
  const user = entry(config, 'users', 'user', context['user']) ?? {}
  const read: Read = (path) => {
    if (options.readFile === undefined) throw new Error(`${path} cannot be read here`)
    return options.readFile(path)
  }
  try {
    return accessOf(cluster, user, context, read)
  } catch (error) {
    return fail(`the kubeconfig names a file that cannot be read: ${(error as Error).message}`)
  }
}
