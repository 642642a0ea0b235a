/**
 * What upstream Kubernetes was recorded to do, played against the real executable.
 *
 * The kits lie beside the checkout, in ../shared; without them these tests skip. `known-gaps.txt` lists the wire cases
 * that are known to fail, each with its reason; a case that fails and is not listed fails the test, and so does a listed
 * one that passes.
 */
import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { kubectls, root, runProgram, startServer, temporaryDirectory } from '../support/executable.ts'

const shared = join(root, '../shared')
const skip = existsSync(join(shared, 'wire/check.mjs'))
  ? false
  : 'the recorded cases are not beside the checkout (../shared)'
const flags = ['--exact', '--runtime', 'none', '--disable-admission-plugins', 'ServiceAccount']

type Judged = {
  readonly results: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[]
  readonly last: string
}

/** Starts a server as the kits were recorded, with the token that they use, and plays a kit against it. */
async function judge(kit: (server: { url: string; directory: string }) => Promise<Judged>): Promise<Judged> {
  const { path, dispose } = temporaryDirectory()
  const tokens = join(path, 'tokens.csv')
  writeFileSync(tokens, 'admintoken,admin,admin,"system:masters"\n', { mode: 0o600 })
  const server = await startServer(path, ...flags, '--token-file', tokens)
  try {
    return await kit({ url: server.url, directory: path })
  } finally {
    await server.stop()
    dispose()
  }
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? ''

describe('recorded upstream behaviour', { skip }, () => {
  test('conformance: every scenario equals its golden', async () => {
    const { last } = await judge(async ({ url, directory }) => {
      const args = [
        kitWithPackages(directory),
        '--server',
        url,
        '--token',
        'admintoken',
        '--ca-insecure',
        '--jobs',
        '16',
      ]
      const { out, err } = await runProgram(process.execPath, args)
      return { results: [], last: `${lastLine(out)}${out.includes('FAIL') ? `\n${out}` : ''}${err}` }
    })
    assert.match(last, /^\d+ passed, 0 failed/)
  })

  test('wire: every case equals what upstream answered, but for the known gaps', async () => {
    const gaps = knownGaps()
    const { last, results } = await judge(async ({ url, directory }) => {
      const file = join(directory, 'results.json')
      const binaries = [...kubectls()]
        .filter(([version]) => version.startsWith('1.'))
        .flatMap(([version, path]) => [`--kubectl-${version}`, path])
      const args = [
        '--server',
        url,
        '--token',
        'admintoken',
        '--golden',
        join(shared, 'wire'),
        '--lenient',
        '--skip',
        'full|upstream-token',
      ]
      const { out } = await runProgram(process.execPath, [
        join(shared, 'wire/check.mjs'),
        ...args,
        ...binaries,
        '--quiet',
        '--json',
        file,
      ])
      return { results: resultsIn(file), last: lastLine(out) }
    })
    const failed = results.filter(({ result }) => result === 'failed').map(({ name }) => name)
    assert.ok(results.length > 1000, `only ${results.length} cases ran: ${last}`)
    assert.deepEqual(failed.toSorted(), [...gaps.keys()].toSorted())
  })
})

/** The kit finds its one package in this project: a copy of it stands beside a link to our packages. */
function kitWithPackages(directory: string): string {
  const copy = join(directory, 'conformance')
  cpSync(join(shared, 'conformance'), copy, { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  return join(copy, 'run.mjs')
}

function knownGaps(): ReadonlyMap<string, string> {
  const lines = readFileSync(new URL('known-gaps.txt', import.meta.url), 'utf8').split('\n')
  const gaps = new Map<string, string>()
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue
    const [name = '', ...reason] = line.split(': ')
    assert.notEqual(reason.join(': '), '', `the known gap ${name} has no reason`)
    gaps.set(name, reason.join(': '))
  }
  return gaps
}

function resultsIn(file: string): Judged['results'] {
  return JSON.parse(readFileSync(file, 'utf8')) as Judged['results']
}
