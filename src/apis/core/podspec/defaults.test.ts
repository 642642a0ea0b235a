import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultPodSpec } from './defaults.ts'
import { isLatestImage } from './image-name.ts'
import { defaultPodTemplateSpec } from './template.ts'

describe('an image counts as the latest', () => {
  const cases: readonly [string, boolean][] = [
    ['busybox', true],
    ['busybox:latest', true],
    ['busybox:1.36', false],
    ['registry.example.com:5000/team/app', true],
    ['registry.example.com:5000/team/app:v1', false],
    [`busybox@sha256:${'a'.repeat(64)}`, false],
    [`busybox:latest@sha256:${'a'.repeat(64)}`, true],
    ['Not An Image', false],
    ['', false],
  ]
  for (const [image, latest] of cases) {
    test(`${image === '' ? 'no name' : image}: ${latest}`, () => assert.equal(isLatestImage(image), latest))
  }
})

test('a spec is filled as upstream fills it', () => {
  assert.deepEqual(
    defaultPodSpec({
      containers: [
        {
          name: 'a',
          image: 'busybox',
          ports: [{ containerPort: 80 }],
          livenessProbe: { httpGet: { port: 80 } },
          env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
          resources: { limits: { cpu: '1.0001' } },
        },
      ],
      volumes: [{ name: 'v' }, { name: 'c', configMap: { name: 'x' } }],
      serviceAccount: 'robot',
    }),
    {
      containers: [
        {
          name: 'a',
          image: 'busybox',
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          livenessProbe: {
            httpGet: { port: 80, path: '/', scheme: 'HTTP' },
            timeoutSeconds: 1,
            periodSeconds: 10,
            successThreshold: 1,
            failureThreshold: 3,
          },
          env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName', apiVersion: 'v1' } } }],
          resources: { limits: { cpu: '1001m' } },
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'Always',
        },
      ],
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'c', configMap: { name: 'x', defaultMode: 420 } },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'robot',
      serviceAccount: 'robot',
      securityContext: {},
      schedulerName: 'default-scheduler',
    },
  )
})

test('a filled template is its own filled form', () => {
  const filled = defaultPodTemplateSpec({
    metadata: { labels: { a: 'b' } },
    spec: {
      containers: [{ name: 'a', image: 'busybox', resources: { requests: { memory: '1Gi' } } }],
      initContainers: [{ name: 'b', image: 'busybox', restartPolicy: 'Always', resources: {} }],
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } }],
    },
  })
  assert.equal(defaultPodTemplateSpec(filled), filled)
})
