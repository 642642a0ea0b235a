/** An image registry of a test's own on loopback, which serves nobody without a password. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'

export type Registry = {
  /** `127.0.0.1:5000`, as it stands before the names of images. */
  readonly host: string
  readonly user: string
  readonly password: string
  readonly stop: () => Promise<void>
}

/** Why this machine has none; undefined when it has. */
export const registryMissing: string | undefined =
  spawnSync('docker-registry', ['--version']).status === 0
    ? undefined
    : 'needs docker-registry in PATH (package docker-registry)'

const user = 'somebody'
const password = 'test-password'
/** The user and the password, as bcrypt has them. */
const htpasswd = 'somebody:$2y$05$IHh9JVb4QdjV3ZDactKn6.JHcOOD197cRw.rA37EFFZOR98EgqDsu\n'

/** @param dir an existing directory, where its files get names that begin with `registry-` */
export async function startRegistry(dir: string): Promise<Registry> {
  const host = `127.0.0.1:${await freePort()}`
  const file = (name: string) => `${dir}/registry-${name}`
  writeFileSync(file('users'), htpasswd)
  writeFileSync(
    file('config.yml'),
    `version: 0.1
log: {level: info}
storage: {filesystem: {rootdirectory: ${file('images')}}}
http: {addr: ${host}}
auth: {htpasswd: {realm: test, path: ${file('users')}}}
`,
  )
  const child = spawn('docker-registry', ['serve', file('config.yml')], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stderr })) if (line.includes('listening on')) break
  child.stderr.resume()
  return {
    host,
    user,
    password,
    stop: async () => {
      child.kill()
      await ended
    },
  }
}
