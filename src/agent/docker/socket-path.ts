/** Where the container engine listens. */
import { statSync } from 'node:fs'
import { fail, ok, type Result } from '../../base/index.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The socket that DOCKER_HOST names; without it the first that is there of Docker's and Podman's usual ones, and Docker's
 * when none is. Only sockets of this machine will do: the volumes of pods are directories of it.
 */
export function socketPathOf(env: Environment): Result<string, string> {
  const given = env['DOCKER_HOST'] ?? ''
  if (given !== '') {
    const path = /^unix:\/\/(\/.+)$/.exec(given)?.[1]
    return path === undefined
      ? fail(`DOCKER_HOST must be a socket of this machine such as unix:///var/run/docker.sock, not ${given}`)
      : ok(path)
  }
  const usual = '/var/run/docker.sock'
  const own = env['XDG_RUNTIME_DIR']
  const places = [
    usual,
    ...(own === undefined ? [] : [`${own}/docker.sock`, `${own}/podman/podman.sock`]),
    '/run/podman/podman.sock',
  ]
  return ok(places.find(isSocket) ?? usual)
}

const isSocket = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isSocket() === true
