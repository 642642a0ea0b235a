/** Pods in Docker through the whole system: the real executable, a real kubectl, and an engine of the test's own. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Dockerd, dockerdMissing, startDockerd } from '../support/dockerd.ts'
import {
  anyKubectl,
  jobd,
  kubectlOn,
  runProgram,
  type Server,
  startServer,
  temporaryDirectory,
} from '../support/executable.ts'
import { registryMissing, startRegistry } from '../support/registry.ts'

const skip = dockerdMissing() ?? (anyKubectl() === undefined ? 'no kubectl on the PATH' : false)

type World = { readonly docker: Dockerd; readonly path: string; server: Server }
let world: World

const kubectl = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await kubectlOn(world.server, anyKubectl() ?? '')(...args)
  assert.equal(code, 0, `kubectl ${args.join(' ')}: ${err}`)
  return out
}

/** Applies manifests. */
async function apply(...objects: readonly object[]): Promise<void> {
  const file = join(world.path, 'manifest.json')
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
  await kubectl('apply', '-f', file)
}

const container = (name: string, script: string, more: object = {}) => ({
  name,
  image: world.docker.image,
  command: ['sh', '-c', script],
  ...more,
})
const pod = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { restartPolicy: 'Never', ...spec },
})
const job = (name: string, spec: object, template: object) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { ...spec, template: { spec: { restartPolicy: 'Never', ...template } } },
})
const finished = (name: string) => kubectl('wait', '--for=condition=complete', `job/${name}`, '--timeout=280s')

