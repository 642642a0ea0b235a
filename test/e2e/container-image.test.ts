/**
 * The image that the Dockerfile describes, without a registry: its base is put together from this machine, the commands of its last
 * stage run there, and what it says of users, environment and entry point is given to the engine as it stands.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Dockerd, dockerdMissing, startDockerd, staticBusybox } from '../support/dockerd.ts'
import { jobd, root, runProgram, temporaryDirectory } from '../support/executable.ts'

const image = 'jobd-test/jobd:1'
const PATH = '/usr/local/bin:/usr/bin:/bin'
const { path, dispose } = temporaryDirectory()

const last =
  readFileSync(join(root, 'Dockerfile'), 'utf8')
    .replaceAll('\\\n', '')
    .split(/^FROM /m)
    .at(-1) ?? ''
const instructions = (names: RegExp): readonly string[] => last.split('\n').filter((line) => names.test(line))

/** What the base has: busybox for the tools of Debian, Node with its libraries, and npm. */
async function fill(system: string): Promise<void> {
  for (const name of ['bin', 'usr/bin', 'usr/local/bin', 'usr/local/lib/node_modules', 'tmp', 'proc', 'etc', 'root'])
    mkdirSync(join(system, name), { recursive: true })
  chmodSync(join(system, 'tmp'), 0o1777)
  copyFileSync(staticBusybox() ?? '', join(system, 'bin/busybox'))
  for (const name of (await runProgram(join(system, 'bin/busybox'), ['--list'])).out.trim().split('\n'))
    if (name !== 'busybox') symlinkSync('busybox', join(system, 'bin', name))
  symlinkSync('../../bin/busybox', join(system, 'usr/bin/env'))
  const node = (await runProgram(process.execPath, ['-p', 'process.execPath'])).out.trim()
  copyFileSync(node, join(system, 'usr/local/bin/node'))
  const { out } = await runProgram('ldd', [node])
  for (const [, file = ''] of out.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(join(system, dirname(file)), { recursive: true })
    copyFileSync(file, join(system, file))
  }
  const npm = (await runProgram('sh', ['-c', 'readlink -f "$(command -v npm)"'])).out.trim()
  cpSync(join(dirname(npm), '..'), join(system, 'usr/local/lib/node_modules/npm'), { recursive: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(system, 'usr/local/bin/npm'))
}

/** Does what the last stage does, with no network: the package, as the first stage would have packed it, and its commands. */
async function install(system: string): Promise<void> {
  const source = join(path, 'source')
  for (const name of ['bin', 'dist', 'package.json']) cpSync(join(root, name), join(source, name), { recursive: true })
  mkdirSync(join(source, 'man'))
  writeFileSync(join(source, 'man/jobd.1'), (await runProgram(jobd, ['man'])).out)
  const packed = await runProgram('npm', ['pack', '--ignore-scripts', '--pack-destination', join(system, 'tmp')], {
    cwd: source,
  })
  assert.equal(packed.code, 0, packed.err)
  const commands = instructions(/^RUN /).map((line) => line.slice('RUN '.length))
  assert.equal(commands.length, 1)
  for (const command of commands) {
    const inside = ['--net', 'chroot', system, '/usr/bin/env', '-i', 'HOME=/root', `PATH=${PATH}`, 'sh', '-c', command]
    const done = await runProgram('unshare', inside)
    assert.equal(done.code, 0, done.err)
  }
}

describe('the container image', { skip: dockerdMissing() ?? false, timeout: 400_000 }, () => {
  let docker: Dockerd
  before(async () => {
    docker = await startDockerd()
    const system = join(path, 'system')
    await fill(system)
    await install(system)
    const given = instructions(/^(ENV|VOLUME|USER|EXPOSE|ENTRYPOINT|CMD) /).map((change) => `--change '${change}'`)
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
    const health = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(last)?.[1] ?? ''
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
