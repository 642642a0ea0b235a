import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { schema, type TypeName } from '../../apimachinery/index.ts'
import { batchDescriptions } from './descriptions-batch.ts'
import { containerDescriptions } from './descriptions-container.ts'
import { podDescriptions } from './descriptions-pod.ts'
import { createOpenApi, descriptionOf, documentNames, openApiV2, openApiV3 } from './index.ts'

type Schema = Readonly<Record<string, unknown>> & { readonly properties?: Readonly<Record<string, Schema>> }
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
  readonly definitions: Readonly<Record<string, Schema>>
}
type Operation = {
  readonly operationId: string
  readonly 'x-kubernetes-action'?: string
  readonly 'x-kubernetes-group-version-kind'?: unknown
  readonly parameters?: readonly { readonly name: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> }
}

const info = { title: 'Kubernetes', version: 'v1.36.3' }
const v3 = (name: string): Document => openApiV3(name, info) as unknown as Document
const v2 = openApiV2(info) as unknown as Document
const batch = v3('apis/batch/v1')
const job = batch.components.schemas['io.k8s.api.batch.v1.Job']
const jobSpec = batch.components.schemas['io.k8s.api.batch.v1.JobSpec']?.properties ?? {}

function references(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, each]) => (key === '$ref' ? [String(each)] : references(each)))
}
const operations = (document: Document): readonly Operation[] =>
  Object.values(document.paths).flatMap((path) =>
    Object.entries(path).flatMap(([method, operation]) => (method === 'parameters' ? [] : [operation])),
  )

describe('OpenAPI 3', () => {
  it('has a document for every group and version, and for what is said about the API', () => {
    for (const name of ['api', 'api/v1', 'apis', 'apis/batch', 'apis/batch/v1', 'version']) {
      assert.ok(documentNames().includes(name), name)
    }
    assert.equal(openApiV3('apis/nogroup/v1', info), undefined)
    assert.equal(openApiV3('apis/batch/v2', info), undefined)
  })
  it('has the paths that upstream has for batch/v1', (t) => {
    const golden = new URL('../../../../shared/wire/rest/goldens/discovery.json', import.meta.url)
    if (!existsSync(golden)) return t.skip('the recorded answers are not here')
    const { cases } = JSON.parse(readFileSync(golden, 'utf8')) as {
      cases: { id: string; steps: { expect: { body: { paths: string[] } } }[] }[]
    }
    const wanted = cases.find(({ id }) => id === 'openapi-v3-batch')?.steps[0]?.expect.body.paths
    assert.deepEqual(Object.keys(batch.paths).toSorted(), wanted)
  })
  for (const name of documentNames()) {
    it(`${name}: refers only to schemas that it has, and names no operation twice`, () => {
      const document = v3(name)
      const known = new Set(Object.keys(document.components.schemas).map((each) => `#/components/schemas/${each}`))
      assert.deepEqual(
        references(document).filter((reference) => !known.has(reference)),
        [],
      )
      const ids = operations(document).map(({ operationId }) => operationId)
      assert.deepEqual(
        ids.filter((id, index) => ids.indexOf(id) !== index),
        [],
      )
    })
  }
  it('tells kubectl that the server checks fields itself', () => {
    const patch = batch.paths['/apis/batch/v1/namespaces/{namespace}/jobs/{name}']?.['patch']
    assert.deepEqual(patch?.['x-kubernetes-group-version-kind'], { group: 'batch', kind: 'Job', version: 'v1' })
    assert.ok(patch?.parameters?.some(({ name }) => name === 'fieldValidation'))
    assert.ok(patch?.requestBody?.content['application/strategic-merge-patch+json'])
  })
  it('names the kinds of a schema, and of options all versions in which they may be sent', () => {
    assert.deepEqual(job?.['x-kubernetes-group-version-kind'], [{ group: 'batch', kind: 'Job', version: 'v1' }])
    const kinds =
      batch.components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions']?.[
        'x-kubernetes-group-version-kind'
      ]
    assert.ok((kinds as readonly unknown[]).length > 5)
  })
  it('tells how lists and patches are merged', () => {
    const containers = batch.components.schemas['io.k8s.api.core.v1.PodSpec']?.properties?.['containers']
    assert.equal(containers?.['x-kubernetes-list-type'], 'map')
    assert.deepEqual(containers?.['x-kubernetes-list-map-keys'], ['name'])
    assert.equal(containers?.['x-kubernetes-patch-strategy'], 'merge')
    assert.equal(containers?.['x-kubernetes-patch-merge-key'], 'name')
  })
  it('puts a reference beside a description into a list of one', () => {
    assert.deepEqual(jobSpec['template']?.['allOf'], [
      { $ref: '#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec' },
    ])
    assert.deepEqual(jobSpec['template']?.['default'], {})
  })
})

describe('OpenAPI 2', () => {
  it('refers only to definitions that it has', () => {
    const known = new Set(Object.keys(v2.definitions).map((each) => `#/definitions/${each}`))
    assert.deepEqual(
      references(v2).filter((reference) => !known.has(reference)),
      [],
    )
  })
  it('has no oneOf, which this version does not know', () => {
    assert.ok(!JSON.stringify(v2).includes('"oneOf"'))
  })
})

describe('descriptions', () => {
  const described: readonly TypeName[] = [
    'batch.v1.Job',
    'batch.v1.JobSpec',
    'batch.v1.JobStatus',
    'batch.v1.CronJob',
    'batch.v1.CronJobSpec',
    'batch.v1.CronJobStatus',
    'core.v1.PodTemplateSpec',
    'core.v1.PodSpec',
    'core.v1.Container',
    'meta.v1.ObjectMeta',
  ]
  for (const type of described) {
    it(`${type}: every field has a sentence`, () => {
      const fields = Object.keys(schema.types[type]?.fields ?? {})
      assert.deepEqual(
        fields.filter((name) => descriptionOf(type, name) === undefined),
        [],
      )
    })
  }
  it('are only of types and fields that exist', () => {
    const tables = { ...batchDescriptions, ...podDescriptions, ...containerDescriptions }
    const unknown = Object.entries(tables).flatMap(([type, sentences]) =>
      Object.keys(sentences)
        .filter((name) => name !== '' && schema.types[type]?.fields[name] === undefined)
        .map((name) => `${type}.${name}`),
    )
    assert.deepEqual(unknown, [])
  })
})

describe('documents as sent', () => {
  const openApi = createOpenApi(info)
  it('are named after the paths that they describe', () => {
    assert.deepEqual(openApi.v3Paths, documentNames())
    assert.equal(openApi.v3('apis/nogroup/v1'), undefined)
  })
  it('are the same bytes whenever they are built', () => {
    const again = createOpenApi(info)
    assert.equal(again.v3('apis/batch/v1')?.json(), openApi.v3('apis/batch/v1')?.json())
    assert.deepEqual(again.v2().protobuf(), openApi.v2().protobuf())
  })
  it('are JSON, and protobuf that begins with the version', () => {
    assert.equal(JSON.parse(openApi.v2().json()).swagger, '2.0')
    assert.deepEqual([...openApi.v2().protobuf().subarray(0, 5)], [0x0a, 3, ...Buffer.from('2.0')])
    assert.deepEqual([...(openApi.v3('version')?.protobuf().subarray(0, 7) ?? [])], [0x0a, 5, ...Buffer.from('3.0.0')])
  })
})
