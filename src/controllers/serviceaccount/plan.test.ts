import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, Namespace, ServiceAccount } from '../../apis/core/index.ts'
import { planNamespaceContent } from './plan.ts'

const namespace: Namespace = { metadata: { name: 'ns' }, spec: {}, status: { phase: 'Active' } }
const serviceAccount: ServiceAccount = { metadata: { name: 'default', namespace: 'ns' } }
const rootCa = (text: string): ConfigMap => ({ metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': text } })
const kinds = (content: Partial<Parameters<typeof planNamespaceContent>[0]>, certificate: string | undefined = 'PEM') =>
  planNamespaceContent({ namespace, serviceAccount: undefined, rootCa: undefined, ...content }, certificate).map(
    ({ kind }) => kind,
  )

test('a new namespace gets both', () => assert.deepEqual(kinds({}), ['CreateServiceAccount', 'CreateRootCa']))
test('a full one nothing', () => assert.deepEqual(kinds({ serviceAccount, rootCa: rootCa('PEM') }), []))
test('a changed certificate is put right', () => {
  assert.deepEqual(kinds({ serviceAccount, rootCa: rootCa('OLD') }), ['UpdateRootCa'])
})
test('one that goes gets nothing', () => {
  const going = { ...namespace, metadata: { name: 'ns', deletionTimestamp: '2026-01-01T00:00:00Z' } }
  assert.deepEqual(kinds({ namespace: going }), [])
})
