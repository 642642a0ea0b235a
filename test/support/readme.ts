/** The commands of an example's README, run as a reader would run them. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runProgram, type Server } from './executable.ts'
import { freePort } from './free-port.ts'

/** A folder as the commands see it: `examples` is a copy in which ports are free ones, `jobd` on the PATH is the real one. */
export type Checkout = {
  readonly path: string
  /** The `sh` blocks of `examples/NAME/README.md`, in order. */
  readonly blocks: (name: string) => readonly string[]
  /** Runs commands; fails the test unless each succeeds. Answers what they said on stdout. */
  readonly run: (commands: string) => Promise<string>
  /** The same as written, for those that may fail. */
  readonly attempt: (commands: string) => ReturnType<typeof runProgram>
}

/** The ports in the examples that have to be free on whatever machine the tests run. */
const PORTS = /\b3(?:567[234]|6379)\b/g

export async function checkoutFor(server: Server, path: string): Promise<Checkout> {
  mkdirSync(path)
  cpSync(join(root, 'examples'), join(path, 'examples'), { recursive: true })
  const ports = new Map<string, string>()
  for (const file of filesBelow(join(path, 'examples'))) {
    const text = readFileSync(file, 'utf8')
    for (const [port] of text.matchAll(PORTS)) if (!ports.has(port)) ports.set(port, String(await freePort()))
    writeFileSync(
      file,
      text.replaceAll(PORTS, (port) => ports.get(port) ?? port),
    )
  }
  const env = {
    PATH: `${join(root, 'bin')}:${process.env['PATH']}`,
    KUBECONFIG: server.kubeconfig,
    HOME: path,
    KUBECACHEDIR: join(path, 'kubectl-cache'),
  }
  const attempt = (commands: string) => runProgram('bash', ['-euo', 'pipefail', '-c', commands], { cwd: path, env })
  return {
    path,
    blocks: (name) =>
      [...readFileSync(join(path, 'examples', name, 'README.md'), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map(
        ([, block = '']) => block,
      ),
    attempt,
    run: async (commands) => {
      const { code, out, err } = await attempt(commands)
      assert.equal(code, 0, `${commands}\n${out}\n${err}`)
      return out
    },
  }
}

const filesBelow = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile())
