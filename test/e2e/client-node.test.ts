/** The official JavaScript client against the real executable. */
import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { after, before, describe, test } from 'node:test'
import {
  BatchV1Api,
  CoreV1Api,
  Exec,
  KubeConfig,
  KubernetesObjectApi,
  Log,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Job,
  type V1Status,
  Watch,
} from '@kubernetes/client-node'
import { type Server, startServer, temporaryDirectory } from '../support/executable.ts'

const namespace = 'default'

const shellJob = (name: string, script: string): V1Job => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    backoffLimit: 0,
    template: {
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', script] }] },
    },
  },
})

describe('@kubernetes/client-node', { timeout: 240_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  const config = new KubeConfig()
  let server: Server
  before(async () => {
    server = await startServer(path)
    config.loadFromFile(server.kubeconfig)
  })
  after(async () => {
    await server.stop()
    dispose()
  })

  test('a Job is created, read, listed, replaced, patched in every way and deleted', async () => {
    const batch = config.makeApiClient(BatchV1Api)
    const created = await batch.createNamespacedJob({
      namespace,
      body: { ...shellJob('crud', 'true'), spec: ofNobody },
    })
    assert.equal(created.metadata?.name, 'crud')
    assert.ok(created.metadata?.creationTimestamp instanceof Date)
    const read = await batch.readNamespacedJob({ name: 'crud', namespace })
    assert.equal(read.spec?.parallelism, 1)
    read.metadata = { ...read.metadata, labels: { ...read.metadata?.labels, step: 'replaced' } }
    const replaced = await batch.replaceNamespacedJob({ name: 'crud', namespace, body: read })
    assert.equal(replaced.metadata?.labels?.['step'], 'replaced')
    const patches: readonly [string, object][] = [
      [PatchStrategy.MergePatch, { metadata: { labels: { step: 'merged' } } }],
      [PatchStrategy.StrategicMergePatch, { metadata: { labels: { step: 'strategic' } } }],
      [PatchStrategy.JsonPatch, [{ op: 'replace', path: '/metadata/labels/step', value: 'json' }]],
    ]
    for (const [type, body] of patches) {
      const options = setHeaderOptions('Content-Type', type)
      const patched = await batch.patchNamespacedJob({ name: 'crud', namespace, body }, options)
      assert.notEqual(patched.metadata?.labels?.['step'], 'replaced', type)
    }
    const applied = await batch.patchNamespacedJob(
      {
        name: 'crud',
        namespace,
        fieldManager: 'tests',
        body: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'crud', labels: { applied: 'yes' } } },
      },
      setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
    )
    assert.equal(applied.metadata?.labels?.['applied'], 'yes')
    assert.ok(
      applied.metadata?.managedFields?.some(({ manager, operation }) => manager === 'tests' && operation === 'Apply'),
    )
    const listed = await batch.listNamespacedJob({ namespace, labelSelector: 'step=json' })
    assert.deepEqual(
      listed.items.map(({ metadata }) => metadata?.name),
      ['crud'],
    )
    await assert.rejects(batch.createNamespacedJob({ namespace, body: shellJob('crud', 'true') }), { code: 409 })
    await batch.deleteNamespacedJob({ name: 'crud', namespace, propagationPolicy: 'Background' })
    await assert.rejects(batch.readNamespacedJob({ name: 'crud', namespace }), { code: 404 })
  })

  test('a Job runs, and its log is followed to the end', async () => {
    const batch = config.makeApiClient(BatchV1Api)
    const done = watchUntil(config, 'done', ({ status }) => (status?.succeeded ?? 0) === 1)
    await batch.createNamespacedJob({ namespace, body: shellJob('done', 'echo first; sleep 0.3; echo last') })
    const core = config.makeApiClient(CoreV1Api)
    const pod = await podOf(core, 'done')
    let text = ''
    const out = new Writable({
      write(chunk, _encoding, next) {
        text += String(chunk)
        next()
      },
    })
    const finished = new Promise((resolve) => out.once('finish', resolve))
    await new Log(config).log(namespace, pod, 'main', out, { follow: true })
    await finished
    assert.equal(text, 'first\nlast\n')
    await done
    assert.equal(await core.readNamespacedPodLog({ name: pod, namespace, tailLines: 1 }), 'last\n')
  })

  test('an informer tells of a Job that comes, changes and goes', async () => {
    const batch = config.makeApiClient(BatchV1Api)
    const informer = makeInformer<V1Job>(config, `/apis/batch/v1/namespaces/${namespace}/jobs`, () =>
      batch.listNamespacedJob({ namespace }),
    )
    const told: string[] = []
    const seen = (verb: string, name: string): Promise<V1Job> =>
      new Promise((resolve) => {
        informer.on(verb as 'add', (job: V1Job) => {
          if (job.metadata?.name !== name) return
          told.push(verb)
          resolve(job)
        })
      })
    const [added, updated, deleted] = ['add', 'update', 'delete'].map((verb) => seen(verb, 'informed'))
    await informer.start()
    await batch.createNamespacedJob({ namespace, body: { ...shellJob('informed', 'true'), spec: ofNobody } })
    await added
    const body = { metadata: { annotations: { seen: 'yes' } } }
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch)
    await batch.patchNamespacedJob({ name: 'informed', namespace, body }, merge)
    await updated
    assert.ok(informer.get('informed', namespace))
    await batch.deleteNamespacedJob({ name: 'informed', namespace, propagationPolicy: 'Background' })
    await deleted
    await informer.stop()
    assert.deepEqual([told[0], told.at(-1)], ['add', 'delete'])
  })

  test('the generic object client applies a CronJob and a ConfigMap', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config)
    const cronJob = {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly', namespace },
      spec: { schedule: '0 3 * * *', jobTemplate: { spec: shellJob('x', 'true').spec } },
    }
    const created = await objects.create(cronJob)
    assert.equal(created.metadata?.name, 'nightly')
    const found = await objects.read({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'nightly', namespace },
    })
    assert.equal((found as unknown as typeof cronJob).spec.schedule, '0 3 * * *')
    await objects.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace } })
    assert.equal(
      (await objects.list('v1', 'ConfigMap', namespace)).items.some(({ metadata }) => metadata?.name === 'c'),
      true,
    )
    const status = (await objects.delete(cronJob)) as V1Status
    assert.equal(status.status, 'Success')
  })

  test('a command is run in a running container', async () => {
    const batch = config.makeApiClient(BatchV1Api)
    const core = config.makeApiClient(CoreV1Api)
    const running = watchUntil(config, 'shell', ({ status }) => status?.ready === 1)
    await batch.createNamespacedJob({ namespace, body: shellJob('shell', 'exec sleep 60') })
    await running
    const [out, err] = [new PassThrough(), new PassThrough()]
    const texts = Promise.all([out, err].map(async (stream) => (await stream.toArray()).join('')))
    const status = await new Promise<V1Status>((resolve, reject) => {
      podOf(core, 'shell')
        .then((pod) => {
          const command = ['sh', '-c', 'cat; echo oops >&2; exit 3']
          const input = new PassThrough()
          input.end('typed\n')
          return new Exec(config).exec(namespace, pod, 'main', command, out, err, input, false, resolve)
        })
        .catch(reject)
    })
    out.end()
    err.end()
    assert.deepEqual(await texts, ['typed\n', 'oops\n'])
    assert.equal(status.status, 'Failure')
    assert.deepEqual(status.details?.causes, [{ reason: 'ExitCode', message: '3' }])
    await batch.deleteNamespacedJob({
      name: 'shell',
      namespace,
      propagationPolicy: 'Foreground',
      gracePeriodSeconds: 0,
    })
  })
})

/** No controller writes to such a Job between our writes. */
const ofNobody: NonNullable<V1Job['spec']> = {
  managedBy: 'example.com/nobody',
  template: shellJob('x', 'true').spec?.template ?? {},
}

/** Resolves when the Job of this name is as wanted. */
function watchUntil(config: KubeConfig, name: string, holds: (job: V1Job) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const watching = new Watch(config).watch(
      `/apis/batch/v1/namespaces/${namespace}/jobs`,
      { fieldSelector: `metadata.name=${name}` },
      (_type, job: V1Job) => {
        if (!holds(job)) return
        resolve()
        void watching.then((controller) => controller.abort())
      },
      (error) => (error === null || error?.name === 'AbortError' ? undefined : reject(error)),
    )
    watching.catch(reject)
  })
}

/** The name of the Job's one pod, once it runs or is over. */
async function podOf(core: CoreV1Api, job: string): Promise<string> {
  for (;;) {
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: `job-name=${job}` })
    const name = items.find(({ status }) => status?.phase !== 'Pending')?.metadata?.name
    if (name !== undefined) return name
  }
}
