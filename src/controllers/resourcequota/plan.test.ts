import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, ResourceQuota } from '../../apis/core/index.ts'
import { planQuotaStatus, quotaResources } from './plan.ts'

type Hard = Readonly<Record<string, string>>
const quota = (hard: Hard, spec: object = {}, status: object = {}): ResourceQuota => ({
  metadata: { name: 'q', namespace: 'ns' },
  spec: { hard, ...spec },
  status,
})
const pod = (phase: string, requests: Hard = {}, spec: object = {}): Pod =>
  ({
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', image: 'i', resources: { requests } }], ...spec },
    status: { phase },
  }) as unknown as Pod
const used = (of: ResourceQuota, pods: readonly Pod[], jobs = 0) =>
  planQuotaStatus({
    quota: of,
    objects: (resource) =>
      resource === 'pods'
        ? pods
        : Array.from({ length: resource === 'jobs.batch' ? jobs : 0 }, () => ({ metadata: {} })),
  })?.used

test('finished pods use nothing but their count as objects', () => {
  const pods = [pod('Running', { cpu: '250m' }), pod('Pending', { cpu: '1' }), pod('Succeeded', { cpu: '4' })]
  assert.deepEqual(used(quota({ pods: '9', 'count/pods': '9', 'requests.cpu': '9', cpu: '9' }), pods), {
    pods: '2',
    'count/pods': '3',
    'requests.cpu': '1250m',
    cpu: '1250m',
  })
})

test('init containers run before the others: the larger need counts', () => {
  const init = (cpu: string, more: object = {}) => ({
    name: 'i',
    image: 'i',
    resources: { requests: { cpu } },
    ...more,
  })
  const large = pod('Pending', { cpu: '1' }, { initContainers: [init('3')] })
  const sidecar = pod('Pending', { cpu: '1' }, { initContainers: [init('3', { restartPolicy: 'Always' })] })
  assert.deepEqual(used(quota({ cpu: '9' }), [large]), { cpu: '3' })
  assert.deepEqual(used(quota({ cpu: '9' }), [sidecar]), { cpu: '4' })
})

test('objects are counted by resource', () => {
  assert.deepEqual(used(quota({ 'count/jobs.batch': '5' }), [], 3), { 'count/jobs.batch': '3' })
})

test('scopes choose the pods', () => {
  const pods = [pod('Running'), pod('Running', {}, { activeDeadlineSeconds: 5 })]
  assert.deepEqual(used(quota({ pods: '5' }, { scopes: ['Terminating'] }), pods), { pods: '1' })
  assert.deepEqual(used(quota({ pods: '5' }, { scopes: ['BestEffort'] }), [pod('Running', { cpu: '1' })]), {
    pods: '0',
  })
})

test('nothing is written when the status is right, however it is spelled', () => {
  const right = quota({ cpu: '1000m' }, {}, { hard: { cpu: '1' }, used: { cpu: '0' } })
  assert.equal(planQuotaStatus({ quota: right, objects: () => [] }), undefined)
})

test('a quota names the resources it has to know', () => {
  assert.deepEqual(quotaResources(quota({ pods: '1', 'limits.cpu': '1', 'count/jobs.batch': '1', secrets: '1' })), [
    'pods',
    'jobs.batch',
    'secrets',
  ])
})
