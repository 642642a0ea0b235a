/**
 * What upstream Kubernetes was recorded to do, and what jobd does otherwise, played against the real executable.
 *
 * The kits lie beside the checkout, in ../shared; without them these tests skip. `known-gaps.txt` lists the wire cases
 * that are known to fail, each with its reason; a case that fails and is not listed fails the test, and so does a listed
 * one that passes.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { jobd, kubectls, runProgram } from '../support/executable.ts'
import { type KitServer, playScenarios, shared, skip, withServer } from './kit.ts'

const exact = ['--exact']
const scenarios = fileURLToPath(new URL('scenarios', import.meta.url))
const deadline = 580_000

type Judged = { readonly name: string; readonly result: 'passed' | 'failed' | 'skipped'; readonly diff?: string[] }

type Crowd = { readonly left: () => void; readonly alone: <T>(ask: () => Promise<T>) => Promise<T> }

/** The tests that run side by side: when all have played what they have once, each may ask again, one after another. */
function crowdOf(members: number): Crowd {
  const { promise, resolve } = Promise.withResolvers<void>()
  let staying = members
  let last: Promise<unknown> = promise
  return {
    left() {
      staying -= 1
      if (staying === 0) resolve()
    },
    alone(ask) {
      const asked = last.then(ask)
      last = asked.catch(() => {})
      return asked
    },
  }
}

const crowd = crowdOf(4)

/** A second in which kubectl has to list and watch is at times too short on a slow machine, also for one that is alone on it. */
const timesAlone = 3

/**
 * The folders of the wire kit that are played together on one server of their own. Cases wait for what the controllers
 * do, some only for a moment that upstream made long enough: what failed in the crowd is asked again alone.
 */
async function playWire(folders: readonly string[]): Promise<readonly Judged[]> {
  return await withServer(exact, async ({ url, directory, restart }) => {
    // Upstream's memory never began with an empty store: here that is so from the second start on.
    await restart()
    const forget = await forgetHook(restart, directory)
    const server = { url, directory, forget: forget.command }
    const played: (readonly Judged[])[] = []
    try {
      try {
        for (const folder of folders) played.push(await playCases(folder, server, '--jobs', '4'))
      } finally {
        crowd.left()
      }
      return await crowd.alone(async () => {
        const results: Judged[] = []
        for (const [i, first] of played.entries()) results.push(...(await askAgain(folders[i] ?? '', server, first)))
        return results
      })
    } finally {
      forget.close()
    }
  })
}

type WireServer = { readonly url: string; readonly directory: string; readonly forget: string }

async function askAgain(folder: string, server: WireServer, first: readonly Judged[]): Promise<readonly Judged[]> {
  const gaps = knownGaps()
  let results = first
  for (let times = 0; times < timesAlone; times++) {
    const failed = results.filter(({ name, result }) => result === 'failed' && !gaps.has(name)).map(({ name }) => name)
    if (failed.length === 0 || failed.length > 8) break
    const names = failed.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
    const again = await playCases(folder, server, '--filter', `^(?:${names})(?: |$)`)
    results = [...results.filter(({ name }) => !failed.includes(name)), ...again]
  }
  return results
}

async function playCases(
  folder: string,
  { url, directory, forget }: WireServer,
  ...selection: readonly string[]
): Promise<readonly Judged[]> {
  const file = join(directory, `${folder}.json`)
  const { err } = await runProgram(process.execPath, [
    join(shared, 'wire/check.mjs'),
    ...['--server', url, '--token', 'admintoken', '--golden', join(shared, 'wire', folder)],
    ...['--lenient', '--skip', 'full|upstream-token', '--quiet', '--json', file],
    ...['--hook-compact', compactCommand(directory), '--hook-forget', forget],
    ...[...kubectls()].filter(([version]) => version.startsWith('1.')).flatMap(([v, path]) => [`--kubectl-${v}`, path]),
    ...selection,
  ])
  assert.equal(err, '')
  return JSON.parse(readFileSync(file, 'utf8')) as Judged[]
}

