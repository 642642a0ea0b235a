import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, failure, jsonBody, type TestApi, testApi, value } from '../../../test/support/api.ts'
import type { KubeObject } from '../../apimachinery/index.ts'
import type { Pod, ResourceQuota } from '../../apis/core/index.ts'

const pods = { resource: 'pods', namespace: 'default' }
const withoutAccounts = { disabledAdmission: ['ServiceAccount'] }
const pod = (name: string, spec: object = {}, container: object = {}): object => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec },
})
const create = (api: TestApi, resource: string, body: object) =>
  api.create({ resource, namespace: 'default' }, jsonBody(body), api.context)
const createPod = async (api: TestApi, body: object): Promise<Pod> =>
  value(await create(api, 'pods', body)).object as Pod
const refusal = async (api: TestApi, body: object): Promise<string | undefined> =>
  failure(await create(api, 'pods', body)).message

test('a Pod runs as the default ServiceAccount, with its token mounted', async () => {
  const api = await testApi()
  value(await create(api, 'serviceaccounts', { metadata: { name: 'default' }, imagePullSecrets: [{ name: 's' }] }))
  const { spec } = await createPod(api, pod('a'))
  assert.deepEqual([spec.serviceAccountName, spec.serviceAccount], ['default', 'default'])
  assert.deepEqual(spec.imagePullSecrets, [{ name: 's' }])
  const volume = spec.volumes?.[0]
  assert.match(volume?.name ?? '', /^kube-api-access-[a-z0-9]{5}$/)
  assert.equal(volume?.projected?.sources?.[0]?.serviceAccountToken?.expirationSeconds, 3607)
  assert.deepEqual(spec.containers[0]?.volumeMounts, [
    { name: volume?.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
  ])
  const without = await createPod(api, pod('b', { automountServiceAccountToken: false }))
  assert.equal(without.spec.volumes, undefined)
})

test('a missing ServiceAccount refuses the Pod; the default one is waited for', async () => {
  const api = await testApi()
  assert.equal(
    await refusal(api, pod('a', { serviceAccountName: 'x' })),
    'pods "a" is forbidden: error looking up service account default/x: serviceaccount "x" not found',
  )
  const waiting = create(api, 'pods', pod('a'))
  await new Promise((resolve) => setImmediate(resolve))
  value(await create(api, 'serviceaccounts', { metadata: { name: 'default' } }))
  api.clock.advance(100)
  assert.equal((value(await waiting).object as Pod).spec.serviceAccountName, 'default')
})

test('Pods get the priority of their class', async () => {
  const api = await testApi(withoutAccounts)
  const classes = 'priorityclasses.scheduling.k8s.io'
  const made = (name: string, more: object) =>
    api.create({ resource: classes }, jsonBody({ metadata: { name }, ...more }), api.context)
  const plain = await createPod(api, pod('a'))
  assert.deepEqual([plain.spec.priority, plain.spec.preemptionPolicy], [0, 'PreemptLowerPriority'])
  value(await made('high', { value: 20, preemptionPolicy: 'Never' }))
  const high = await createPod(api, pod('b', { priorityClassName: 'high' }))
  assert.deepEqual([high.spec.priority, high.spec.preemptionPolicy], [20, 'Never'])
  assert.equal(
    await refusal(api, pod('c', { priorityClassName: 'none' })),
    'pods "c" is forbidden: no PriorityClass with name none was found',
  )
  assert.equal(
    await refusal(api, pod('c', { priorityClassName: 'high', priority: 1 })),
    'pods "c" is forbidden: the integer value of priority (1) must not be provided in pod spec; priority admission controller computed 20 from the given PriorityClass name',
  )
  value(await made('usual', { value: 5, globalDefault: true }))
  const usual = await createPod(api, pod('d'))
  assert.deepEqual([usual.spec.priority, usual.spec.priorityClassName], [5, 'usual'])
  assert.match(
    failure(await made('second', { value: 6, globalDefault: true })).message ?? '',
    /PriorityClass usual is already marked as globalDefault. Only one default can exist$/,
  )
})

test('Pods tolerate silent nodes for five minutes, unless they say otherwise', async () => {
  const api = await testApi(withoutAccounts)
  const { spec } = await createPod(api, pod('a'))
  assert.deepEqual(
    spec.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    [
      ['node.kubernetes.io/not-ready', 300],
      ['node.kubernetes.io/unreachable', 300],
    ],
  )
  const all = await createPod(api, pod('b', { tolerations: [{ operator: 'Exists' }] }))
  assert.equal(all.spec.tolerations?.length, 1)
})

test('a RuntimeClass is never there', async () => {
  const api = await testApi(withoutAccounts)
  assert.equal(
    await refusal(api, pod('a', { runtimeClassName: 'gvisor' })),
    'pods "a" is forbidden: pod rejected: RuntimeClass "gvisor" not found',
  )
})

test('a LimitRange gives what containers leave open', async () => {
  const api = await testApi(withoutAccounts)
  const limits = [{ type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '100m' } }]
  value(await create(api, 'limitranges', { metadata: { name: 'l' }, spec: { limits } }))
  const { metadata, spec } = await createPod(api, pod('a'))
  assert.deepEqual(spec.containers[0]?.resources, { limits: { cpu: '500m' }, requests: { cpu: '100m' } })
  assert.equal(
    metadata.annotations?.['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
  )
})

test('a LimitRange refuses too little and too much', async (t) => {
  const ranges: readonly [name: string, item: object, resources: object, message: string][] = [
    [
      'below the minimum',
      { type: 'Container', min: { cpu: '100m' } },
      { requests: { cpu: '1m' } },
      'minimum cpu usage per Container is 100m, but request is 1m',
    ],
    [
      'above the maximum',
      { type: 'Pod', max: { memory: '1Gi' } },
      { limits: { memory: '2Gi' } },
      'maximum memory usage per Pod is 1Gi, but limit is 2Gi',
    ],
    [
      'no limit',
      { type: 'Pod', max: { memory: '1Gi' } },
      {},
      'maximum memory usage per Pod is 1Gi.  No limit is specified',
    ],
    [
      'a ratio',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { requests: { cpu: '100m' }, limits: { cpu: '400m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    ],
  ]
  for (const [name, item, resources, message] of ranges) {
    await t.test(name, async () => {
      const api = await testApi(withoutAccounts)
      value(await create(api, 'limitranges', { metadata: { name: 'l' }, spec: { limits: [item] } }))
      assert.equal(await refusal(api, pod('a', {}, { resources })), `pods "a" is forbidden: ${message}`)
    })
  }
})

/** An Api with a quota whose status a controller has told. */
async function withQuota(hard: Readonly<Record<string, string>>, spec: object = {}): Promise<TestApi> {
  const api = await testApi(withoutAccounts)
  value(await create(api, 'resourcequotas', { metadata: { name: 'q' }, spec: { hard, ...spec } }))
  const used = Object.fromEntries(Object.keys(hard).map((key) => [key, '0']))
  const patch = { type: 'merge', body: { kind: 'Value', value: { status: { hard, used } } } } as const
  const target = { resource: 'resourcequotas', namespace: 'default', name: 'q', subresource: 'status' }
  value(await api.patch(target, patch, api.context))
  return api
}
const usedOf = async (api: TestApi) => {
  const target = { resource: 'resourcequotas', namespace: 'default', name: 'q' }
  return (value(await api.get(target, {}, api.context)) as ResourceQuota).status?.used
}

test('of many requests at a time a quota grants as many as it has', async () => {
  const api = await withQuota({ pods: '10', 'count/configmaps': '5' })
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => create(api, 'pods', pod(`p${i}`))))
  assert.equal(answers.filter(({ ok }) => ok).length, 10)
  assert.deepEqual(await usedOf(api), { pods: '10', 'count/configmaps': '0' })
  assert.equal(
    await refusal(api, pod('late')),
    'pods "late" is forbidden: exceeded quota: q, requested: pods=1, used: pods=10, limited: pods=10',
  )
  const all = value(await api.list(pods, {}, api.context)).items
  assert.equal(all.length, 10)
})

test('a quota on resources wants every container to speak of them', async () => {
  const api = await withQuota({ 'requests.cpu': '1', 'limits.memory': '1Gi' })
  assert.equal(
    await refusal(api, pod('a')),
    'pods "a" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c',
  )
  const resources = { requests: { cpu: '600m' }, limits: { memory: '128Mi' } }
  await createPod(api, pod('a', {}, { resources }))
  assert.equal(
    await refusal(api, pod('b', {}, { resources })),
    'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
  )
})

test('a scope narrows a quota; a dry run takes nothing', async () => {
  const api = await withQuota({ pods: '1' }, { scopes: ['BestEffort'] })
  await createPod(api, pod('a', {}, { resources: { requests: { cpu: '1m' } } }))
  value(await api.create(pods, jsonBody(pod('b')), { ...api.context, dryRun: ['All'] }))
  assert.deepEqual(await usedOf(api), { pods: '0' })
  await createPod(api, pod('b'))
  assert.match((await refusal(api, pod('c'))) ?? '', /exceeded quota/)
})

test('a quota whose use is not known yet grants nothing that it limits', async () => {
  const api = await withQuota({ 'count/configmaps': '1' })
  const patch = { type: 'merge', body: { kind: 'Value', value: { status: { used: null } } } } as const
  const target = { resource: 'resourcequotas', namespace: 'default', name: 'q', subresource: 'status' }
  value(await api.patch(target, patch, api.context))
  assert.equal(
    failure(await create(api, 'configmaps', configMap('a'))).message,
    'configmaps "a" is forbidden: status unknown for quota: q, resources: count/configmaps',
  )
})

test('plugins can be disabled by name', async () => {
  const api = await testApi({ disabledAdmission: ['NamespaceLifecycle', 'Priority', 'ServiceAccount'] })
  const target = { resource: 'configmaps', namespace: 'nowhere' }
  value(await api.create(target, jsonBody(configMap('a')), api.context))
  assert.equal((await createPod(api, pod('a'))).spec.priority, undefined)
})

test('new nodes are tainted only to be exact', async () => {
  for (const [exact, taints] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const api = await testApi({ options: { exact, isTimeZone: () => true } })
    const { object } = value(
      await api.create({ resource: 'nodes' }, jsonBody({ metadata: { name: 'n' } }), api.context),
    )
    assert.equal((object as KubeObject & { spec?: { taints?: [] } }).spec?.taints?.length ?? 0, taints)
  }
})
