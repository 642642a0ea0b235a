import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { KindSchema } from '../../apimachinery/index.ts'
import {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
  etagOf,
  proxyKinds,
  rootPaths,
  versionInfo,
} from './index.ts'

type Named = { readonly name: string; readonly storageVersionHash?: string | undefined }
type Step = {
  readonly call: string
  readonly headers?: Readonly<Record<string, string>>
  readonly reduce?: Readonly<Record<string, readonly string[]>>
  readonly expect?: { readonly status: number; readonly body: unknown }
}

const path = new URL('../../../../shared/wire/rest/goldens/discovery.json', import.meta.url)
const missing = existsSync(path) ? false : 'the recorded answers are not here'
const steps: readonly Step[] = missing
  ? []
  : (JSON.parse(readFileSync(path, 'utf8')) as { cases: { steps: Step[] }[] }).cases.flatMap((each) => each.steps)
const bodies = (call: string, reduction: string): readonly Step[] =>
  steps.filter((step) => step.call === call && step.reduce?.[reduction] !== undefined && step.expect?.status === 200)

const byName = (a: Named, b: Named): number => (a.name < b.name ? -1 : 1)
const withoutHash = ({ storageVersionHash: _, ...rest }: Named): Named => rest

describe('discovery, as upstream answers', { skip: missing }, () => {
  for (const group of new Set(steps.flatMap(({ call }) => /^GET \/apis\/([^/]+)\/v1$/.exec(call)?.[1] ?? []))) {
    it(`${group}/v1 lists the same resources`, () => {
      for (const step of bodies(`GET /apis/${group}/v1`, 'resources')) {
        const list = apiResourceList(group, 'v1')
        assert.deepEqual({ ...list, resources: list?.resources.map(withoutHash).toSorted(byName) }, step.expect?.body)
      }
    })
  }
  it('v1 lists the same resources, with those that only --exact lists', () => {
    for (const step of bodies('GET /api/v1', 'resources')) {
      const wanted = step.reduce?.['resources'] ?? []
      if (wanted.includes('*')) continue
      const list = apiResourceList('', 'v1', proxyKinds)
      const resources = list?.resources.filter(({ name }) => wanted.includes(name.split('/')[0] ?? '')).map(withoutHash)
      assert.deepEqual({ ...list, resources }, step.expect?.body)
    }
  })
  it('/apis lists the same groups', () => {
    for (const step of bodies('GET /apis', 'groups')) {
      const list = apiGroupList()
      assert.deepEqual({ ...list, groups: list.groups.toSorted(byName) }, step.expect?.body)
    }
  })
  for (const root of ['api', 'apis'] as const) {
    it(`aggregated /${root} has the same content`, () => {
      for (const step of bodies(`GET /${root}`, 'aggregated')) {
        const body = step.expect?.body as {
          readonly items?: readonly { readonly metadata: { readonly name?: string } }[]
        }
        if (body.items === undefined) continue
        const names = new Map<string, string | undefined>(
          (step.reduce?.['aggregated'] ?? []).map((text) => text.split(':') as [string, string | undefined]),
        )
        const document = aggregatedDiscovery(root, proxyKinds)
        const items = document.items
          .filter((item) => names.has(('name' in item.metadata ? item.metadata.name : 'core') ?? 'core'))
          .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
          .map((item) => {
            const resources = names.get(item.metadata.name ?? 'core')?.split(',')
            return {
              ...item,
              versions: item.versions.map((version) => ({
                ...version,
                resources: version.resources.filter(({ resource }) => resources?.includes(resource) ?? true),
              })),
            }
          })
        assert.deepEqual({ ...document, items }, step.expect?.body)
      }
    })
  }
})

describe('discovery', () => {
  it('puts core events before events.k8s.io, which stands first of the named groups', () => {
    assert.equal(apiGroupList().groups[0]?.name, 'events.k8s.io')
  })
  it('knows nothing of groups and versions that are not served', () => {
    assert.equal(apiGroup('nogroup'), undefined)
    assert.equal(apiGroup(''), undefined)
    assert.equal(apiResourceList('batch', 'v1beta1'), undefined)
  })
  it('tells the storage version as upstream does', () => {
    const hashes = new Map(
      ['', 'batch', 'events.k8s.io'].flatMap(
        (group) =>
          apiResourceList(group, 'v1')?.resources.map(
            (each) => [`${group}/${each.name}`, each.storageVersionHash] as const,
          ) ?? [],
      ),
    )
    assert.equal(hashes.get('batch/jobs'), 'mudhfqk/qZY=')
    assert.equal(hashes.get('batch/cronjobs'), 'sd5LIXh4Fjs=')
    assert.equal(hashes.get('/pods'), 'xPOwRZ+Yhw8=')
    assert.equal(hashes.get('events.k8s.io/events'), hashes.get('/events'))
    assert.equal(hashes.get('batch/jobs/status'), undefined)
    assert.equal(hashes.get('/bindings'), undefined)
  })
  it('takes kinds of other groups as data and lists them last', () => {
    const added: readonly KindSchema[] = [
      {
        group: 'jobs.jobd.dev',
        version: 'v1',
        resource: 'calendars',
        kind: 'Calendar',
        namespaced: false,
        verbs: ['get', 'list'],
        singular: 'calendar',
      },
    ]
    assert.equal(apiGroupList(added).groups.at(-1)?.name, 'jobs.jobd.dev')
    assert.equal(apiResourceList('jobs.jobd.dev', 'v1', added)?.resources[0]?.kind, 'Calendar')
    assert.ok(rootPaths([], added).paths.includes('/apis/jobs.jobd.dev/v1'))
  })
  it('lists all paths of the API at the root', () => {
    const { paths } = rootPaths(['/healthz', '/metrics'])
    for (const path of [
      '/api',
      '/api/v1',
      '/apis',
      '/apis/batch',
      '/apis/batch/v1',
      '/healthz',
      '/openapi/v3',
      '/version',
    ]) {
      assert.ok(paths.includes(path), path)
    }
  })
  it('names the address under which clients reach the server', () => {
    assert.deepEqual(apiVersions('127.0.0.1:6443').serverAddressByClientCIDRs, [
      { clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:6443' },
    ])
  })
  it('has a version that is a semantic version of the same minor', () => {
    const { major, minor, gitVersion } = versionInfo({ commit: '', date: '', platform: 'linux/amd64', node: 'v26' })
    assert.match(gitVersion, new RegExp(`^v${major}\\.${minor}\\.\\d+\\+jobd$`))
  })
  it('marks documents with a quoted hash', () => {
    assert.match(etagOf('{}'), /^"[0-9A-F]{128}"$/)
  })
})
