/** What was acknowledged is there after crashes, on full and read-only disks and after a server stood still. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Job } from '../../src/apis/batch/index.ts'
import type { ConfigMap, Pod } from '../../src/apis/core/index.ts'
import { CONTENT, emptyLedger, type Ledger, lostOf, perform, type Write } from '../support/crash-ledger.ts'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { helpersOf } from '../support/leftovers.ts'
import { connect, createPods, isOver, whenJob } from '../support/many-pods.ts'
import { type Requests, requestsTo } from '../support/requests.ts'
import { runCrashes } from './crash-rounds.ts'

const ROUNDS = 30
/** Seconds for which a server stands still. A minute, as when a laptop sleeps, in `npm run trust -- --long`. */
const STILL = process.env['JOBD_TEST_STILL'] ?? '3'

const configMap = (name: string, bytes = 1): Write => {
  const metadata = { name, labels: { [CONTENT]: name } }
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'x'.repeat(bytes) } }
  return { kind: 'create', key: `configmaps/${name}`, content: name, object }
}

test('a server killed at random moments under load keeps what it acknowledged and starts no pod twice', {
  timeout: 600_000,
}, async (context) => {
  const result = await runCrashes(8, ROUNDS)
  context.diagnostic(JSON.stringify(result))
  assert.deepEqual([result.rounds, result.kills, result.lost, result.doubleStarts], [ROUNDS, ROUNDS, 0, 0])
  assert.ok(result.acknowledged > 0 && result.podStarts > 0 && result.stops > 0)
  // Without root no disk can be mounted that loses its power.
  assert.ok(result.noPowerCuts !== undefined || (result.powerCuts > 0 && result.sectorsLost > 0))
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
  timeout: 300_000,
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
  timeout: 400_000,
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
    await runProgram('sleep', [STILL])
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

test('a container whose supervisor was killed is lost, which its status says, and is not started again', {
  timeout: 300_000,
}, async () => {
  const { path, dispose } = temporaryDirectory()
  const [data, starts] = [join(path, 'data'), join(path, 'starts')]
  let server = await startServer(data)
  let connection = await connect(server)
  try {
    const job = await createPods(connection.client, {
      name: 'lost',
      count: 1,
      parallelism: 1,
      mayFail: true,
      spec: {},
      command: ['sh', '-c', `echo start >> ${starts}; sleep 1000`],
    })
    const { metadata } = await whenJob(connection.client, job, ({ status }) => status.ready === 1)
    const [supervisor = 0, ...others] = helpersOf(server).supervisors
    assert.deepEqual(others, [])
    process.kill(supervisor, 'SIGKILL')
    // The next server looks at once; the same one within half a minute.
    await connection.close()
    await server.kill()
    server = await startServer(data)
    connection = await connect(server)
    const now = await connection.client.get<Job>({ resource: 'jobs.batch', namespace: 'default', name: 'lost' })
    assert.ok(now.ok)
    const over = isOver(now.value) ? now.value : await whenJob(connection.client, now.value, isOver)
    assert.deepEqual([over.status.failed, over.metadata.uid], [1, metadata.uid])
    const pods = await connection.client.list<Pod>('pods', { namespace: 'default' })
    assert.ok(pods.ok)
    assert.deepEqual(
      pods.value.items.map(({ status }) => {
        const { exitCode, reason, message } = status.containerStatuses?.[0]?.state?.terminated ?? {}
        return [status.phase, exitCode, reason, message]
      }),
      [['Failed', 137, 'ContainerStatusUnknown', 'The container could not be located when the pod was terminated']],
    )
    assert.equal(readFileSync(starts, 'utf8'), 'start\n')
  } finally {
    await connection.close()
    await server.stop()
    dispose()
  }
})

test('a spawner that was killed is replaced: what runs goes on, and what comes starts', {
  timeout: 300_000,
}, async () => {
  const { path, dispose } = temporaryDirectory()
  const gate = join(path, 'gate')
  const server = await startServer(join(path, 'data'))
  const { client, close } = await connect(server)
  const pods = { count: 1, parallelism: 1, mayFail: true, spec: {} }
  try {
    execFileSync('mkfifo', [gate])
    const before = await createPods(client, { ...pods, name: 'before', command: ['sh', '-c', `read line < ${gate}`] })
    await whenJob(client, before, ({ status }) => status.ready === 1)
    const { spawners } = helpersOf(server)
    assert.equal(spawners.length, 2)
    for (const spawner of spawners) process.kill(spawner, 'SIGKILL')
    for (const image of ['host', 'busybox']) {
      const after = await createPods(client, { ...pods, name: `after-${image}`, image, command: ['true'] })
      assert.equal((await whenJob(client, after, isOver)).status.succeeded, 1)
    }
    const opened = runProgram('sh', ['-c', `echo > ${gate}`])
    assert.equal((await whenJob(client, before, isOver)).status.succeeded, 1)
    await opened
    assert.match(server.errors(), /the spawner ended by itself; starting another how=SIGKILL/)
  } finally {
    await close()
    await server.stop()
    dispose()
  }
})
