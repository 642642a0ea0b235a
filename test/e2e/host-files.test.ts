/** `jobd up --host-files read-only`: containers write to volumes, and elsewhere only when they say so. */
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { detectTools } from '../../src/agent/process/tools.ts'
import { jobd, runProgram, type Server, startServer, temporaryDirectory } from '../support/executable.ts'

const { unshare } = await detectTools({ path: '', namespaces: 'auto' })
const { path, dispose } = temporaryDirectory()
after(dispose)

describe('files of the host', { skip: unshare === undefined ? 'this host permits no mount namespaces' : false }, () => {
  let server: Server
  before(async () => {
    server = await startServer(join(path, 'data'), '--host-files', 'read-only')
  })
  after(() => server.stop())

  async function run(name: string, own: object) {
    const script = `touch /scratch/yes && echo volume; touch ${path}/${name} && echo host; true`
    const container = {
      ...{ name: 'main', image: 'host', command: ['sh', '-c', script], ...own },
      volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
    }
    const spec = { restartPolicy: 'Never', containers: [container], volumes: [{ name: 'scratch', emptyDir: {} }] }
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template: { spec } } }
    const file = join(path, `${name}.json`)
    writeFileSync(file, JSON.stringify(job))
    return runProgram(jobd, ['run', '--data-dir', server.directory, file])
  }

  test('a container that says nothing writes to its volume alone', async () => {
    const { code, out } = await run('silent', {})
    assert.equal(code, 0, out)
    assert.match(out, /volume\n/)
    assert.match(out, /Read-only file system/)
    assert.equal(existsSync(join(path, 'silent')), false)
  })

  test('one that asks for it writes everywhere', async () => {
    const { code, out } = await run('asks', { securityContext: { readOnlyRootFilesystem: false } })
    assert.equal(code, 0, out)
    assert.match(out, /volume\n.*host\n/s)
    assert.equal(existsSync(join(path, 'asks')), true)
  })
})

test('the flag is refused where pods do not see the files of the host', async () => {
  const up = ['up', '--data-dir', join(path, 'other'), '--runtime', 'none', '--host-files', 'read-only']
  const { code, err } = await runProgram(jobd, up)
  assert.equal(code, 2)
  assert.match(err, /^--host-files goes with --runtime process only: .*\n$/)
})
