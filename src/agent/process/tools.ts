/** The programs of the host that the process runtime works with, and what the host permits. Found out once, at start. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { unlessRefused } from '../host-files.ts'
import { shellQuote } from './shell-quote.ts'

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
  /** Absent where the host permits no namespaces. */
  readonly unshare?: string | undefined
  /**
   * The words of a shell that start a run's shell in new PID, mount and UTS namespaces, `$3` being the name that the machine
   * shall have; empty where there are none.
   */
  readonly newNamespaces: string
  /** They also give the machine its name and mount the table of the run, see enter.c; else its launch script does. */
  readonly mountsTable: boolean
  /**
   * The words that have SIGINT and SIGQUIT end a program again, which shells ignore for what they start in the background;
   * empty where our own program has done so, or where `env` cannot.
   */
  readonly heed: readonly string[]
  /** The words that make a program the user again that the daemon is, after `enter` has made it root. */
  readonly become: readonly string[]
  /** Why there is no `unshare`, in words for people. */
  readonly namespacesMissing?: string | undefined
}

const PLACES = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin']

export type ToolsRequest = {
  /** The daemon's PATH; the usual places are looked at after it. */
  readonly path: string
  readonly namespaces: NamespacesOption
  /** Answers the path of our own program, see enter/; util-linux does its work where it cannot be executed. */
  readonly ownProgram?: (() => string | undefined) | undefined
}

/** `auto` uses namespaces where they are permitted, `util-linux` does so without our own program, `never` does not try. */
export type NamespacesOption = 'auto' | 'util-linux' | 'never'

/** The mounts of a run, in its directory, in the format of fstab. */
export const TABLE = './fstab'

export async function detectTools({ path, namespaces, ownProgram }: ToolsRequest): Promise<HostTools> {
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
    heed: [],
    become: [],
    newNamespaces: '',
    mountsTable: false,
  }
  const heeding = [found.env, '--default-signal=INT,QUIT']
  const withoutOwn = async () => ({
    ...found,
    heed: (await failureOf([...heeding, shell, '-c', ':'])) === undefined ? heeding : [],
  })
  if (namespaces === 'never') return { ...(await withoutOwn()), namespacesMissing: 'switched off' }
  const unshare = find('unshare')
  if (unshare === undefined)
    return { ...(await withoutOwn()), namespacesMissing: 'no unshare in PATH (package util-linux)' }
  const own = ['--mount', '--propagation', 'slave']
  const enter = found.isRoot ? [unshare, ...own] : [unshare, '--user', '--map-root-user', ...own]
  const session = found.setsid === undefined ? [] : [found.setsid]
  const words = [unshare, '--pid', '--fork', '--kill-child', '--uts', '--mount', '--mount-proc', ...session]
  const tryOut = (start: readonly string[]) => failureOf([...enter, ...start, ...become, shell, '-c', ':'])
  const become = found.isRoot
    ? []
    : [unshare, '--user', `--map-user=${process.getuid?.()}`, `--map-group=${process.getgid?.()}`]
  // A disk that is full is told of by other means.
  const program =
    namespaces !== 'auto'
      ? undefined
      : await unlessRefused(
          async () => ownProgram?.(),
          () => undefined,
        )
  if (program !== undefined && (await tryOut([program, '', '/dev/null'])) === undefined) {
    const newNamespaces = `${shellQuote(program)} "$3" ${TABLE}`
    return { ...found, enter, unshare, newNamespaces, mountsTable: true, become }
  }
  const failure = await tryOut(words)
  if (failure !== undefined) return { ...(await withoutOwn()), namespacesMissing: failure }
  return { ...(await withoutOwn()), enter, unshare, newNamespaces: words.join(' '), become }
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
