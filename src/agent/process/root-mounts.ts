/**
 * A directory of the host as the root of a run. What the program writes there is kept in memory, belongs to this run
 * alone, and is gone when it ends; the directory itself never changes.
 */
import { existsSync, mkdirSync } from 'node:fs'
import type { Mount } from '../runtime/index.ts'
import { HOSTS } from './host-names.ts'
import { resolveInRoot } from './root-view.ts'
import { makePlace, messageFile, type RunMounts } from './run-mounts.ts'
import { shellQuote } from './shell-quote.ts'
import { TERMINATION_LOG } from './template.ts'

/** The places in the directory of a run: the original, what is written over it, and both together. */
const LOWER = 'lower'
const WRITES = 'writes'
const ROOT = 'root'

/** What the kernel shows of itself, mounted before volumes. */
const SYSTEM = ['/proc', '/sys', '/dev']
/** The devices that every container has. @source opencontainers runtime-spec config-linux.md, default devices */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty']
/** Pods use the network of the host, and so its name servers. */
const NETWORK_FILES = ['/etc/resolv.conf']

export const rootOfRun = (directory: string): string => `${directory}/${ROOT}`

/**
 * The shell commands that make the root of a run and mount in it what the run needs; each ends in `|| failed`. Prepares
 * the directory of the run.
 *
 * @param original the directory that the image stands for
 */
export function rootCommands(run: RunMounts, original: string): readonly string[] {
  const { directory, config, tools } = run
  const mount = tools.mount ?? 'false'
  for (const name of [LOWER, WRITES, ROOT]) mkdirSync(`${directory}/${name}`, { mode: 0o755 })
  const root = rootOfRun(directory)
  const volumes = placed(original, root, allMounts(run))
  const inRoot = (path: string) => `${root}${resolveInRoot(original, path).slice(original.length)}`
  const covered = [...SYSTEM.map(inRoot), ...volumes.map(({ target }) => target)]
  const inner = ({ target }: Mount) => covered.some((other) => target.startsWith(`${other}/`))
  const workingDir = config.workingDir ?? '/'
  const make = [
    // What is made here is for whoever the program runs as.
    'umask 022',
    `cd ${shellQuote(directory)}`,
    `${mount} --rbind ${shellQuote(original)} ${LOWER}`,
    `${mount} -t tmpfs -o mode=755 tmpfs ${WRITES}`,
    `mkdir ${WRITES}/upper ${WRITES}/work`,
    `${mount} -t overlay -o lowerdir=${LOWER},upperdir=${WRITES}/upper,workdir=${WRITES}/work overlay ${ROOT}`,
    `mkdir -p ${[...SYSTEM, '/etc', workingDir].map((path) => shellQuote(inRoot(path))).join(' ')}`,
    ...volumes.filter((each) => !inner(each)).map((each) => makePlace(each, each.target)),
    ...(config.security?.readOnlyRoot === true ? [`${mount} -o remount,bind,ro ${ROOT}`] : []),
    `${mount} --rbind /proc ${shellQuote(inRoot('/proc'))}`,
    `${mount} --rbind /sys ${shellQuote(inRoot('/sys'))}`,
    ...devices(mount, inRoot('/dev')),
  ]
  const binds = volumes.map((each) => {
    const place = inner(each) ? [`{ [ -e ${shellQuote(each.target)} ] || { ${makePlace(each, each.target)}; }; }`] : []
    const bind = `${mount} -o ${each.readOnly ? 'bind,ro' : 'bind'} ${shellQuote(each.source)} ${shellQuote(each.target)}`
    return `( umask 022 && ${[...place, bind].join(' && ')} ) || failed ${shellQuote(`mounting ${each.target.slice(root.length)}`)}`
  })
  return [`( ${make.join(' && ')} ) || failed ${shellQuote(`making ${original} the root of the container`)}`, ...binds]
}

function allMounts({ config, directory, hosts }: RunMounts): readonly Mount[] {
  const own = config.mounts.map((mount) => ({ ...mount, target: mount.target.replace(/(.)\/+$/, '$1') }))
  const isTaken = (path: string): boolean => own.some(({ target }) => target === path)
  const network = NETWORK_FILES.filter((path) => existsSync(path) && !isTaken(path))
  return [
    ...own,
    messageFile(directory, config.terminationMessagePath ?? TERMINATION_LOG),
    ...network.map((path) => ({ source: path, target: path, readOnly: true })),
    ...(hosts === undefined || isTaken(HOSTS) ? [] : [{ source: hosts.source, target: HOSTS, readOnly: false }]),
  ]
}

/** Mounts with their places in the new root, outer ones first. What lies in a volume is found there, by name. */
function placed(original: string, root: string, mounts: readonly Mount[]): readonly Mount[] {
  const ordered = [...mounts].sort((one, other) => one.target.length - other.target.length)
  const places = new Map<string, string>()
  return ordered.map((mount) => {
    const { target } = mount
    const outer = [...places].findLast(([path]) => target.startsWith(`${path}/`))
    const place =
      outer === undefined
        ? `${root}${resolveInRoot(original, target).slice(original.length)}`
        : `${outer[1]}${target.slice(outer[0].length)}`
    places.set(target, place)
    return { ...mount, target: place }
  })
}

/** A `/dev` of few devices, terminals, shared memory and the links that programs expect. */
const devices = (mount: string, dev: string): readonly string[] => [
  `${mount} -t tmpfs -o mode=755 tmpfs ${shellQuote(dev)}`,
  `cd ${shellQuote(dev)}`,
  'mkdir pts shm mqueue',
  `for d in ${DEVICES.join(' ')}; do : >$d && ${mount} --bind /dev/$d $d || exit 1; done`,
  `${mount} --rbind /dev/pts pts`,
  `${mount} -t tmpfs -o mode=1777 tmpfs shm`,
  'ln -s /proc/self/fd fd',
  'ln -s /proc/self/fd/0 stdin',
  'ln -s /proc/self/fd/1 stdout',
  'ln -s /proc/self/fd/2 stderr',
  'ln -s pts/ptmx ptmx',
]
