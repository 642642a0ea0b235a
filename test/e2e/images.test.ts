/** What `image` means to pods that are processes: ignored, mapped to directories, or refused. */
import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { anyKubectl, jobd, kubectlOn, runProgram, startServer, temporaryDirectory } from '../support/executable.ts'

const kubectl = anyKubectl()
const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path))
const skip =
  kubectl === undefined ? 'no kubectl on the PATH' : busybox === undefined ? 'needs the package busybox-static' : false

describe('images of pods that are processes', { skip, timeout: 300_000 }, () => {
  test('are directories where a map says so', async (t) => {
    const { path, dispose } = temporaryDirectory()
    t.after(dispose)
    mkdirSync(`${path}/rootfs/bin`, { recursive: true })
    copyFileSync(busybox ?? '', `${path}/rootfs/bin/busybox`)
    chmodSync(`${path}/rootfs/bin/busybox`, 0o755)
    for (const name of ['sh', 'ls', 'cat', 'echo']) symlinkSync('/bin/busybox', `${path}/rootfs/bin/${name}`)
    const map = {
      'busybox:1.*': `${path}/rootfs`,
      tool: { rootfs: `${path}/rootfs`, entrypoint: ['echo', 'entry'], cmd: ['default'], workingDir: '/work' },
    }
    writeFileSync(`${path}/map.json`, JSON.stringify(map))
    const flags = ['--image-policy', 'map', '--image-map', `${path}/map.json`]
    const server = await startServer(`${path}/data`, ...flags)
    t.after(() => server.stop())
    const run = kubectlOn(server, kubectl ?? '')
    const once = ['--restart=Never', '--image-pull-policy=IfNotPresent']
    const logOf = async (name: string) => {
      const done = await run('wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=120s')
      assert.equal(done.code, 0, done.err)
      return (await run('logs', name)).out
    }
    await run('run', 'listing', '--image=busybox:1.28', ...once, '--command', '--', 'ls', '/')
    assert.equal(await logOf('listing'), 'bin\ndev\netc\nproc\nsys\nvar\n')
    await run('run', 'named', '--image=busybox:1.28', ...once, '--command', '--', 'cat', '/etc/hosts')
    assert.match(await logOf('named'), /^127\.0\.0\.1\tnamed$/m)
    await run('run', 'tool', '--image=tool', ...once)
    assert.equal(await logOf('tool'), 'entry default\n')
    await run('run', 'other', '--image=tool', ...once, '--', 'given')
    assert.equal(await logOf('other'), 'entry given\n')
    const unknown = await run('run', 'unknown', '--image=busybox:2', ...once)
    assert.match(unknown.err, /^Warning: image "busybox:2" is not in the image map \S+map\.json: add it there/)
    const reason = '{.status.containerStatuses[0].state.waiting.reason}'
    const waiting = await run('wait', `--for=jsonpath=${reason}=ImagePullBackOff`, 'pod/unknown', '--timeout=120s')
    assert.equal(waiting.code, 0, waiting.err)
  })

  test('are refused where they are to be, but for those that say that they mean the host', async (t) => {
    const { path, dispose } = temporaryDirectory()
    t.after(dispose)
    const server = await startServer(path, '--image-policy', 'refuse')
    t.after(() => server.stop())
    const run = kubectlOn(server, kubectl ?? '')
    const refused = await run('run', 'refused', '--image=busybox', '--restart=Never', '--command', '--', 'true')
    assert.match(refused.err, /^Warning: image "busybox" is refused: /)
    const reason = '{.status.containerStatuses[0].state.waiting.reason}'
    const waiting = await run('wait', `--for=jsonpath=${reason}=ErrImageNeverPull`, 'pod/refused', '--timeout=120s')
    assert.equal(waiting.code, 0, waiting.err)
    await run('run', 'taken', '--image=host', '--restart=Never', '--command', '--', 'true')
    const done = await run('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/taken', '--timeout=120s')
    assert.equal(done.code, 0, done.err)
  })

  test('are ignored otherwise, which is said; a map that is wrong ends the start', async (t) => {
    const { path, dispose } = temporaryDirectory()
    t.after(dispose)
    const server = await startServer(path)
    t.after(() => server.stop())
    const create = ['create', 'job', 'j', '--image=perl', '--', 'true']
    assert.match((await kubectlOn(server, kubectl ?? '')(...create)).err, /^Warning: .* does not use images/)
    writeFileSync(`${path}/map`, 'busybox: relative\n')
    const flags = ['--listen', '127.0.0.1:0', '--image-policy', 'map', '--image-map', `${path}/map`]
    const { code, err } = await runProgram(jobd, ['up', '--data-dir', `${path}/other`, ...flags])
    assert.equal(code, 2)
    assert.match(
      err,
      /^the image map \S+map is not valid: busybox: the root directory "relative" must be an absolute path$/m,
    )
  })
})
