/** The value of `--listen`. */
import { fail, ok, type Result } from '../base/index.ts'

export type Address = { readonly host: string; readonly port: number }

/** `127.0.0.1:6443`, `[::1]:0`, `localhost:8443`. */
export function addressOf(listen: string): Result<Address, string> {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(listen)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (!host || !(port <= 65_535)) return fail(`--listen takes HOST:PORT such as 127.0.0.1:6443, not ${listen}`)
  return ok({ host, port })
}
