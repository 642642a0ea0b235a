import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, test } from 'node:test'
import { imagePolicyOf, parseImageMap } from './image-policy.ts'

describe('an image map', () => {
  const root = tmpdir()
  const file = new URL(import.meta.url).pathname
  test('says what images are', () => {
    assert.deepEqual(parseImageMap({ a: root, b: 'host', c: { rootfs: root, cmd: ['x'], env: { A: '1' } } }), {
      ok: true,
      value: [
        { pattern: 'a', image: { kind: 'Root', config: { root, entrypoint: [], cmd: [], env: {} } } },
        { pattern: 'b', image: { kind: 'Host' } },
        { pattern: 'c', image: { kind: 'Root', config: { root, entrypoint: [], cmd: ['x'], env: { A: '1' } } } },
      ],
    })
  })
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['that is no map', ['a'], /^it must be a map from images to root directories/],
    ['without a directory', { a: null }, /^a: it takes the path of a root directory, or host$/],
    ['with a relative directory', { a: 'root' }, /^a: the root directory "root" must be an absolute path$/],
    ['with a directory that is not there', { a: '/no/such' }, /^a: the root directory \/no\/such does not exist$/],
    ['with a file for a directory', { a: file }, /^a: \S+ is not a directory$/],
    ['with the root of the host', { a: '/' }, /^a: .* is written as host$/],
    ['with a field that is none', { a: { rootfs: root, user: '1' } }, /^a: unknown field user; there are rootfs, /],
    ['with a program for the host', { a: { rootfs: 'host', cmd: ['x'] } }, /^a: host takes no further fields/],
    ['with an entrypoint that is no list', { a: { rootfs: root, entrypoint: 'sh' } }, /^a: entrypoint must be a list/],
    ['with a number among the words', { a: { rootfs: root, cmd: [1] } }, /^a: cmd must be a list of texts$/],
    ['with a number as a variable', { a: { rootfs: root, env: { N: 1 } } }, /^a: env N must be a text/],
    ['with a relative workingDir', { a: { rootfs: root, workingDir: 'x' } }, /^a: workingDir must be an absolute path/],
  ]
  for (const [sentence, value, expected] of cases) {
    test(`${sentence} is refused`, () => {
      const parsed = parseImageMap(value)
      assert.match(parsed.ok ? '' : parsed.error, expected)
    })
  }
})

describe('the flags for images', () => {
  const ask = async (flags: Partial<Parameters<typeof imagePolicyOf>[0]>) => {
    const policy = await imagePolicyOf({ runtime: 'process', ...flags })
    return policy.ok ? policy.value.kind : policy.error
  }
  test('say whether images are looked at', async () => {
    assert.equal(await ask({}), 'Ignore')
    assert.equal(await ask({ imagePolicy: 'ignore' }), 'Ignore')
    assert.equal(await ask({ imagePolicy: 'refuse' }), 'Refuse')
  })
  test('are refused where they contradict each other', async () => {
    assert.match(await ask({ imagePolicy: 'map' }), /needs --image-map FILE$/)
    assert.match(await ask({ imageMap: 'x' }), /^--image-map needs --image-policy map$/)
    assert.match(await ask({ runtime: 'docker', imagePolicy: 'refuse' }), /not for --runtime docker$/)
  })
  test('name a map that cannot be read', async (t) => {
    const dir = mkdtempSync(`${tmpdir()}/jobd-map-`)
    t.after(() => rmSync(dir, { recursive: true }))
    assert.match(await ask({ imagePolicy: 'map', imageMap: `${dir}/none` }), /^the image map \S+\/none is not valid: /)
    for (const [text, expected] of [
      ['a: [', /^the image map \S+ is not valid: yaml: /],
      ['a: host\na: host\n', /key "a" already set/],
      ['', /must be a map/],
    ] as const) {
      writeFileSync(`${dir}/map`, text)
      assert.match(await ask({ imagePolicy: 'map', imageMap: `${dir}/map` }), expected)
    }
  })
})
