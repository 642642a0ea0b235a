/**
 * The image that the Dockerfile describes, without a registry: the files of its last stage are put together from this machine, and
 * what it says of users, environment and entry point is given to the engine as it stands there.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Dockerd, dockerdMissing, startDockerd, staticBusybox } from '../support/dockerd.ts'
import { root, runProgram, temporaryDirectory } from '../support/executable.ts'

const image = 'jobd-test/jobd:1'

/** The instructions of the last stage that say how the image is run. */
function changes(): readonly string[] {
  const last =
    readFileSync(join(root, 'Dockerfile'), 'utf8')
      .split(/^FROM /m)
      .at(-1) ?? ''
  return last.split('\n').filter((line) => /^(ENV|VOLUME|USER|EXPOSE|ENTRYPOINT|CMD) /.test(line))
}

/** Busybox, Node with its libraries, and the package where npm installs it for all. */
async function fill(system: string): Promise<void> {
  for (const name of [
    'bin',
    'usr/bin',
    'usr/local/bin',
    'tmp',
    'proc',
    'data',
    'etc',
    'usr/local/lib/node_modules/jobd',
  ])
    mkdirSync(join(system, name), { recursive: true })
  for (const name of ['tmp', 'data']) chmodSync(join(system, name), 0o1777)
  copyFileSync(staticBusybox() ?? '', join(system, 'bin/busybox'))
  for (const name of (await runProgram(join(system, 'bin/busybox'), ['--list'])).out.trim().split('\n'))
    if (name !== 'busybox') symlinkSync('busybox', join(system, 'bin', name))
  const node = (await runProgram(process.execPath, ['-p', 'process.execPath'])).out.trim()
  copyFileSync(node, join(system, 'usr/local/bin/node'))
  const { out } = await runProgram('ldd', [node])
  for (const [, file = ''] of out.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(system, dirname(file)), { recursive: true })
    copyFileSync(file, join(system, file))
  }
  const place = 'usr/local/lib/node_modules/jobd'
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(root, name), join(system, place, name), { recursive: true })
  symlinkSync('../lib/node_modules/jobd/bin/jobd', join(system, 'usr/local/bin/jobd'))
}

describe('the container image', { skip: dockerdMissing() ?? false, timeout: 180_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  let docker: Dockerd
  before(async () => {
    docker = await startDockerd()
    const system = join(path, 'system')
    await fill(system)
    const given = changes().map((change) => `--change '${change}'`)
    const imported = await runProgram('sh', [
      '-c',
      `tar -C '${system}' -c . | docker -H '${docker.host}' import ${given.join(' ')} - ${image}`,
    ])
    assert.equal(imported.code, 0, imported.err)
  })
  after(async () => {
    await docker?.stop()
    dispose()
  })

  test('serves as its own user as process 1, answers its health check, and ends in order at SIGTERM', async () => {
    const name = 'serving'
    const child = spawn('docker', ['-H', docker.host, 'run', '--name', name, '--network', 'none', image])
    const ended = once(child, 'exit')
    const errors: string[] = []
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()))
    const line = await Promise.race([once(child.stdout, 'data'), ended.then(() => [errors.join('')])])
    assert.match(String(line[0]), /^ready https:\/\/\S+:6443 kubeconfig=\/data\/jobd\/kubeconfig\n$/)
    assert.equal(docker.cli('exec', name, 'id', '-u').trim(), '65532')
    const health = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8'))?.[1] ?? ''
    assert.match(docker.cli('exec', name, ...(JSON.parse(health) as string[])), /^default /m)
    docker.cli('stop', '--time', '60', name)
    assert.deepEqual(await ended, [0, null])
  })

  test('runs as any user, also one without a name, and ends with the code of the command', async () => {
    const args = ['-H', docker.host, 'run', '--rm', '--network', 'none', '--user', '12345:12345', image]
    const ran = await runProgram('docker', [...args, 'run', '--', 'sh', '-c', 'id -u; exit 3'])
    assert.deepEqual([ran.code, ran.out], [3, '12345\n'], ran.err)
  })
})
