/** What a server and systemd, when that has started it, tell each other. */
import { readFileSync } from 'node:fs'
import { fail, ok, type Result } from '../base/index.ts'
import { ask } from './programs.ts'

/** Says that the server serves, if whoever started it wants to know (`Type=notify`). Node.js has no sockets of that kind. */
export async function tellReady(url: string): Promise<Result<undefined, string>> {
  if (!process.env['NOTIFY_SOCKET']) return ok(undefined)
  const { code, err } = await ask('systemd-notify', ['--ready', `--status=Serves at ${url}`])
  return code === 0 ? ok(undefined) : fail(`systemd cannot be told that jobd is ready: ${err.trim().split('\n')[0]}`)
}

/** The command that stops a process for good which systemd has started as a service; undefined for any other process. */
export function stopCommandOf(pid: number): string | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    if (!environment.includes(`SYSTEMD_EXEC_PID=${pid}`)) return undefined
    const path = /^\d+:name=systemd:(.*)$/m.exec(groupsOf(pid))?.[1] ?? /^0::(.*)$/m.exec(groupsOf(pid))?.[1] ?? ''
    const unit = path.split('/').findLast((name) => name.endsWith('.service'))
    if (unit === undefined) return undefined
    return `systemctl ${/\/user@\d+\.service\//.test(path) ? '--user ' : ''}stop ${unit}`
  } catch {
    // Gone, or somebody else's: what it is cannot be told.
    return undefined
  }
}

const groupsOf = (pid: number): string => readFileSync(`/proc/${pid}/cgroup`, 'utf8')