/** Fulfilled with what a command that follows has printed once it matches. */
async function printed(pattern: RegExp, ...args: readonly string[]): Promise<string> {
  const child = spawn(anyKubectl() ?? '', ['--kubeconfig', world.server.kubeconfig, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', err: '' }
  child.stderr.on('data', (chunk) => {
    said.err += chunk
  })
  try {
    for await (const chunk of child.stdout) {
      said.out += chunk
      if (pattern.test(said.out)) return said.out
    }
  } finally {
    child.kill()
  }
  return assert.fail(`kubectl ${args.join(' ')}: ${said.out} ${said.err}`)
}
const status = (name: string, pattern: RegExp, path = '') =>
  printed(pattern, 'get', 'pod', name, '--watch', '-o', `jsonpath={.status${path}}{"\\n"}`)
const phase = (name: string, pattern: RegExp) => status(name, pattern, '.phase')

describe('pods in Docker', { skip, timeout: 500_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  before(async () => {
    const docker = await startDockerd()
    process.env['DOCKER_HOST'] = docker.host
    world = { docker, path, server: await startServer(path, '--runtime', 'docker') }
  })
  after(async () => {
    try {
      // One after the other, since the pods of Jobs go with them.
      await kubectl('delete', 'jobs', '--all', '--cascade=foreground')
      await kubectl('delete', 'pods', '--all', '--grace-period=1')
    } finally {
      await world.server.stop()
      const left = [
        world.docker.cli('ps', '-aq'),
        world.docker.networksLeft().join(),
        world.docker.cli('images', '-q', 'jobd-pause'),
      ]
      await world.docker.stop()
      dispose()
      assert.deepEqual(left, ['', '', ''], 'no container, network or image of ours is left')
    }
  })

  test('jobd run prints what a container says, and ends with its exit code', async () => {
    const manifest = join(world.path, 'run.json')
    writeFileSync(
      manifest,
      JSON.stringify(job('run', { backoffLimit: 0 }, { containers: [container('main', 'echo said; exit 7')] })),
    )
    const { code, out } = await runProgram(jobd, ['run', '--data-dir', world.path, manifest])
    assert.deepEqual([code, out], [7, 'said\n'])
  })

  test('pods of an Indexed Job find each other by name, and the API server by its address', async () => {
    // Whether packets pass between pods is for the host's firewall, which the engine of a test leaves alone.
    const script = `
      timeout 20 nc "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT" </dev/null || exit 3
      touch /out/here-$JOB_COMPLETION_INDEX
      until [ -e /out/here-0 ] && [ -e /out/here-1 ]; do sleep 0.1; done
      for other in 0 1; do ping -c 1 -W 1 meet-$other.group | grep "^PING meet-$other.group (.*)" || exit 4; done
      touch /out/found-$JOB_COMPLETION_INDEX
      until [ -e /out/found-0 ] && [ -e /out/found-1 ]; do sleep 0.1; done`
    await apply(
      job(
        'meet',
        { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimit: 0 },
        {
          subdomain: 'group',
          containers: [container('main', script, { volumeMounts: [{ name: 'out', mountPath: '/out' }] })],
          volumes: [{ name: 'out', hostPath: { path: join(world.path, 'out'), type: 'DirectoryOrCreate' } }],
        },
      ),
    )
    await finished('meet')
  })

  test('containers of a pod share its network through restarts; exec, logs and the OOM killer work', async () => {
    const b = `nc 127.0.0.1 8080; [ -e /v/again ] || { touch /v/again; exit 3; }; echo second; head -c 200m /dev/zero | tail | wc -c; exit 137`
    const mounts = { volumeMounts: [{ name: 'v', mountPath: '/v' }] }
    await apply(
      pod('shared', {
        restartPolicy: 'OnFailure',
        volumes: [{ name: 'v', emptyDir: {} }],
        initContainers: [container('init', 'echo from init >/v/word', mounts)],
        containers: [
          container('a', 'cat /v/word; while :; do echo hello | nc -l -p 8080; done', {
            ...mounts,
            readinessProbe: { exec: { command: ['test', '-e', '/v/again'] }, periodSeconds: 1 },
          }),
          container('b', b, { ...mounts, resources: { limits: { memory: '32Mi' } } }),
        ],
      }),
    )
    assert.match(await status('shared', /OOMKilled/, '.containerStatuses[1]'), /"exitCode":137/)
    assert.equal(await kubectl('logs', 'shared', '-c', 'a'), 'from init\n')
    assert.match(await kubectl('logs', 'shared', '-c', 'b'), /second/)
    assert.equal(await kubectl('exec', 'shared', '-c', 'a', '--', 'cat', '/v/word'), 'from init\n')
    await kubectl('delete', 'pod', 'shared', '--grace-period=1')
  })

  test('all containers of a pod start anew where they are when a rule says so', async () => {
    const volumeMounts = [{ name: 'work', mountPath: '/work' }]
    const isSecond = '[ "$(wc -l </work/inits)" -gt 1 ]'
    const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }
    const own = { volumeMounts, restartPolicy: 'Never', restartPolicyRules: [rule] }
    await apply(
      pod('anew', {
        volumes: [{ name: 'work', emptyDir: {} }],
        initContainers: [container('init', 'hostname -i >>/work/inits', { volumeMounts })],
        containers: [
          container('main', `${isSecond} && exec cat /work/inits; exit 42`, own),
          container('other', `${isSecond} && exit 0; exec sleep 600`, { volumeMounts }),
        ],
      }),
    )
    assert.match(await phase('anew', /Succeeded|Failed/), /Succeeded/)
    const counts = '{.status.initContainerStatuses[*].restartCount} {.status.containerStatuses[*].restartCount}'
    assert.equal(await kubectl('get', 'pod', 'anew', '-o', `jsonpath=${counts}`), '1 1 1')
    const [first = '', ...second] = (await kubectl('logs', 'anew', '-c', 'main')).trimEnd().split('\n')
    assert.notEqual(first, '')
    assert.deepEqual(second, [first], 'the pod keeps its volume and its address')
  })

  test('a pod has the names, domains and name servers that its spec asks for', async () => {
    const dnsConfig = { nameservers: ['127.0.0.9'], searches: ['corp.test'], options: [{ name: 'ndots', value: '2' }] }
    await apply(
      pod('named', {
        hostname: 'first',
        subdomain: 'group',
        dnsConfig,
        hostAliases: [{ ip: '10.9.8.7', hostnames: ['old', 'older'] }],
        containers: [container('main', 'hostname; cat /etc/hosts /etc/resolv.conf')],
      }),
      pod('full', {
        hostname: 'first',
        subdomain: 'group',
        setHostnameAsFQDN: true,
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['127.0.0.9'] },
        containers: [container('main', 'hostname; hostname -f; cat /etc/resolv.conf')],
      }),
    )
    await phase('named', /Succeeded/)
    const [hostname, ...lines] = (await kubectl('logs', 'named')).split('\n')
    assert.equal(hostname, 'first')
    const fields = lines.map((line) => line.split(/\s+/))
    assert.ok(fields.some(([ip, name]) => ip === '10.9.8.7' && name === 'older'))
    assert.ok(fields.some(([, full, short]) => full === 'first.group.default.svc.cluster.local' && short === 'first'))
    const domains = ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'corp.test']
    assert.deepEqual(fields.find(([word]) => word === 'search')?.slice(1), domains)
    assert.deepEqual(fields.find(([word]) => word === 'options')?.slice(1), ['ndots:2'])
    await phase('full', /Succeeded/)
    const said = await kubectl('logs', 'full')
    assert.match(said, /^(first\.group\.default\.svc\.cluster\.local\n){2}/)
    assert.ok(!/^search \w/m.test(said), said)
  })

  test('an image that cannot be had is named on the pod and in its events', async () => {
    const cases = [
      ['absent', { image: 'localhost:1/absent:1', imagePullPolicy: 'IfNotPresent' }, /ErrImagePull|ImagePullBackOff/],
      ['never', { image: 'jobd-test/none:1', imagePullPolicy: 'Never' }, /ErrImageNeverPull/],
      ['invalid', { image: 'Not An Image' }, /InvalidImageName/],
    ] as const
    await apply(...cases.map(([name, more]) => pod(name, { containers: [container('main', 'true', more)] })))
    for (const [name, { image }, reason] of cases) {
      await status(name, reason, '.containerStatuses[0].state.waiting.reason')
      const events = await printed(
        /Error: /,
        'get',
        'events',
        '--watch',
        '--field-selector',
        `involvedObject.name=${name}`,
      )
      assert.ok(events.includes(image), events)
      assert.match(events, new RegExp(`Error: (${reason.source})`))
    }
    await kubectl('delete', 'pods', ...cases.map(([name]) => name), '--grace-period=1')
  })

  test('an image of a registry that asks who wants it comes with the Secret that the pod names', async (t) => {
    if (registryMissing !== undefined) return t.skip(registryMissing)
    const registry = await startRegistry(world.path)
    try {
      const image = `${registry.host}/team/box:1`
      world.docker.cli('tag', world.docker.image, image)
      const login = ['--config', join(world.path, 'login')]
      world.docker.cli(...login, 'login', '-u', registry.user, '-p', registry.password, registry.host)
      world.docker.cli(...login, 'push', '-q', image)
      world.docker.cli('rmi', image)
      const server = `--docker-server=${registry.host}`
      const user = `--docker-username=${registry.user}`
      for (const password of ['wrong', registry.password]) {
        const name = password === 'wrong' ? 'bad' : 'good'
        await kubectl('create', 'secret', 'docker-registry', name, server, user, `--docker-password=${password}`)
      }
      const wanting = (name: string, ...secrets: readonly string[]) =>
        pod(name, {
          imagePullSecrets: secrets.map((each) => ({ name: each })),
          containers: [container('main', 'echo pulled', { image, imagePullPolicy: 'Always' })],
        })
      await apply(wanting('nobody'), wanting('stranger', 'bad'), wanting('friend', 'bad', 'good'))
      for (const name of ['nobody', 'stranger']) {
        const waiting = await status(name, /ErrImagePull|ImagePullBackOff/, '.containerStatuses[0].state.waiting')
        assert.ok(!waiting.includes(registry.password))
      }
      await phase('friend', /Succeeded/)
      assert.equal(await kubectl('logs', 'friend'), 'pulled\n')
      await kubectl('delete', 'pods', 'nobody', 'stranger', 'friend', '--grace-period=1')
    } finally {
      await registry.stop()
    }
  })

  test('a port of a pod is reached by port-forward, and its Service is a name in other pods', async () => {
    const serve = 'while :; do echo hello | nc -l -p 8080; done'
    await apply(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ port: 8080 }] },
      },
      { ...pod('web', { containers: [container('main', serve)] }), metadata: { name: 'web', labels: { app: 'web' } } },
    )
    await kubectl('wait', '--for=condition=Ready', 'pod/web', '--timeout=120s')
    const forward = spawn(
      anyKubectl() ?? '',
      ['--kubeconfig', world.server.kubeconfig, 'port-forward', 'pod/web', ':8080'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    try {
      const [line] = (await once(forward.stdout, 'data')) as [Buffer]
      const port = Number(/127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1])
      const [said] = (await once(connect(port, '127.0.0.1'), 'data')) as [Buffer]
      assert.equal(said.toString(), 'hello\n')
    } finally {
      forward.kill()
    }
    const names = ['web', 'web.default.svc.cluster.local']
    // Whether packets pass between pods is for the host's firewall; that the name leads to an address is ours.
    const script = names.map((name) => `ping -c 1 -W 1 ${name} | grep "^PING ${name} (.*)" || exit 4`).join('; ')
    await apply(job('client', { backoffLimit: 0 }, { containers: [container('main', script)] }))
    await finished('client')
    await kubectl('delete', 'pod/web', 'service/web', '--grace-period=1')
  })

  test('a port on which a pod listens for itself only is reached by port-forward', async () => {
    const script = 'mkdir /www; echo mine >/www/index.html; exec httpd -f -p 127.0.0.1:8080 -h /www'
    await apply(pod('private', { containers: [container('main', script)] }))
    await kubectl('wait', '--for=condition=Ready', 'pod/private', '--timeout=120s')
    await kubectl('exec', 'private', '--', 'sh', '-c', 'until wget -qO- 127.0.0.1:8080; do sleep 0.1; done')
    const forward = spawn(
      anyKubectl() ?? '',
      ['--kubeconfig', world.server.kubeconfig, 'port-forward', 'pod/private', ':8080'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    try {
      const [line] = (await once(forward.stdout, 'data')) as [Buffer]
      const port = Number(/127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1])
      const answers = [0, 1].map(async () => (await fetch(`http://127.0.0.1:${port}/`)).text())
      assert.deepEqual(await Promise.all(answers), ['mine\n', 'mine\n'])
    } finally {
      forward.kill()
    }
    await kubectl('delete', 'pod/private', '--grace-period=1')
  })

  test('a server that is killed finds its containers again, with every line of their logs', async () => {
    const go = join(world.path, 'out', 'go')
    const script = 'echo before; until [ -e /out/go ]; do sleep 0.05; done; echo after; exit 4'
    await apply(
      pod('survivor', {
        containers: [container('main', script, { volumeMounts: [{ name: 'out', mountPath: '/out' }] })],
        volumes: [{ name: 'out', hostPath: { path: join(world.path, 'out'), type: 'DirectoryOrCreate' } }],
      }),
    )
    await kubectl('wait', '--for=condition=Ready', 'pod/survivor', '--timeout=120s')
    await printed(/before/, 'logs', '-f', 'survivor')
    await world.server.kill()
    writeFileSync(go, '')
    world.server = await startServer(world.path, '--runtime', 'docker')
    await phase('survivor', /Failed/)
    assert.equal(await kubectl('logs', 'survivor'), 'before\nafter\n')
    const code = 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}'
    assert.equal(await kubectl('get', 'pod', 'survivor', '-o', code), '4')
  })

  test('an engine that stops answering, and one that restarts, hold up its pods and nothing else', async () => {
    await apply(pod('running', { containers: [container('main', 'echo up; exec sleep 1000')] }))
    await phase('running', /Running/)
    world.docker.freeze()
    try {
      await apply(job('patient', {}, { containers: [container('main', 'echo done')] }))
      assert.match(await kubectl('get', 'pods'), /patient/)
    } finally {
      world.docker.resume()
    }
    await finished('patient')
    await world.docker.restart('--live-restore')
    await phase('running', /Failed/)
    await apply(job('later', {}, { containers: [container('main', 'echo later')] }))
    await finished('later')
    assert.equal(await kubectl('logs', 'job/later'), 'later\n')
  })

  test('an engine that restarts without its containers loses no line, and no follower misses one', async () => {
    const out = { volumeMounts: [{ name: 'out', mountPath: '/out' }] }
    const script = 'echo before; until [ -e /out/restarted ]; do sleep 0.05; done; echo after; exec sleep 1000'
    await apply(
      pod('kept', {
        containers: [container('main', script, out)],
        volumes: [{ name: 'out', hostPath: { path: join(world.path, 'out'), type: 'DirectoryOrCreate' } }],
      }),
    )
    await phase('kept', /Running/)
    await world.docker.restart('--live-restore')
    writeFileSync(join(world.path, 'out', 'restarted'), '')
    assert.equal(await printed(/after\n/, 'logs', '-f', 'kept'), 'before\nafter\n')
    assert.equal(await kubectl('get', 'pod', 'kept', '-o', 'jsonpath={.status.phase}'), 'Running')
    await kubectl('delete', 'pod/kept', '--grace-period=1')
    await world.docker.restart()
  })

  test('a hundred pods leave no container behind', async () => {
    await apply(job('hundred', { completions: 100, parallelism: 8 }, { containers: [container('main', 'true')] }))
    await finished('hundred')
    // With what came before the engine has heard of this reader: the last container may be gone by then.
    const since = String(Math.floor(Date.now() / 1000))
    const gone = spawn('docker', ['-H', world.docker.host, 'events', '--since', since, '--filter', 'event=destroy'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const events = gone.stdout[Symbol.asyncIterator]()
    while (world.docker.cli('ps', '-aq') !== '') await events.next()
    gone.kill()
  })
})
