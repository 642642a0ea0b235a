/** Where an etcd is, as `--store` names it: `etcd://HOST:PORT[,HOST:PORT…][/PLACE]`. */
import { fail, ok, type Result } from '../../base/index.ts'

export type EtcdTarget = {
  /** `host:port` of each member; any of them will do. */
  readonly members: readonly { readonly host: string; readonly port: number }[]
  /** What the keys of this store begin with: `/jobd`. */
  readonly place: string
}

const form = 'etcd://HOST:PORT[,HOST:PORT…][/PLACE], such as etcd://127.0.0.1:2379'

/** Reads the address of an etcd; an error names what is wrong in it. */
export function parseEtcdTarget(text: string): Result<EtcdTarget, string> {
  const [, hosts = '', path = ''] = /^etcd:\/\/([^/]*)(.*)$/.exec(text) ?? []
  const members: EtcdTarget['members'][number][] = []
  for (const member of hosts.split(',')) {
    const [, v6, name, digits = '2379'] =
      /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(member) ?? []
    const host = v6 ?? name
    const port = Number(digits)
    if (host === undefined || port < 1 || port > 65_535)
      return fail(`--store takes ${form}; '${member}' is no HOST:PORT`)
    members.push({ host, port })
  }
  const place = path === '' || path === '/' ? '/jobd' : path
  if (!/^(?:\/[A-Za-z0-9._-]+)+$/.test(place)) {
    return fail(
      `--store takes ${form}; '${place}' is no path of letters, digits, '.', '_' and '-' without a '/' at its end`,
    )
  }
  return ok({ members, place })
}
