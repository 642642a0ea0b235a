import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presence, schema } from '../../../apimachinery/schema/schema.ts'
import { internalFields } from './internal-fields.ts'
import { internalForm, securityContextDump } from './internal-form.ts'

test('what is unset stands as nothing of its kind', () => {
  assert.deepEqual(internalForm('EnvVar', { name: 'A' }), { Name: 'A', Value: '', ValueFrom: null })
  assert.deepEqual(internalForm('ContainerPort', { containerPort: 80 }), {
    Name: '',
    HostPort: 0,
    ContainerPort: 80,
    Protocol: '',
    HostIP: '',
  })
})

test('embedded structures stand among the fields of their owner', () => {
  const form = internalForm('PodTemplateSpec', {
    metadata: { labels: { b: '2', a: '1' } },
    spec: { containers: [], volumes: [{ name: 'v', emptyDir: {} }], hostNetwork: true },
  })
  assert.equal(JSON.stringify(form).startsWith('{"labels":{"a":"1","b":"2"},"Spec":{"Volumes":[{"Name":"v",'), true)
  const { Spec } = form as { Spec: { SecurityContext: { HostNetwork: boolean; HostUsers: null } } }
  assert.equal(Spec.SecurityContext.HostNetwork, true)
  assert.equal(Spec.SecurityContext.HostUsers, null)
})

test('security settings are one line', () => {
  assert.equal(
    securityContextDump({ capabilities: { add: ['X'] } }).startsWith(
      '{"Capabilities":{"Add":["X"],"Drop":null},"Privileged":null',
    ),
    true,
  )
})

test('every field of the wire is in the form', () => {
  const wire = Object.keys(schema.types['core.v1.Container']?.fields ?? {})
  const container = Object.fromEntries(wire.map((name) => [name, undefined]))
  const known = Object.keys(internalForm('Container', container)).map((name) => name.toLowerCase())
  assert.deepEqual(
    wire.filter((name) => !known.includes(name.toLowerCase())),
    [],
  )
  assert.equal(presence['core.v1.Container'] !== undefined && internalFields.includes('PodSpec:'), true)
})
