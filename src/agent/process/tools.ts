/** The programs of the host that the process runtime works with, and what the host permits. Found out once, at start. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'

export type HostTools = {
  readonly shell: string
  readonly env: string
  /** Starts a session of its own; without it the processes of a run share the spawner's. */
  readonly setsid?: string | undefined
  readonly setpriv?: string | undefined
  readonly mount?: string | undefined
  readonly nsenter?: string | undefined
  readonly script?: string | undefined
  readonly mkfifo?: string | undefined
  readonly hostname?: string | undefined
  readonly cat?: string | undefined
  readonly rm: string
  readonly isRoot: boolean
  /** The words that start the spawner in a mount namespace of its own, and as root of a user namespace if need be. */
  readonly enter?: readonly string[] | undefined
  /** The words that start a run in new PID and mount namespaces; absent where the host does not permit it. */
  readonly unshare?: readonly string[] | undefined
  /** The words that make a program the user again that the daemon is, after `enter` has made it root. */
  readonly become: readonly string[]
  /** Why there is no `unshare`, in words for people. */
  readonly namespacesMissing?: string | undefined
}

const PLACES = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin']

export type ToolsRequest = {
  /** The daemon's PATH; the usual places are looked at after it. */
  readonly path: string
  /** `auto` uses namespaces where they are permitted, `never` does not try. */
  readonly namespaces: 'auto' | 'never'
}

export async function detectTools({ path, namespaces }: ToolsRequest): Promise<HostTools> {
  const places = [...path.split(':').filter((place) => place.startsWith('/')), ...PLACES]
  const find = (name: string): string | undefined => places.map((place) => `${place}/${name}`).find(isExecutable)
  const shell = isExecutable('/bin/sh') ? '/bin/sh' : find('sh')
  if (shell === undefined) throw new Error('the process runtime needs a POSIX shell: no sh in PATH nor at /bin/sh')
  const found = {
    shell,
    env: find('env') ?? '/usr/bin/env',
    setsid: find('setsid'),
    setpriv: find('setpriv'),
    mount: find('mount'),
    nsenter: find('nsenter'),
    script: find('script'),
    mkfifo: find('mkfifo'),
    hostname: find('hostname'),
    cat: find('cat'),
    rm: find('rm') ?? '/bin/rm',
    isRoot: process.getuid?.() === 0,
    become: [],
  }
  if (namespaces === 'never') return { ...found, namespacesMissing: 'switched off' }
  const unshare = find('unshare')
  if (unshare === undefined) return { ...found, namespacesMissing: 'no unshare in PATH (package util-linux)' }
  const own = ['--mount', '--propagation', 'slave']
  const enter = found.isRoot ? [unshare, ...own] : [unshare, '--user', '--map-root-user', ...own]
  const words = [unshare, '--pid', '--fork', '--kill-child', '--uts', '--mount', '--mount-proc']
  const become = found.isRoot
    ? []
    : [unshare, '--user', `--map-user=${process.getuid?.()}`, `--map-group=${process.getgid?.()}`]
  const failure = await failureOf([...enter, ...words, ...become, shell, '-c', ':'])
  if (failure !== undefined) return { ...found, namespacesMissing: failure }
  return { ...found, enter, unshare: words, become }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** What a program said when it failed; undefined when it ended with 0. */
const failureOf = ([program = '', ...args]: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000 }, (error, _stdout, stderr) => {
      resolve(error === null ? undefined : stderr.trim() || error.message)
    })
  })
