/** The kits of recorded upstream behaviour, which lie beside the checkout in ../shared, and servers for them. */
import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'

export const shared = join(root, '../shared')
export const skip = existsSync(join(shared, 'wire/check.mjs'))
  ? false
  : 'the recorded cases are not beside the checkout (../shared)'

/** The flags that every kit needs: the nodes are played by the kit. */
const played = ['--runtime', 'none', '--disable-admission-plugins', 'ServiceAccount']

export type KitServer = { readonly url: string; readonly directory: string; readonly restart: () => Promise<void> }

/** A server with the token that the kits use, that can be stopped and started again; `mode` is `--exact` or nothing. */
export async function withServer<T>(mode: readonly string[], act: (at: KitServer) => Promise<T>): Promise<T> {
  const { path: directory, dispose } = temporaryDirectory()
  const tokens = join(directory, 'tokens.csv')
  writeFileSync(tokens, 'admintoken,admin,admin,"system:masters"\n', { mode: 0o600 })
  const flags = [...mode, ...played, '--token-file', tokens]
  let server: Server = await startServer(directory, ...flags)
  const { url } = server
  const restart = async (): Promise<void> => {
    assert.equal(await server.stop(), 0)
    server = await startServer(directory, ...flags, '--listen', new URL(url).host)
  }
  try {
    return await act({ url, directory, restart })
  } finally {
    await server.stop()
    dispose()
  }
}

/** Plays scenarios of the conformance kit against a server; answers what the kit printed. */
export async function playScenarios({ url, directory }: KitServer, ...options: readonly string[]): Promise<string> {
  const target = ['--server', url, '--token', 'admintoken', '--ca-insecure']
  const { out, err } = await runProgram(process.execPath, [kitWithPackages(directory), ...target, ...options])
  return out + err
}

/**
 * The kit finds its one package in this project: a copy of it stands beside a link to our packages. The copy knows Runs,
 * the kind that upstream does not have.
 */
function kitWithPackages(directory: string): string {
  const copy = join(directory, 'conformance')
  if (existsSync(copy)) return join(copy, 'run.mjs')
  cpSync(join(shared, 'conformance'), copy, { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  const kinds = join(copy, 'lib/client.mjs')
  const run = `Run: { prefix: '/apis/jobs.jobd.dev/v1', plural: 'runs', apiVersion: 'jobs.jobd.dev/v1' },`
  const extended = readFileSync(kinds, 'utf8').replace(/^const KINDS = \{$/m, (line) => `${line}\n  ${run}`)
  assert.ok(extended.includes(run), 'the kit lists its kinds in another way')
  writeFileSync(kinds, extended)
  return join(copy, 'run.mjs')
}