const compactCommand = (directory: string): string => `'${jobd}' compact --data-dir '${directory}' >/dev/null`

/** A command that compacts the history and starts the server anew. The server is ours, so the command asks us to. */
async function forgetHook(
  restart: () => Promise<void>,
  directory: string,
): Promise<{ readonly command: string; readonly close: () => void }> {
  const ear = createServer((_, response) => {
    restart().then(
      () => response.end(),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => ear.listen(0, '127.0.0.1', resolve))
  const { port } = ear.address() as AddressInfo
  const ask = `'${process.execPath}' -e 'await fetch("http://127.0.0.1:${port}")'`
  return { command: `${compactCommand(directory)} && ${ask}`, close: () => void ear.close() }
}

/** Fails on failures that are not listed and on listed cases that pass; cases that did not run do not count. */
function compareWithKnownGaps(results: readonly Judged[]): void {
  const gaps = knownGaps()
  const failed = new Map(results.filter(({ result }) => result === 'failed').map(({ name, diff }) => [name, diff]))
  const news = [...failed].filter(([name]) => !gaps.has(name))
  const closed = results.filter(({ name, result }) => result === 'passed' && gaps.has(name))
  assert.deepEqual(
    news.map(([name, diff]) => `${name}\n${diff?.join('\n').slice(0, 2000)}`),
    [],
    'cases that fail',
  )
  assert.deepEqual(
    closed.map(({ name }) => name),
    [],
    'cases listed in known-gaps.txt that pass',
  )
}

describe('recorded behaviour', { skip, concurrency: true, timeout: deadline }, () => {
  test('conformance: every scenario equals its golden', async () => {
    await withServer(exact, async (server) => {
      const all = await playWithoutHurry(server, '--jobs', '40')
      assert.ok((all.match(/^(ok|FAIL) /gm) ?? []).length >= 82, all)
    })
  })

  test('wire: every request is answered as upstream answered, but for the known gaps', async () => {
    const results = await playWire(['invalid', 'defaults', 'patch', 'protobuf', 'rest', 'forgotten'])
    compareWithKnownGaps(results)
    assert.ok(results.length > 1000, `only ${results.length} cases ran`)
  })

  test('wire: every kubectl sees what it saw of upstream, but for the known gaps', async () => {
    compareWithKnownGaps(await playWire(['kubectl']))
  })

  // See differences.test.ts for what each of them must say.
  test('without --exact: every scenario of ours equals its golden', async () => {
    const all = await withServer([], (server) => playWithoutHurry(server, '--scenarios', scenarios))
    assert.equal(all.match(/^(ok|FAIL) /gm)?.length, readdirSync(scenarios).length, all)
  })
})

/**
 * Plays scenarios until all have passed. Delays are told apart in seconds, by a kit that shares the machine: what failed
 * in the crowd, if it is little, is asked again alone, and then stands. Answers what the kit said first.
 */
async function playWithoutHurry(server: KitServer, ...options: readonly string[]): Promise<string> {
  const all = await playScenarios(server, ...options).finally(crowd.left)
  const failed = [...all.matchAll(/^FAIL (\S+)/gm)].map(([, name]) => name)
  assert.ok(failed.length <= 8, all)
  await crowd.alone(async () => {
    if (failed.length === 0) return
    const again = await playScenarios(server, ...options, '--jobs', '8', '--filter', `^(${failed.join('|')})$`)
    assert.match(again, / 0 failed\s*$/, all + again)
  })
  return all
}

/** A line is `NAME: REASON`. */
function knownGaps(): ReadonlyMap<string, string> {
  const lines = readFileSync(new URL('known-gaps.txt', import.meta.url), 'utf8').split('\n')
  const gaps = new Map<string, string>()
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue
    const [, name = '', reason] = /^([^:]+): (.+)$/.exec(line) ?? []
    assert.ok(reason, `no reason is given in the line ${line}`)
    gaps.set(name, reason)
  }
  return gaps
}
