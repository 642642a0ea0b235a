/** Why a command could not be executed, in words that name it and say what to do. */
import { existsSync } from 'node:fs'
import type { ContainerConfig } from '../runtime/index.ts'
import { privateDirectories } from './read-only-host.ts'

export type StartErrorFacts = {
  readonly config: Pick<ContainerConfig, 'command' | 'workingDir' | 'image' | 'root' | 'hostFiles'>
  /** From the exit record: `exec 127`, `cwd`, or empty when the command was never reached. */
  readonly why: string
  /** What the launching shell said. */
  readonly said: string
}

/** The container names no command, and this runtime has no images to take one from. */
export const noCommand = ({ image, root }: Pick<ContainerConfig, 'image' | 'root'>): string =>
  root !== undefined
    ? `no command specified: neither the container nor the image map names one for the image "${image}"; set command, or entrypoint in the map`
    : `no command specified: the process runtime runs programs of this host and does not use the image${image === '' ? '' : ` "${image}"`}; set command, or use a runtime that has images (--runtime docker)`

const OWN =
  '/tmp and /var/tmp of a container are its own; mount what it needs of the host there by a hostPath volume, or use image: host'

/** Whether a path of the host is covered by a directory of the container's own. */
const isHidden = ({ root, hostFiles = 'Writable' }: StartErrorFacts['config'], path = ''): boolean =>
  root === undefined &&
  hostFiles !== 'Writable' &&
  existsSync(path) &&
  privateDirectories().some((directory) => path.startsWith(`${directory}/`))

export function startErrorMessage({ config, why, said }: StartErrorFacts): string {
  const [command = ''] = config.command
  const shown = JSON.stringify(command)
  const { root } = config
  if (root !== undefined && why.startsWith('exec')) {
    const what = why === 'exec 127' ? 'executable file not found' : 'permission denied'
    return `exec: ${shown}: ${what} in ${root}, the root of the image "${config.image}"; put it there or change command`
  }
  if (why === 'cwd' && isHidden(config, config.workingDir)) {
    return `chdir to workingDir ${JSON.stringify(config.workingDir)} failed: no such directory: ${OWN}`
  }
  if (why === 'cwd') {
    return `chdir to workingDir ${JSON.stringify(config.workingDir ?? '')} failed: no such directory on this host; create it or change workingDir`
  }
  if (why === 'exec 127') {
    if (!command.includes('/')) {
      return `exec: ${shown}: executable file not found in $PATH: the process runtime runs programs of this host, not of the image; install it here or change command`
    }
    if (isHidden(config, command)) return `exec: ${shown}: stat ${command}: no such file or directory: ${OWN}`
    return existsSync(command)
      ? `exec: ${shown}: its interpreter does not exist on this host; install it or change the first line of the file`
      : `exec: ${shown}: stat ${command}: no such file or directory: the process runtime runs programs of this host, not of the image; install it here or change command`
  }
  if (why.startsWith('exec')) {
    const reason = said.slice(said.lastIndexOf(': ') + 2).toLowerCase() || 'permission denied'
    return `exec: ${shown}: ${reason}: the file must be an executable program of this host`
  }
  const detail = [why, said].filter((text) => text !== '').join(': ')
  return `the container could not be set up: ${detail === '' ? 'its supervisor ended early' : detail}`
}
