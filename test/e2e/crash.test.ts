/** What was acknowledged is there after crashes, on full and read-only disks and after a server stood still. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import type { ConfigMap } from '../../src/apis/core/index.ts'
import { CONTENT, emptyLedger, type Ledger, lostOf, perform, type Write } from '../support/crash-ledger.ts'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { connect } from '../support/many-pods.ts'
import { type Requests, requestsTo } from '../support/requests.ts'
import { runCrashes } from './crash-rounds.ts'

const ROUNDS = 10

const configMap = (name: string, bytes = 1): Write => {
  const metadata = { name, labels: { [CONTENT]: name } }
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'x'.repeat(bytes) } }
  return { kind: 'create', key: `configmaps/${name}`, content: name, object }
}

test('a server killed at random moments under load keeps what it acknowledged and starts no pod twice', {
  timeout: 300_000,
}, async (context) => {
  const result = await runCrashes(8, ROUNDS)
  context.diagnostic(JSON.stringify(result))
  assert.deepEqual([result.rounds, result.kills, result.lost, result.doubleStarts], [ROUNDS, ROUNDS, 0, 0])
  assert.ok(result.acknowledged > 0 && result.podStarts > 0 && result.stops > 0 && result.powerCuts > 0)
})

/** A file system of its own, in memory, of `megabytes`; or why there is none. */
function smallDisk(path: string, megabytes: number): string | undefined {
  try {
    mkdirSync(path)
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'tmpfs', path], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `no file system can be mounted here: ${error instanceof Error ? error.message : String(error)}`
  }
}

const remount = (path: string, option: string): void =>
  void execFileSync('mount', ['-o', `remount,${option}`, path], { stdio: 'pipe' })

async function keepsAll(server: Server, ledger: Ledger): Promise<void> {
  const requests = requestsTo(server)
  assert.deepEqual(await lostOf(ledger, requests), [])
  requests.close()
}

/** Large ConfigMaps until one is refused; answers what the server said. */
async function fill(requests: Requests, ledger: Ledger): Promise<string> {
  for (let index = 0; ; index++) {
    try {
      await perform(ledger, requests, configMap(`large-${index}`, 500_000))
    } catch (error) {
      // What was refused must not be there later: it was answered, with no.
      const key = `configmaps/large-${index}`
      ledger.written.set(key, { content: undefined, uid: '', revision: 0, unanswered: [] })
      return error instanceof Error ? error.message : String(error)
    }
  }
}

test('a full and a read-only disk refuse writes, lose nothing, and are recovered from', {
  timeout: 120_000,
}, async (context) => {
  const { path, dispose } = temporaryDirectory()
  const disk = `${path}/disk`
  const reason = smallDisk(disk, 12)
  if (reason !== undefined) {
    dispose()
    context.skip(reason)
    return
  }
  const ledger = emptyLedger()
  let server = await startServer(disk, '--runtime', 'none')
  try {
    const requests = requestsTo(server)
    assert.match(await fill(requests, ledger), /refused: 5\d\d .*"kind":"Status".*the disk is full: free some space/)
    assert.ok(ledger.acknowledged > 0)
    assert.deepEqual(await lostOf(ledger, requests), [], 'reading goes on')
    remount(disk, 'size=64m')
    await perform(ledger, requests, configMap('there-is-space'))
    requests.close()
    await server.kill()
    remount(disk, 'ro')
    const refused = await runProgram(jobd, ['up', '--data-dir', disk, '--listen', '127.0.0.1:0', '--runtime', 'none'])
    assert.equal(refused.code, 1)
    assert.match(refused.err, /^[^\n]*read-only[^\n]*\n$/, 'one sentence tells why')
    remount(disk, 'rw')
    server = await startServer(disk, '--runtime', 'none')
    await keepsAll(server, ledger)
  } finally {
    await server.stop()
    execFileSync('umount', [disk])
    dispose()
  }
})

test('a server that stood still for seconds answers what it was asked meanwhile, and watchers miss nothing', {
  timeout: 60_000,
}, async () => {
  const { path, dispose } = temporaryDirectory()
  const server = await startServer(path, '--runtime', 'none')
  const { client, close } = await connect(server)
  const requests = requestsTo(server)
  const ledger = emptyLedger()
  const names = [...Array(20).keys()].map((index) => `while-${index}`)
  const watchers = [...Array(5).keys()].map(() => {
    const seen: string[] = []
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    const watch = client.watch<ConfigMap>(
      'configmaps',
      { namespace: 'default', labelSelector: CONTENT, resourceVersion: '0' },
      {
        onEvents: (events) => {
          seen.push(...events.filter(({ type }) => type === 'ADDED').map(({ object }) => object.metadata.name ?? ''))
          if (seen.includes('last')) resolve(seen)
        },
        onEnd: (status) => reject(new Error(status?.message ?? 'the watch ended')),
      },
    )
    return { promise, watch }
  })
  try {
    await perform(ledger, requests, configMap('first'))
    process.kill(server.pid, 'SIGSTOP')
    const answered = Promise.all(names.map((name) => perform(ledger, requests, configMap(name))))
    // How long it stands is what is tested: nothing else tells when that is over.
    await runProgram('sleep', ['3'])
    process.kill(server.pid, 'SIGCONT')
    await answered
    await perform(ledger, requests, configMap('last'))
    const expected = ['first', ...names, 'last'].sort()
    for (const seen of await Promise.all(watchers.map(({ promise }) => promise))) {
      assert.deepEqual([...seen].sort(), expected)
    }
    assert.deepEqual(await lostOf(ledger, requests), [])
  } finally {
    for (const { watch } of watchers) watch.stop()
    requests.close()
    await close()
    await server.stop()
    dispose()
  }
})
