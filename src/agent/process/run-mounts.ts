/** Making the volumes of one run appear at their places. */
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { ContainerConfig, Mount } from '../runtime/index.ts'
import { shellQuote } from './shell-quote.ts'
import { missingFrom, stageText } from './stage.ts'
import {
  CREDENTIALS,
  CREDENTIALS_ALIAS,
  OWN_DEVICES,
  RUN_CREDENTIALS,
  RUN_TERMINATION_LOG,
  TERMINATION_LOG,
} from './template.ts'
import type { HostTools } from './tools.ts'

export type RunMounts = {
  /** The directory of the run, there already; the links of the template lead into it. */
  readonly directory: string
  readonly config: ContainerConfig
  readonly tools: HostTools
}

/** The shell commands that mount what a run needs; each ends in `|| failed`. Prepares the directory of the run. */
export function mountCommands(run: RunMounts): readonly string[] {
  const { directory, config, tools } = run
  const followsLinks = tools.isRoot && config.runAs?.uid === undefined
  const mounts: Mount[] = []
  for (const mount of config.mounts) {
    const target = mount.target === CREDENTIALS_ALIAS ? CREDENTIALS : mount.target.replace(/(.)\/+$/, '$1')
    if (target !== CREDENTIALS) mounts.push({ ...mount, target })
    else if (followsLinks) symlinkSync(mount.source, `${directory}/${RUN_CREDENTIALS}`)
    else if (!tools.isRoot) mounts.push({ ...mount, target })
    else mounts.push(parentOf(CREDENTIALS, `${directory}/secrets`), { ...mount, target })
  }
  const messagePath = config.terminationMessagePath ?? TERMINATION_LOG
  if (messagePath !== TERMINATION_LOG || !tools.isRoot) mounts.push(messageFile(directory, messagePath))
  else if (!followsLinks) {
    const target = `${OWN_DEVICES}/${basename(TERMINATION_LOG)}`
    mounts.push(parentOf(target, `${directory}/devices`), messageFile(directory, target))
  }
  return bindAll(mounts, directory, tools)
}

/** The template has a link here that another user cannot follow: covered by a directory, `source`, to mount in. */
function parentOf(target: string, source: string): Mount {
  mkdirSync(source, { mode: 0o755 })
  const place = `${source}/${basename(target)}`
  if (target === CREDENTIALS) mkdirSync(place, { mode: 0o755 })
  else writeFileSync(place, '')
  return { source, target: dirname(target), readOnly: false }
}

export function messageFile(directory: string, target: string): Mount {
  const source = `${directory}/${RUN_TERMINATION_LOG}`
  writeFileSync(source, '')
  // Whoever the program runs as may leave a word.
  chmodSync(source, 0o666)
  return { source, target, readOnly: false }
}

function bindAll(mounts: readonly Mount[], directory: string, tools: HostTools): readonly string[] {
  const program = tools.mount ?? 'false'
  const ordered = [...mounts].sort((one, other) => one.target.length - other.target.length)
  const isInside = ({ target }: Mount) => ordered.some((other) => target.startsWith(`${other.target}/`))
  const places = new Map<string, Mount[]>()
  for (const mount of ordered) {
    const missing = isInside(mount) || isOfTemplate(mount.target) ? undefined : missingFrom(mount.target)
    if (missing !== undefined) places.set(missing.directory, [...(places.get(missing.directory) ?? []), mount])
  }
  const stages = [...places].map(([staged, missing], index) => {
    const place = { directory: `${directory}/stage${index}`, table: `${directory}/stage${index}.fstab` }
    mkdirSync(place.directory)
    const fill = missing.map((mount) => makePlace(mount, `./${missingFrom(mount.target)?.rest ?? ''}`))
    const text = stageText({ directory: staged, fill }, place, { mount: program, canMakeDevices: tools.isRoot })
    writeFileSync(place.table, text.table)
    return `${text.script} || failed ${shellQuote(`making room for mounts in ${staged}`)}`
  })
  const binds = ordered.map((mount) => {
    const { source, target, readOnly } = mount
    const place = isInside(mount) ? `{ [ -e ${shellQuote(target)} ] || { ${makePlace(mount, target)}; }; } && ` : ''
    const bind = `${program} -o ${readOnly ? 'bind,ro' : 'bind'} ${shellQuote(source)} ${shellQuote(target)}`
    return `{ ${place}${bind}; } || failed ${shellQuote(`mounting ${target}`)}`
  })
  // Staging leads elsewhere; the links of the template lead to where the first process is.
  return [...stages, ...(stages.length === 0 ? [] : [`cd ${shellQuote(directory)}`]), ...binds]
}

const isOfTemplate = (target: string): boolean =>
  target === TERMINATION_LOG ||
  target === CREDENTIALS ||
  target === dirname(CREDENTIALS) ||
  target.startsWith(OWN_DEVICES)

/** Makes what a volume is mounted on: a directory, or a file for a file. */
export function makePlace({ source }: Mount, path: string): string {
  const isDirectory = statSync(source).isDirectory()
  if (isDirectory) return `mkdir -p ${shellQuote(path)}`
  return `mkdir -p ${shellQuote(dirname(path))} && : >>${shellQuote(path)}`
}
