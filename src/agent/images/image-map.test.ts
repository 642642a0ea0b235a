import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ImagePolicy, imagesOf, imageWarnings } from './image-map.ts'

const root = (path: string) => ({ kind: 'Root' as const, config: { root: path, entrypoint: [], cmd: [], env: {} } })
const policy: ImagePolicy = {
  kind: 'Map',
  file: '/map',
  entries: [
    { pattern: 'busybox:1.28', image: root('/old') },
    { pattern: 'busybox', image: root('/busybox') },
    { pattern: 'registry.example.com/*', image: { kind: 'Host' } },
    { pattern: 'tool:*-slim', image: root('/slim') },
    { pattern: 'gone', image: root('/gone') },
  ],
}
const digest = `sha256:${'a'.repeat(64)}`
const images = imagesOf(policy, (path) => path !== '/gone')

describe('a map of images', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['busybox', '/busybox'],
    ['busybox:latest', '/busybox'],
    ['busybox:1.36', '/busybox'],
    ['busybox:1.28', '/old'],
    ['docker.io/library/busybox:1.28', '/old'],
    [`busybox@${digest}`, '/busybox'],
    ['docker.io/busybox', '/busybox'],
    ['quay.io/busybox', undefined],
    ['busybox2', undefined],
    ['tool:3-slim', '/slim'],
    ['tool:3', undefined],
    ['registry.example.com/a/b:1', 'host'],
    ['host', 'host'],
  ]
  for (const [image, expected] of cases) {
    test(`takes ${image} for ${expected ?? 'none of its own'}`, async () => {
      const found = await images?.find(image)
      assert.ok(found?.ok)
      assert.equal(found.value && (found.value.config?.root ?? 'host'), expected)
    })
  }
  test('tells of a directory that has gone, and of images that are not in it', async () => {
    const gone = await images?.find('gone')
    assert.match(gone?.ok === false ? gone.error : '', /root directory \/gone \(\/map\) is not there any more$/)
    const other = await images?.pull('other', [])
    assert.match(other?.ok === false ? other.error : '', /^image "other" is not in the image map \/map: add it there/)
  })
})

test('a pod is warned of what its images will not do, once for each', () => {
  const spec = (...names: readonly string[]) => ({
    containers: names.map((image) => ({ name: 'main', image, resources: {} })),
  })
  assert.equal(imageWarnings({ kind: 'Ignore' }, spec('perl', 'busybox')).length, 1)
  assert.deepEqual(imageWarnings({ kind: 'Ignore' }, spec('host')), [])
  assert.equal(imageWarnings({ kind: 'Refuse' }, spec('perl', 'perl', 'host')).length, 1)
  assert.deepEqual(imageWarnings(policy, spec('busybox', 'host')), [])
  assert.match(imageWarnings(policy, spec('perl')).join(), /^image "perl" is not in the image map/)
})
