/**
 * The mount namespace that the spawner and through it every namespaced run starts from. Two places that pods expect and
 * hosts do not have are made there once, instead of by mounts for each container:
 *
 * - `/dev/termination-log`, where a program leaves its last word;
 * - `/run/secrets/kubernetes.io/serviceaccount`, where its credentials are.
 *
 * Both are links into the working directory of the first process of the PID namespace, which is the directory of the run.
 * Where the program is another user than that process such links cannot be followed, and mounts do the work.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { HOST_TREE, NOTHING, OWN_PLACE } from './read-only-host.ts'
import { shellQuote } from './shell-quote.ts'
import { missingFrom, type Stage, stageText } from './stage.ts'
import type { HostTools } from './tools.ts'

export const TERMINATION_LOG = '/dev/termination-log'
/** Where the link at `TERMINATION_LOG` leads: a directory, so that another can be mounted over it. */
export const OWN_DEVICES = '/dev/jobd'
export const CREDENTIALS = '/run/secrets/kubernetes.io/serviceaccount'
/** As manifests spell it; `/var/run` is a link to `/run` on every present system. */
export const CREDENTIALS_ALIAS = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The directory, in that of the template, where the rooms of runs lie, see rooms.ts. */
export const ROOMS = 'rooms'

/** What lies in the directory of a run, and what the links of the template lead to. */
export const RUN_TERMINATION_LOG = 'termination-log'
export const RUN_CREDENTIALS = 'serviceaccount'

/**
 * Shell commands that set the template up, to be run in a mount namespace of its own.
 *
 * @param scratch a directory of this daemon's, emptied here
 */
export function templateScript(tools: HostTools, scratch: string): string {
  if (tools.mount === undefined) return 'false'
  rmSync(scratch, { recursive: true, force: true })
  mkdirSync(scratch, { recursive: true, mode: 0o700 })
  const missing = missingFrom(CREDENTIALS)
  const stages: readonly Stage[] = [
    {
      directory: '/dev',
      without: [basename(TERMINATION_LOG), ...(tools.isRoot ? [] : ['ptmx'])],
      fill: [devFill(tools), `mkdir .${OWN_PLACE.slice(4)} .${HOST_TREE.slice(4)} .${NOTHING.slice(4)}`],
    },
    missing === undefined
      ? {
          directory: dirname(CREDENTIALS),
          without: [basename(CREDENTIALS)],
          fill: [credentialsFill(tools, basename(CREDENTIALS))],
        }
      : { directory: missing.directory, fill: [credentialsFill(tools, missing.rest)] },
  ]
  const texts = stages.map((stage, index) => {
    const place = { directory: `${scratch}/${index}`, table: `${scratch}/${index}.fstab` }
    mkdirSync(place.directory)
    const text = stageText(stage, place, { mount: tools.mount ?? '', canMakeDevices: tools.isRoot })
    writeFileSync(place.table, text.table)
    return text.script
  })
  const rooms = `${scratch}/${ROOMS}`
  mkdirSync(rooms)
  return [...texts, `${tools.mount} -t tmpfs -o mode=700 tmpfs ${shellQuote(rooms)}`].join(' && ')
}

/**
 * Links where they can be followed, else places to mount on. Terminals come from the `ptmx` that has `pts` beside it, for
 * which one bound alone will not do.
 */
const devFill = ({ isRoot, mount = 'false' }: HostTools): string =>
  isRoot
    ? `mkdir ./jobd && ln -s /proc/1/cwd/${RUN_TERMINATION_LOG} ./jobd/termination-log && ln -s jobd/termination-log ./termination-log`
    : `: >./termination-log && mkdir ./jobd && ${mount} --rbind /dev ./jobd && ln -s jobd/ptmx ./ptmx`

function credentialsFill({ isRoot }: HostTools, rest: string): string {
  const path = `./${rest}`
  const parent = path.slice(0, path.lastIndexOf('/'))
  if (!isRoot) return `mkdir -p ${shellQuote(path)}`
  // For containers of other users than root too.
  return `umask 022 && mkdir -p ${shellQuote(parent)} && ln -s /proc/1/cwd/${RUN_CREDENTIALS} ${shellQuote(path)}`
}
