/** `jobd service install` and `uninstall`: jobd under systemd, of the machine or of one user. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fail, isFileTrouble, ok, type Result, reasonOf } from '../base/index.ts'
import { type ServiceRequest, unitMark, unitText } from '../cli/index.ts'
import { dataDirectory, homeDirectory, makeDirectories, systemDataDirectory } from './data-dir.ts'
import { addressOf } from './listen-address.ts'
import { ask } from './programs.ts'
import { realClock, realTerminal } from './real.ts'

type Where = { readonly system: boolean; readonly root?: string | undefined }
type InstallFlags = Where & { readonly dataDir?: string | undefined; readonly listen: string; readonly dryRun: boolean }

const unit = 'jobd.service'
const noUserManager =
  "no systemd runs for this user: log in, rather than su or sudo, or use 'loginctl enable-linger' and XDG_RUNTIME_DIR"
/** How long systemctl is waited for, in milliseconds: it waits for the old server to stop and the new one to serve. */
const longestStart = 120_000

/** In the bundle this file is a part in dist/, in a checkout it is in src/main/. */
const executable = (): string =>
  new URL(import.meta.url.endsWith('.ts') ? '../../bin/jobd' : '../bin/jobd', import.meta.url).pathname

function unitFile({ system, root }: Where): string {
  const config = process.env['XDG_CONFIG_HOME'] || join(homeDirectory(), '.config')
  const folder = system ? '/etc/systemd/system' : join(config, 'systemd/user')
  return join(root === undefined ? '/' : resolve(root), folder, unit)
}

/** Writes the unit and has systemd start it now and at every boot; with a root directory it only writes. */
export async function install(upFlags: readonly string[], flags: InstallFlags): Promise<number> {
  const address = addressOf(flags.listen)
  if (!address.ok) {
    realTerminal().err(`${address.error}\n`)
    return 2
  }
  const request: ServiceRequest = {
    scope: flags.system ? 'system' : 'user',
    executable: executable(),
    node: process.execPath,
    dataDirectory: flags.system && flags.dataDir === undefined ? systemDataDirectory : dataDirectory(flags.dataDir),
    listen: flags.listen,
    flags: upFlags,
  }
  const text = unitText(request)
  if (flags.dryRun) {
    realTerminal().out(text)
    return 0
  }
  const file = unitFile(flags)
  const written = writeUnit(file, text)
  if (!written.ok || flags.root !== undefined) return told(written)
  const since = Math.floor(realClock.now() / 1000)
  const started = await systemctl(flags, [['daemon-reload'], ['enable', unit], ['restart', unit]])
  if (!started.ok)
    return told(fail([`${written.value}, but ${started.error}`, ...(await said(flags, since))].join('\n')))
  return told(ok(`${written.value}, and jobd runs${await hintAfter(request)}`))
}

/** What somebody has to know who sees the service run for the first time. */
async function hintAfter({ scope, dataDirectory: directory }: ServiceRequest): Promise<string> {
  if (scope === 'system') return `: eval "$(jobd env --data-dir ${directory})"`
  const { out } = await ask('loginctl', ['show-user', '--property=Linger', '--value', String(process.getuid?.())])
  return out.trim() === 'yes' ? '' : "; 'loginctl enable-linger' lets it run while you are not logged in"
}

/** The last lines that the service itself has written since a time, in seconds; none where the journal is not ours to read. */
async function said({ system }: Where, since: number): Promise<readonly string[]> {
  const scope = system ? '--unit' : '--user-unit'
  const flags = ['--no-pager', '--quiet', '--output=cat', '--lines=3', `--since=@${since}`]
  const { code, out } = await ask('journalctl', [...flags, `${scope}=${unit}`, '_TRANSPORT=stdout'])
  return code === 0 && out.trim() !== '' ? [out.trimEnd()] : []
}

/** Stops the service and removes its unit. Pods run on, and data stays. */
export async function uninstall(flags: Where): Promise<number> {
  const file = unitFile(flags)
  if (!existsSync(file)) return told(fail(`${file} does not exist: nothing is installed there`))
  const ours = ownUnit(file)
  if (!ours.ok) return told(ours)
  const stopped = flags.root === undefined ? await systemctl(flags, [['disable', '--now', unit]]) : ok(undefined)
  try {
    rmSync(file)
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return told(fail(`${file} cannot be removed: ${reasonOf(error)}`))
  }
  // A start that failed would keep its name in the lists; there is nothing to forget of one that did not.
  if (flags.root === undefined && stopped.ok) await systemctl(flags, [['daemon-reload'], ['reset-failed', unit]])
  return told(stopped.ok ? ok(`removed ${file}`) : fail(`removed ${file}, but ${stopped.error}`))
}

function writeUnit(file: string, text: string): Result<string, string> {
  try {
    const ours = existsSync(file) ? ownUnit(file) : ok(undefined)
    if (!ours.ok) return ours
    makeDirectories(dirname(file), { mode: 0o755 })
    writeFileSync(file, text, { mode: 0o644 })
    return ok(`wrote ${file}`)
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return fail(`${file} cannot be written: ${reasonOf(error)}; without --system it is installed for you alone`)
  }
}

const ownUnit = (file: string): Result<undefined, string> =>
  readFileSync(file, 'utf8').startsWith(unitMark)
    ? ok(undefined)
    : fail(`${file} was not written by jobd: move it away first`)

async function systemctl(
  { system }: Where,
  commands: readonly (readonly string[])[],
): Promise<Result<undefined, string>> {
  for (const words of commands) {
    const scoped = [...(system ? [] : ['--user']), ...words]
    const { code, err } = await ask('systemctl', scoped, longestStart)
    if (code === 0) continue
    const noManager = system || !/connect to .*bus/i.test(err) ? '' : `; ${noUserManager}`
    return fail(`'systemctl ${scoped.join(' ')}' failed: ${err.trim().split('\n')[0]}${noManager}`)
  }
  return ok(undefined)
}

function told(result: Result<string, string>): number {
  realTerminal().err(`${result.ok ? result.value : result.error}\n`)
  return result.ok ? 0 : 1
}
