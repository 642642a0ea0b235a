/** `jobd up --store etcd://…` on a real etcd: objects outlive the server and the machine that it was on. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type EtcdServer, etcdMissing, startEtcd } from '../support/etcd.ts'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'

const runJobd = (server: Server, ...args: readonly string[]) =>
  runProgram(jobd, args, { env: { KUBECONFIG: server.kubeconfig, JOBD_DATA_DIR: server.directory } })

type Pair = { readonly cert: string; readonly key: string }

/** A certificate for servers and for clients: etcd's gateway is a client of its own member. */
function selfSigned(directory: string, name: string): Pair {
  const [cert, key] = [join(directory, `${name}.crt`), join(directory, `${name}.key`)]
  const uses = ['extendedKeyUsage=serverAuth,clientAuth', 'subjectAltName=IP:127.0.0.1'].flatMap((use) => [
    '-addext',
    use,
  ])
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  execFileSync('openssl', [...args, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert, ...uses], { stdio: 'pipe' })
  return { cert, key }
}

describe('a server on etcd', { skip: etcdMissing ?? false }, () => {
  const { path, dispose } = temporaryDirectory()
  let etcd: EtcdServer
  before(async () => {
    etcd = await startEtcd(path)
  })
  after(async () => {
    await etcd.stop()
    dispose()
  })
  const directoryOf = (name: string): string => join(path, name)
  const onEtcd = (name: string): Promise<Server> =>
    startServer(directoryOf(name), '--store', `etcd://${etcd.address}`, '--log-level', 'info')

  test('a Job runs; kill -9 loses nothing, and the same server goes on at once', async () => {
    const first = await onEtcd('one')
    const ran = await runJobd(first, 'run', '--', 'echo', 'hello')
    assert.deepEqual([ran.code, ran.out.includes('hello')], [0, true], ran.err)
    await runJobd(first, 'cron', 'add', 'nightly', '0 3 * * *', '--', 'true')
    await first.kill()
    const second = await onEtcd('one')
    const listed = await runJobd(second, 'get', 'jobs,cronjobs')
    assert.match(listed.out, /Complete/)
    assert.match(listed.out, /nightly/)
    assert.equal(await second.stop(), 0)
  })

  test('another machine is refused while the first one serves, and finds everything when it has ended', async () => {
    const first = await onEtcd('one')
    const refused = await runProgram(jobd, [
      ...['up', '--data-dir', directoryOf('two'), '--listen', '127.0.0.1:0', '--store', `etcd://${etcd.address}`],
    ])
    assert.equal(refused.code, 1)
    assert.match(
      refused.err,
      new RegExp(`in use by process ${first.pid} on \\S+ with the data directory ${first.directory}`),
    )
    assert.equal(await first.stop(), 0)
    const second = await onEtcd('two')
    assert.match((await runJobd(second, 'get', 'cronjobs')).out, /nightly/)
    assert.equal(await second.stop(), 0)
  })

  test('what was asked while etcd is away is done when it is back', async () => {
    const server = await onEtcd('one')
    await etcd.kill()
    const waiting = runJobd(server, 'run', '--', 'echo', 'later')
    await etcd.start()
    const ran = await waiting
    assert.deepEqual([ran.code, ran.out.includes('later')], [0, true], ran.err)
    assert.equal(await server.stop(), 0)
  })

  test('backup names what to use instead', async () => {
    const server = await onEtcd('one')
    const refused = await runJobd(server, 'backup', join(path, 'copy.db'))
    assert.equal(refused.code, 1)
    assert.match(refused.err, /an etcd has etcdctl snapshot save/)
    assert.equal(await server.stop(), 0)
  })

  test('over TLS, each side shows its certificate', async () => {
    const secret = directoryOf('tls')
    mkdirSync(secret)
    const [ours, strange] = [selfSigned(secret, 'ours'), selfSigned(secret, 'strange')]
    const flags = [
      '--cert-file',
      ours.cert,
      '--key-file',
      ours.key,
      '--trusted-ca-file',
      ours.cert,
      '--client-cert-auth',
    ]
    const secured = await startEtcd(secret, { scheme: 'https', flags })
    const etcdFlags = (ca: string, { cert, key }: Pair): readonly string[] => [
      ...['--store', `etcd://${secured.address}/over/tls`, '--runtime', 'none'],
      ...['--etcd-cafile', ca, '--etcd-certfile', cert, '--etcd-keyfile', key],
    ]
    const server = await startServer(join(secret, 'data'), ...etcdFlags(ours.cert, ours))
    const made = await runJobd(server, 'cron', 'add', 'nightly', '0 3 * * *', '--', 'true')
    assert.equal(made.code, 0, made.err)
    assert.equal(await server.stop(), 0)
    const up = ['up', '--data-dir', join(secret, 'data'), '--listen', '127.0.0.1:0']
    for (const [ca, pair] of [[strange.cert, ours] as const, [ours.cert, strange] as const]) {
      const refused = await runProgram(jobd, [...up, ...etcdFlags(ca, pair)])
      assert.equal(refused.code, 1)
      assert.match(refused.err, /^cannot use \/over\/tls of the etcd at \S+: etcd .+\n$/)
      assert.doesNotMatch(refused.err, /\n\s+at /)
    }
    await secured.stop()
  })

  test('nobody at the address, and half of what TLS needs, are said in one sentence', async () => {
    mkdirSync(directoryOf('none'), { recursive: true })
    const up = (...flags: readonly string[]) =>
      runProgram(jobd, ['up', '--data-dir', directoryOf('none'), '--listen', '127.0.0.1:0', ...flags])
    const away = await up('--store', 'etcd://127.0.0.1:1')
    assert.equal(away.code, 1)
    assert.match(
      away.err,
      /^cannot use \/jobd of the etcd at 127\.0\.0\.1:1: etcd does not answer: .*ECONNREFUSED.*\n$/,
    )
    const half = await up('--store', `etcd://${etcd.address}`, '--etcd-certfile', 'x.pem')
    assert.deepEqual([half.code, half.err], [2, '--etcd-certfile and --etcd-keyfile go together\n'])
    const none = await up('--etcd-cafile', 'x.pem')
    assert.deepEqual([none.code, none.err], [2, '--etcd-cafile goes with --store etcd://HOST:PORT only\n'])
    const other = await up('--store', 'redis')
    assert.deepEqual([other.code, other.err], [2, '--store takes sqlite, memory or etcd://HOST:PORT, not redis\n'])
  })
})
