import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure, jsonBody, type TestApi, testApi, testOptions, value } from '../../../test/support/api.ts'
import type { Status } from '../../apimachinery/index.ts'
import type { Result } from '../../base/index.ts'

const podSpec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'work' }] }
const jobSpec = { template: { spec: podSpec } }
const scheduling = { schedulingPolicy: { gang: { minCount: 2 } } }

const job = (spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'a' },
  spec: { ...jobSpec, ...spec },
})
const cronJob = (spec: object = {}) => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'a' },
  spec: { schedule: '@daily', jobTemplate: { spec: { ...jobSpec, ...spec } } },
})

const kinds = [
  { resource: 'jobs.batch', path: 'spec.scheduling', make: job, inSpec: (spec: object) => spec },
  {
    resource: 'cronjobs.batch',
    path: 'spec.jobTemplate.spec.scheduling',
    make: cronJob,
    inSpec: (spec: object) => ({ jobTemplate: { spec } }),
  },
]

type Kind = (typeof kinds)[number]
type Write = (api: TestApi, kind: Kind, field: unknown) => Promise<Result<unknown, Status>>

const patching =
  (type: 'merge' | 'strategic' | 'apply', patchOf: (kind: Kind, field: unknown) => unknown): Write =>
  async (api, kind, field) => {
    const at = { resource: kind.resource, namespace: 'default', name: 'a' }
    value(await api.create({ resource: kind.resource, namespace: 'default' }, jsonBody(kind.make()), api.context))
    const context = { ...api.context, ...(type === 'apply' && { fieldManager: 'me', force: true }) }
    return await api.patch(at, { type, body: jsonBody(patchOf(kind, field)) }, context)
  }

const writes: Readonly<Record<string, Write>> = {
  'a new object': (api, { resource, make }, field) =>
    api.create({ resource, namespace: 'default' }, jsonBody(make({ scheduling: field })), api.context),
  'an update': async (api, { resource, make }, field) => {
    value(await api.create({ resource, namespace: 'default' }, jsonBody(make()), api.context))
    const at = { resource, namespace: 'default', name: 'a' }
    return await api.update(at, jsonBody(make({ scheduling: field })), api.context)
  },
  'a merge patch': patching('merge', ({ inSpec }, field) => ({ spec: inSpec({ scheduling: field }) })),
  'a strategic merge patch': patching('strategic', ({ inSpec }, field) => ({ spec: inSpec({ scheduling: field }) })),
  'an apply': patching('apply', ({ make }, field) => make({ scheduling: field })),
}

for (const kind of kinds) {
  for (const [what, write] of Object.entries(writes)) {
    test(`gang scheduling in ${what} of ${kind.resource} is refused by name, whatever validation is asked for`, async () => {
      for (const fieldValidation of ['Strict', 'Warn', 'Ignore'] as const) {
        const api = await testApi({ options: { ...testOptions, exact: false } })
        const lenient = { ...api, context: { ...api.context, fieldValidation } }
        const refused = failure(await write(lenient, kind, scheduling))
        assert.equal(refused.code, 422)
        assert.equal(refused.reason, 'Invalid')
        assert.match(refused.message ?? '', / "a" is invalid: spec\.[a-zA-Z.]*scheduling: Forbidden: gang scheduling/)
        assert.deepEqual(
          refused.details?.causes?.map(({ field, reason }) => [field, reason]),
          [[kind.path, 'FieldValueForbidden']],
        )
      }
    })
  }

  test(`gang scheduling that is null in ${kind.resource} asks for nothing`, async () => {
    const api = await testApi({ options: { ...testOptions, exact: false } })
    value(await (writes['a new object'] as Write)(api, kind, null))
  })

  test(`with --exact gang scheduling in ${kind.resource} is an unknown field, as upstream v1.36`, async () => {
    const api = await testApi()
    value(await (writes['a new object'] as Write)(api, kind, scheduling))
    assert.deepEqual(api.warnings, [`unknown field "${kind.path}"`])
  })
}
