/** What containers may do with files of the host: by default those with an image read them, and `image: host` is the host. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { detectTools } from '../../src/agent/process/tools.ts'
import type { Node } from '../../src/apis/core/index.ts'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'
import { connect } from '../support/many-pods.ts'

const { unshare } = await detectTools({ path: '', namespaces: 'auto' })
const { path, dispose } = temporaryDirectory()
/** Outside of what every container has of its own. */
const place = mkdtempSync(join(homedir(), '.jobd-test-'))
after(() => {
  rmSync(place, { recursive: true })
  dispose()
})
mkdirSync(join(place, 'shared'))

/** One that a program of root may change, for the whole host. */
const SETTING = '/proc/sys/vm/swappiness'

/** What the script writes to, each named by a word of the log when it could. */
const script = [
  'touch /scratch/file && echo volume',
  `touch ${place}/shared/file && echo hostPath`,
  `touch ${place}/file 2>/dev/null && echo host`,
  `touch /tmp/jobd-${process.pid} && echo temporary`,
  'touch /var/tmp/jobd-file && rm /var/tmp/jobd-file',
  // To what it is already.
  `cat ${SETTING} 2>/dev/null >${SETTING} && echo kernel`,
  'true',
].join('; ')

type Case = readonly [sentence: string, own: object, written: string, on: { host: boolean; temporary: boolean }]

const both = { host: true, temporary: true }
const neither = { host: false, temporary: false }
const image = 'busybox'
const closed = { readOnlyRootFilesystem: true }
const open = { readOnlyRootFilesystem: false }
const worlds: readonly (readonly [sentence: string, flags: readonly string[], cases: readonly Case[]])[] = [
  [
    'by default',
    [],
    [
      [
        'a container with an image writes to volumes and a /tmp of its own',
        { image },
        'volume hostPath temporary',
        neither,
      ],
      [
        'as it does when its root may be written',
        { image, securityContext: open },
        'volume hostPath temporary',
        neither,
      ],
      ['and to volumes alone when it may not', { image, securityContext: closed }, 'volume hostPath', neither],
      ['image: host writes everywhere', { image: 'host' }, 'volume hostPath host temporary kernel', both],
      ['but when its root is read-only', { image: 'host', securityContext: closed }, 'volume hostPath', neither],
    ],
  ],
  [
    'with --host-files writable',
    ['--host-files', 'writable'],
    [['a container with an image writes everywhere', { image }, 'volume hostPath host temporary kernel', both]],
  ],
  [
    'with --host-files read-only',
    ['--host-files', 'read-only'],
    [['image: host writes no more than any other', { image: 'host' }, 'volume hostPath temporary', neither]],
  ],
]

for (const [sentence, flags, cases] of worlds) {
  describe(`files of the host ${sentence}`, {
    skip: unshare === undefined ? 'this host permits no mount namespaces' : false,
  }, () => {
    let server: Server
    before(async () => {
      server = await startServer(join(path, sentence.replaceAll(' ', '-')), ...flags)
    })
    after(() => server.stop())

    for (const [claim, own, written, on] of cases) {
      test(claim, async () => {
        const { code, out } = await run(server, { command: ['sh', '-c', script], ...own })
        assert.equal(code, 0, out)
        assert.deepEqual(out.match(/\b(?:volume|hostPath|host|temporary|kernel)$/gm)?.join(' '), written, out)
        const files = { host: join(place, 'file'), temporary: `/tmp/jobd-${process.pid}` }
        assert.deepEqual({ host: existsSync(files.host), temporary: existsSync(files.temporary) }, on)
        for (const file of [...Object.values(files), join(place, 'shared/file')]) rmSync(file, { force: true })
      })
    }

    test('and the node tells', async () => {
      const { client, close } = await connect(server)
      const nodes = await client.list<Node>('nodes', {})
      await close()
      const conditions = nodes.ok ? (nodes.value.items[0]?.status.conditions ?? []) : []
      const told = conditions.find(({ type }) => type === 'HostFilesReadOnly')
      assert.equal(told?.status, flags.includes('writable') ? 'False' : 'True')
    })
  })
}

describe('jobd run tells on standard error, once each, what the server warns of, and what to do about read-only files', {
  skip: unshare === undefined ? 'this host permits no mount namespaces' : false,
}, () => {
  let server: Server
  before(async () => {
    server = await startServer(join(path, 'told'))
  })
  after(() => server.stop())

  const writes = { command: ['sh', '-c', `echo begun; touch ${place}/file`] }
  const told = [/^Warning: .*does not use images.*image: host/gm, /^Warning: spec\.template\.spec\.dnsPolicy: /gm]
  const hint = /^hint: files of the host are read-only to image busybox: .*emptyDir.*image: host.*writable$/gm
  const cases: readonly (readonly [sentence: string, containers: readonly object[], patterns: readonly RegExp[]])[] = [
    [
      'a container with an image that writes',
      [
        { image, ...writes },
        { image, ...writes },
      ],
      [...told, hint],
    ],
    ['one that fails otherwise', [{ image, command: ['false'] }], told],
    ['one that asks for a read-only root', [{ image, securityContext: closed, ...writes }], told],
    ['one of the host', [{ image: 'host', command: ['sh', '-c', 'echo Read-only file system; false'] }], told.slice(1)],
  ]
  for (const [sentence, containers, patterns] of cases) {
    for (const place of ['its own server', 'a running one']) {
      test(`${sentence}, on ${place}`, async () => {
        const directory = place === 'a running one' ? server.directory : join(path, 'nobody')
        const { code, out, err } = await run({ directory }, ...containers)
        assert.equal(code, 1, err)
        assert.doesNotMatch(out, /Warning|hint/)
        for (const pattern of [...told, hint]) {
          assert.equal(err.match(pattern)?.length ?? 0, patterns.includes(pattern) ? 1 : 0, `${pattern}: ${err}`)
        }
      })
    }
  }
})

let serial = 0
function run({ directory }: Pick<Server, 'directory'>, ...own: readonly object[]) {
  serial += 1
  const mount = (name: string, mountPath: string) => ({ name, mountPath })
  const volumeMounts = [mount('scratch', '/scratch'), mount('shared', join(place, 'shared'))]
  const containers = own.map((one, i) => ({ name: `main-${i}`, ...one, volumeMounts }))
  const volumes = [
    { name: 'scratch', emptyDir: {} },
    { name: 'shared', hostPath: { path: join(place, 'shared') } },
  ]
  const spec = {
    restartPolicy: 'Never',
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['192.0.2.1'] },
    containers,
    volumes,
  }
  const metadata = { name: `run-${serial}` }
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { backoffLimit: 0, template: { spec } } }
  const file = join(path, `${serial}.json`)
  writeFileSync(file, JSON.stringify(job))
  return runProgram(jobd, ['run', '--data-dir', directory, file])
}

test('the flag is refused where pods do not see the files of the host', async () => {
  const up = ['up', '--data-dir', join(path, 'other'), '--runtime', 'none', '--host-files', 'read-only']
  const { code, err } = await runProgram(jobd, up)
  assert.equal(code, 2)
  assert.match(err, /^--host-files goes with --runtime process only: .*\n$/)
})
