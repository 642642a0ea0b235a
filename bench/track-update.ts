/** What ownership costs on each write, in microseconds of CPU: `node bench/track-update.ts`. */

import { decodeObject } from '../src/apimachinery/decode/decoder.ts'
import { encodeJson } from '../src/apimachinery/decode/encode.ts'
import type { KubeObject } from '../src/apimachinery/meta/object.ts'
import { type FieldWriter, trackUpdate } from '../src/apimachinery/patch/track-update.ts'
import { strategyOf } from '../src/apis/index.ts'
import { assert, instant } from '../src/base/index.ts'

const labels = { 'batch.kubernetes.io/controller-uid': 'u', 'batch.kubernetes.io/job-name': 'j' }
const decoded = decodeObject(
  'core.v1.Pod',
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'p',
      namespace: 'n',
      labels,
      finalizers: ['batch.kubernetes.io/job-tracking'],
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }],
    },
    spec: {
      containers: [{ name: 'c', image: 'busybox', command: ['a', 'b'], env: [{ name: 'A', value: '1' }] }],
      restartPolicy: 'Never',
    },
  },
  'Ignore',
)
assert(decoded.ok, 'the pod of the bench decodes')
const pod = strategyOf('core.v1.Pod')?.defaults(decoded.value.object) ?? decoded.value.object

const start = Date.UTC(2026, 0, 1)
const controller: FieldWriter = {
  type: 'core.v1.Pod',
  manager: 'jobd-controller-manager',
  apiVersion: 'v1',
  subresource: '',
  resetFields: [['status']],
  now: instant(start),
}
const kubelet = { ...controller, manager: 'kubelet', subresource: 'status', resetFields: [['spec']] }

const condition = (type: string, status: string): unknown => ({
  type,
  status,
  lastProbeTime: null,
  lastTransitionTime: '2026-01-01T00:00:00Z',
})
const withStatus = (object: KubeObject, index: number): KubeObject =>
  ({
    ...object,
    status: {
      phase: 'Running',
      hostIP: '127.0.0.1',
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }],
      startTime: '2026-01-01T00:00:00Z',
      qosClass: 'Burstable',
      conditions: [condition('Ready', index % 2 === 0 ? 'True' : 'False'), condition('PodScheduled', 'True')],
      containerStatuses: [{ name: 'c', image: 'busybox', ready: true, restartCount: index, state: {}, lastState: {} }],
    },
  }) as KubeObject

function measure(name: string, run: (index: number) => unknown, times = 100_000): void {
  for (let index = 0; index < times / 4; index++) run(index)
  const before = process.cpuUsage()
  for (let index = 0; index < times; index++) run(index)
  const { user, system } = process.cpuUsage(before)
  process.stdout.write(`${name.padEnd(40)} ${((user + system) / times).toFixed(2)} µs\n`)
}

const created = trackUpdate(pod, undefined, controller)
let current = created
measure('create a pod', () => trackUpdate(pod, undefined, controller))
measure('first status', (index) => trackUpdate(withStatus(created, index), created, kubelet))
measure('next status in the same second', (index) => {
  current = trackUpdate(withStatus(current, index), current, kubelet)
})
measure('next status, a second later each', (index) => {
  current = trackUpdate(withStatus(current, index), current, { ...kubelet, now: instant(start + index * 1000) })
})
measure('nothing changed', () => trackUpdate(current, current, kubelet))
measure('text by JSON.stringify', () => JSON.stringify(current))
measure('text by encodeJson', () => encodeJson(current))
