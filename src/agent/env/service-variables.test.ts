import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service, ServiceSpec } from '../../apis/core/index.ts'
import { serviceVariables } from './service-variables.ts'

const service = (name: string, spec: ServiceSpec): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec,
  status: { loadBalancer: {} },
})

const cases: readonly [name: string, services: readonly Service[], env: Readonly<Record<string, string>>][] = [
  ['no Services, no variables', [], {}],
  [
    'one port: address, port and link, with the port that the pods listen on',
    [service('my-redis', { ports: [{ port: 6379, targetPort: 16379, protocol: 'TCP' }] })],
    {
      MY_REDIS_SERVICE_HOST: '127.0.0.1',
      MY_REDIS_SERVICE_PORT: '16379',
      MY_REDIS_PORT: 'tcp://127.0.0.1:16379',
      MY_REDIS_PORT_6379_TCP: 'tcp://127.0.0.1:16379',
      MY_REDIS_PORT_6379_TCP_PROTO: 'tcp',
      MY_REDIS_PORT_6379_TCP_PORT: '16379',
      MY_REDIS_PORT_6379_TCP_ADDR: '127.0.0.1',
    },
  ],
  [
    'several ports: the first is the Service’s, each with a name has a variable of its own',
    [
      service('q', {
        ports: [
          { name: 'amqp', port: 5672, targetPort: 'amqp' },
          { name: 'stats-udp', port: 9, targetPort: 9, protocol: 'UDP' },
        ],
      }),
    ],
    {
      Q_SERVICE_HOST: '127.0.0.1',
      Q_SERVICE_PORT: '5672',
      Q_SERVICE_PORT_AMQP: '5672',
      Q_PORT: 'tcp://127.0.0.1:5672',
      Q_PORT_5672_TCP: 'tcp://127.0.0.1:5672',
      Q_PORT_5672_TCP_PROTO: 'tcp',
      Q_PORT_5672_TCP_PORT: '5672',
      Q_PORT_5672_TCP_ADDR: '127.0.0.1',
      Q_SERVICE_PORT_STATS_UDP: '9',
      Q_PORT_9_UDP: 'udp://127.0.0.1:9',
      Q_PORT_9_UDP_PROTO: 'udp',
      Q_PORT_9_UDP_PORT: '9',
      Q_PORT_9_UDP_ADDR: '127.0.0.1',
    },
  ],
  [
    'headless and external Services and those without ports have none',
    [
      service('a', { clusterIP: 'None', ports: [{ port: 1 }] }),
      service('b', { type: 'ExternalName', externalName: 'example.com', ports: [{ port: 1 }] }),
      service('c', {}),
    ],
    {},
  ],
]

for (const [name, services, env] of cases) {
  test(name, () =>
    assert.deepEqual(
      serviceVariables(services, () => '127.0.0.1'),
      env,
    ),
  )
}
