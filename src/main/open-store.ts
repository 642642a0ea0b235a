/** The store that `--store` names: a database in the data directory, memory, or an etcd. */
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fail, ok, type Result, reasonOf } from '../base/index.ts'
import type { EtcdTarget, EtcdTls } from '../storage/etcd/index.ts'
import { createMemoryStore } from '../storage/memory/index.ts'
import type { Store } from '../storage/revision/index.ts'
import { openSqliteStore } from '../storage/sqlite/index.ts'
import { readHolder } from './data-dir.ts'
import { newUid, realClock } from './real.ts'

export type StoreChoice =
  | 'sqlite'
  | 'memory'
  | { readonly kind: 'etcd'; readonly target: EtcdTarget; readonly tls: EtcdTls | undefined }

export type StoreFlags = {
  readonly store: string
  readonly etcdCafile?: string
  readonly etcdCertfile?: string
  readonly etcdKeyfile?: string
}

/** What the flags choose; an error names the flag and what it takes. */
export async function storeOf(flags: StoreFlags): Promise<Result<StoreChoice, string>> {
  const files = { etcdCafile: '--etcd-cafile', etcdCertfile: '--etcd-certfile', etcdKeyfile: '--etcd-keyfile' } as const
  const names = Object.keys(files) as readonly (keyof typeof files)[]
  const given = names.filter((name) => flags[name] !== undefined)
  if (!flags.store.startsWith('etcd:')) {
    if (given[0] !== undefined) return fail(`${files[given[0]]} goes with --store etcd://HOST:PORT only`)
    if (flags.store === 'sqlite' || flags.store === 'memory') return ok(flags.store)
    return fail(`--store takes sqlite, memory or etcd://HOST:PORT, not ${flags.store}`)
  }
  const { parseEtcdTarget } = await import('../storage/etcd/index.ts')
  const target = parseEtcdTarget(flags.store)
  if (!target.ok) return target
  if ((flags.etcdCertfile === undefined) !== (flags.etcdKeyfile === undefined)) {
    return fail('--etcd-certfile and --etcd-keyfile go together')
  }
  const texts: Partial<Record<keyof typeof files, string>> = {}
  for (const name of given) {
    try {
      texts[name] = readFileSync(flags[name] ?? '', 'utf8')
    } catch (error) {
      return fail(`${files[name]}: ${flags[name]} cannot be read: ${reasonOf(error)}`)
    }
  }
  const { etcdCafile: ca, etcdCertfile: certificate, etcdKeyfile: key } = texts
  return ok({ kind: 'etcd', target: target.value, tls: given.length === 0 ? undefined : { ca, certificate, key } })
}

/** @param directory the data directory, which exists */
export async function openStore(choice: StoreChoice, directory: string): Promise<Result<Store, string>> {
  if (choice === 'memory') return ok(createMemoryStore())
  return choice === 'sqlite' ? openDatabase(directory) : openEtcd(choice, directory)
}

async function openDatabase(directory: string): Promise<Result<Store, string>> {
  const opened = await openSqliteStore(join(directory, 'jobd.db'))
  if (opened.ok) return opened
  if (opened.error.kind !== 'Locked') return fail(opened.error.message)
  const holder = readHolder(directory)
  const who = holder === undefined ? 'another process' : `process ${holder.pid} at ${holder.url}`
  return fail(
    `${directory} is in use by ${who}: stop it with 'jobd down --data-dir ${directory}', or choose another --data-dir`,
  )
}

async function openEtcd(
  { target, tls }: Exclude<StoreChoice, string>,
  directory: string,
): Promise<Result<Store, string>> {
  const { openEtcdStore } = await import('../storage/etcd/index.ts')
  const holder = {
    id: identityOf(directory),
    name: `process ${process.pid} on ${hostname()} with the data directory ${directory}`,
  }
  const opened = await openEtcdStore({ target, tls, holder, clock: realClock })
  if (opened.ok) return opened
  const members = target.members.map(({ host, port }) => `${host}:${port}`).join(',')
  return fail(`cannot use ${target.place} of the etcd at ${members}: ${opened.error}`)
}

/** What tells this data directory from all others, on whatever machine it is; made when it is first asked for. */
function identityOf(directory: string): string {
  const file = join(directory, 'identity')
  try {
    writeFileSync(file, `${newUid()}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return readFileSync(file, 'utf8').trim()
}
