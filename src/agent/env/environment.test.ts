import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notFound } from '../../apimachinery/index.ts'
import type { ConfigMap, Container, Pod } from '../../apis/core/index.ts'
import { fail, ok } from '../../base/index.ts'
import { type ReadObject, resolveEnvironment } from './environment.ts'

const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [] }, status: {} } as Pod
const map: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'm' },
  data: { USER: 'me', A: 'of the map' },
}
const read = (async (resource: string, name: string) =>
  name === 'm' ? ok(map) : fail(notFound({ group: '', resource, name }))) as unknown as ReadObject

const cases: readonly (readonly [string, Partial<Container>, Readonly<Record<string, string>>])[] = [
  [
    'a value may name variables of envFrom',
    { envFrom: [{ configMapRef: { name: 'm' }, prefix: 'P_' }], env: [{ name: 'URL', value: '$(P_USER)@host' }] },
    { BASE: 'b', P_USER: 'me', P_A: 'of the map', URL: 'me@host' },
  ],
  [
    'what the container says goes before envFrom, and sees what it replaces',
    { envFrom: [{ configMapRef: { name: 'm' } }], env: [{ name: 'A', value: 'more than $(A)' }] },
    { BASE: 'b', USER: 'me', A: 'more than of the map' },
  ],
  [
    'a later variable is not known yet',
    {
      env: [
        { name: 'X', value: '$(Y)$(BASE)' },
        { name: 'Y', value: 'y' },
      ],
    },
    { BASE: 'b', X: '$(Y)b', Y: 'y' },
  ],
  [
    'a key that may be missing leaves what is there',
    {
      envFrom: [{ configMapRef: { name: 'm' } }],
      env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'm', key: 'none', optional: true } } }],
    },
    { BASE: 'b', USER: 'me', A: 'of the map' },
  ],
]
for (const [name, own, expected] of cases)
  test(name, async () => {
    const container: Container = { name: 'c', image: 'host', resources: {}, ...own }
    const facts = { pod, container } as never
    const found = await resolveEnvironment({ container, facts, base: { BASE: 'b' }, read })
    assert.deepEqual(found, { ok: true, value: expected })
  })
