/** What people do with kubectl besides the documentation's examples, with every kubectl there is. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  type Ended,
  kubectlOn,
  kubectls,
  runProgram,
  type Server,
  startServer,
  temporaryDirectory,
} from '../support/executable.ts'

const skip = kubectls().size === 0 ? 'no kubectl on the PATH' : false

/** kubectl in a namespace of its own. */
type Kubectl = {
  readonly run: (...args: readonly string[]) => Promise<Ended>
  /** Its output; fails the test unless it exits with 0. */
  readonly good: (...args: readonly string[]) => Promise<string>
  /** What it said on stderr; fails the test unless it exits with 1. */
  readonly bad: (...args: readonly string[]) => Promise<string>
  readonly file: string
  readonly server: Server
  readonly namespace: string
  readonly minor: number
}

async function kubectlIn(server: Server, file: string, version: string): Promise<Kubectl> {
  const namespace = `v${version.replaceAll(/[^0-9]+/g, '-')}`.replace(/-$/, '')
  const any = kubectlOn(server, file)
  const run = (...args: readonly string[]): Promise<Ended> => any('--namespace', namespace, ...args)
  const good = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await run(...args)
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${out}${err}`)
    return out
  }
  const bad = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await run(...args)
    assert.equal(code, 1, `kubectl ${args.join(' ')}: ${out}${err}`)
    return err
  }
  await good('create', 'namespace', namespace)
  return { run, good, bad, file, server, namespace, minor: Number(version.split('.')[1] ?? 99) }
}

const manifest = (name: string, more: object = {}, script = 'echo one; echo two'): string =>
  JSON.stringify({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, ...more },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', script] }],
        },
      },
    },
  })

describe('kubectl', { skip, timeout: 500_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  let server: Server
  before(async () => {
    server = await startServer(path)
  })
  after(async () => {
    await server.stop()
    dispose()
  })
  for (const [version, file] of kubectls()) {
    test(`${version}: creates, watches, changes and deletes`, async () => {
      const kubectl = await kubectlIn(server, file, version)
      const write = (name: string, text: string): string => {
        const target = join(path, `${kubectl.namespace}-${name}.json`)
        writeFileSync(target, text)
        return target
      }
      await creates(kubectl)
      await changes(kubectl, write)
      await appliesPart(kubectl, write)
      await watches(kubectl, write)
      await asks(kubectl)
      await deletes(kubectl)
    })
  }
})

async function creates({ good, bad }: Kubectl): Promise<void> {
  const made = await good('create', 'job', 'quick', '--image=busybox', '--', 'sh', '-c', 'echo quick')
  assert.equal(made, 'job.batch/quick created\n')
  await good('wait', '--for=condition=complete', '--timeout=120s', 'job/quick')
  assert.equal(await good('logs', 'job/quick'), 'quick\n')
  const pod = await good('get', 'pods', '--selector=job-name=quick', '--output=name')
  assert.match(
    await bad('debug', pod.trim(), '--image=busybox', '--', 'true'),
    /spec\.ephemeralContainers: Forbidden: this node adds no containers to running pods: use kubectl exec/,
  )
  await good('create', 'cronjob', 'nightly', '--image=busybox', '--schedule=0 3 * * *', '--', 'true')
  assert.match(await good('get', 'cronjob', 'nightly'), /^nightly +0 3 \* \* \* .*False +0/m)
  await good('create', 'job', 'by-hand', '--from=cronjob/nightly')
  const owner = '{.metadata.ownerReferences[0].kind} {.metadata.annotations.cronjob\\.kubernetes\\.io/instantiate}'
  assert.equal(await good('get', 'job', 'by-hand', '-o', `jsonpath=${owner}`), 'CronJob manual')
  assert.match(await bad('create', 'job', 'quick', '--image=busybox'), /jobs\.batch "quick" already exists/)
  assert.match(
    await bad('create', 'cronjob', 'x', '--image=b', '--schedule=sometimes'),
    /spec\.schedule: Invalid value/,
  )
}

async function changes({ good, bad, run, server, file, namespace }: Kubectl, write: Write): Promise<void> {
  const manifestFile = write('changed', manifest('changed'))
  assert.equal(await good('apply', '-f', manifestFile), 'job.batch/changed created\n')
  assert.equal(await good('apply', '-f', manifestFile), 'job.batch/changed unchanged\n')
  const labelled = write('changed', manifest('changed', { labels: { step: 'one' } }))
  const difference = await run('diff', '-f', labelled)
  assert.equal(difference.code, 1, difference.err)
  assert.match(difference.out, /^\+ +step: one$/m)
  assert.equal(await good('apply', '-f', labelled), 'job.batch/changed configured\n')
  assert.equal(
    await good('apply', '--server-side', '--force-conflicts', '-f', labelled),
    'job.batch/changed serverside-applied\n',
  )
  assert.equal((await run('diff', '--server-side', '--force-conflicts', '-f', labelled)).code, 0)
  const image = write('changed', manifest('changed', {}, 'echo changed'))
  assert.match(await bad('apply', '-f', image), /spec\.template: Invalid value: .*field is immutable/)
  await good('label', 'job', 'changed', 'step=two', '--overwrite')
  await good('annotate', 'job/changed', 'note=words with blanks')
  await good('patch', 'job', 'changed', '-p', '{"metadata":{"labels":{"by":"patch"}}}')
  await good(
    'patch',
    'job',
    'changed',
    '--type=json',
    '-p',
    '[{"op":"add","path":"/metadata/labels/json","value":"yes"}]',
  )
  const env = {
    KUBECONFIG: server.kubeconfig,
    HOME: server.directory,
    KUBE_EDITOR: "sed -i 's/ttlSecondsAfterFinished: .*//; s/backoffLimit: 0/backoffLimit: 5/'",
  }
  const edited = await runProgram(file, ['-n', namespace, 'edit', 'job', 'changed'], { env })
  assert.equal(edited.code, 0, edited.err)
  const seen = '{.metadata.labels.step} {.metadata.labels.by} {.metadata.labels.json} {.spec.backoffLimit}'
  assert.equal(await good('get', 'job', 'changed', '-o', `jsonpath=${seen}`), 'two patch yes 5')
  assert.match(await bad('scale', '--replicas=3', 'job/changed'), /scale|could not find/i)
  assert.match(await bad('rollout', 'status', 'job/changed'), /no (rollout history|status viewer)/i)
  await good('wait', '--for=condition=complete', '--timeout=120s', 'job/changed')
}

type Write = (name: string, text: string) => string

async function watches({ good, server, file, namespace }: Kubectl, write: Write): Promise<void> {
  const env = { ...process.env, KUBECONFIG: server.kubeconfig, HOME: server.directory }
  const args = ['-n', namespace, 'get', 'jobs', '-w', '--output-watch-events', '--no-headers']
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise<string>((resolve) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (/^DELETED +watched /m.test(text)) resolve(text)
    })
  })
  try {
    await good('apply', '-f', write('watched', manifest('watched', {}, 'echo one; sleep 0.5; echo two')))
    assert.equal(await good('logs', '-f', 'job/watched', '--pod-running-timeout=20s'), 'one\ntwo\n')
    // What stays so: a kubectl that starts slowly would miss that a pod is active.
    await good('wait', '--for=jsonpath={.status.succeeded}=1', '--timeout=120s', 'job/watched')
    await good('wait', '--for=condition=complete', '--timeout=120s', 'job/watched')
    assert.match(await good('events', '--for', 'job/watched'), /SuccessfulCreate .*Job\/watched +Created pod: watched-/)
    assert.match(await good('get', 'events', '--field-selector=involvedObject.name=watched'), /Completed/)
    await good('delete', 'job', 'watched')
    const told = await gone
    assert.match(told, /^ADDED +watched /m)
    assert.match(told, /^MODIFIED +watched /m)
  } finally {
    child.kill()
  }
}

async function asks({ good, run, minor, namespace }: Kubectl): Promise<void> {
  assert.match(await good('explain', 'job.spec.backoffLimit'), /KIND: +Job/)
  assert.match(await good('explain', 'cronjob', '--recursive'), /concurrencyPolicy/)
  assert.match(await good('api-resources', '--api-group=batch'), /^cronjobs +cj +batch\/v1 +true +CronJob/m)
  assert.equal(await good('auth', 'can-i', 'create', 'jobs'), 'yes\n')
  const other = await run('auth', 'can-i', 'create', 'jobs', `--as=system:serviceaccount:${namespace}:default`)
  assert.deepEqual([other.code, other.out], [1, 'no\n'])
  if (minor >= 28)
    assert.match(await good('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.groups}'), /system:masters/)
  assert.match(await good('create', 'token', 'default', '--duration=1h'), /^[\w-]+\.[\w-]+\.[\w-]+\n?$/)
  assert.match(await good('get', 'pods', '-o', 'wide'), /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE/)
  assert.match(await good('get', 'jobs,cronjobs', '-o', 'name'), /^job\.batch\/.*\ncronjob\.batch\/nightly$/ms)
  assert.match(await good('describe', 'cronjob', 'nightly'), /^Schedule: +0 3 \* \* \*$/m)
  assert.match(await good('cluster-info'), /is running at/)
  assert.match(await good('version', '-o', 'json'), /"serverVersion"/)
}

/** Files with kinds that are not served, and without objects that were there. */
async function appliesPart({ good, bad, run }: Kubectl, write: Write): Promise<void> {
  const set = { labels: { set: 'pruned' } }
  const deployment = JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } })
  const both = write('mixed', [manifest('kept', set), deployment, manifest('left-out', set)].join('\n'))
  const mixed = await run('apply', '-f', both)
  assert.deepEqual([mixed.code, mixed.out], [1, 'job.batch/kept created\njob.batch/left-out created\n'])
  assert.match(mixed.err, /no matches for kind "Deployment" in version "apps\/v1"/)
  const prune = ['apply', '-f', write('one', manifest('kept', set)), '--prune', '--selector=set=pruned']
  assert.match(await bad(...prune), /no matches for kind "Endpoints"/)
  const pruned = await good(...prune, '--prune-allowlist=batch/v1/Job')
  assert.equal(pruned, 'job.batch/kept unchanged\njob.batch/left-out pruned\n')
}

async function deletes({ good, bad }: Kubectl): Promise<void> {
  await good('create', 'job', 'orphans', '--image=busybox', '--', 'true')
  await good('wait', '--for=condition=complete', '--timeout=120s', 'job/orphans')
  const owners = ['get', 'pods', '-l', 'job-name=orphans', '-o', 'jsonpath={.items[*].metadata.ownerReferences}']
  assert.match(await good(...owners), /"kind":"Job"/)
  await good('delete', 'job', 'orphans', '--cascade=orphan')
  assert.equal(await good(...owners), '')
  assert.match(await good('get', 'pods', '-l', 'job-name=orphans', '-o', 'name'), /^pod\/orphans-/)
  await good('run', 'sleeper', '--image=busybox', '--restart=Never', '--command', '--', 'sleep', '60')
  await good('wait', '--for=jsonpath={.status.phase}=Running', '--timeout=120s', 'pod/sleeper')
  assert.match(await good('delete', 'pod', 'sleeper', '--grace-period=0', '--force'), /"sleeper" force deleted/)
  await good('delete', 'cronjob', 'nightly', '--cascade=foreground')
  assert.match(await bad('get', 'job', 'by-hand'), /jobs\.batch "by-hand" not found/)
  await good('delete', 'jobs', '--all')
  await good('delete', 'pods', '--all')
  assert.equal(await good('get', 'all', '-o', 'name', '--ignore-not-found'), '')
  assert.match(await bad('get', 'rockets'), /doesn't have a resource type "rockets"/)
  assert.match(await bad('delete', 'job', 'missing'), /jobs\.batch "missing" not found/)
}
