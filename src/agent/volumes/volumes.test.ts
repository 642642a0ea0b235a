import assert from 'node:assert/strict'
import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { temporaryDirectory } from '../../../test/support/executable.ts'
import type { Container, Volume } from '../../apis/core/index.ts'
import { mountsOf } from './index.ts'

describe('a subPath', () => {
  const { path: base, dispose } = temporaryDirectory()
  after(dispose)
  const path = realpathSync(base)
  const volume = `${path}/volume`
  const elsewhere = `${path}/elsewhere`
  mkdirSync(`${volume}/real/below`, { recursive: true })
  mkdirSync(elsewhere)
  writeFileSync(`${elsewhere}/secret`, '')
  symlinkSync('real', `${volume}/inner`)
  symlinkSync(elsewhere, `${volume}/out`)
  symlinkSync('../elsewhere/secret', `${volume}/file`)
  symlinkSync(`${elsewhere}/new`, `${volume}/dangling`)

  const sourceOf = (subPath: string, root = volume): string => {
    const container = { volumeMounts: [{ name: 'v', mountPath: '/v', subPath }] } as unknown as Container
    const mounts = mountsOf(container, new Map([['v', root]]), { env: {} })
    return mounts.ok ? (mounts.value[0]?.source ?? '') : mounts.error
  }

  for (const [title, subPath, expected] of [
    ['names a directory of the volume', 'real/below', `${volume}/real/below`],
    ['is made when it is not there', 'made/anew', `${volume}/made/anew`],
    ['may go over a link that stays inside', 'inner/below', `${volume}/real/below`],
  ] as const)
    test(title, () => {
      assert.equal(sourceOf(subPath), expected)
      assert.ok(existsSync(expected))
    })

  for (const [title, subPath] of [
    ['with dots does not lead out', 'real/../../elsewhere'],
    ['that is absolute does not lead out', '/etc'],
    ['over a link to a directory does not lead out', 'out'],
    ['below such a link is not made', 'out/new'],
    ['over a link to a file does not lead out', 'file'],
    ['over a link that leads nowhere is not made', 'dangling'],
  ] as const)
    test(title, () => {
      assert.equal(sourceOf(subPath), `subPath "${subPath}" of volume "v" leads out of the volume`)
      assert.equal(existsSync(`${elsewhere}/new`), false)
    })

  test('takes a value for every variable', () => {
    const of = (subPathExpr: string) =>
      mountsOf(
        { volumeMounts: [{ name: 'v', mountPath: '/v', subPathExpr }] } as unknown as Container,
        new Map([['v', volume]]),
        { env: { A: 'real', EMPTY: '' } },
      )
    const found = of('$(A)/below')
    assert.equal(found.ok && found.value[0]?.source, `${volume}/real/below`)
    for (const [expression, missing] of [
      ['$(NONE)/x/$(EMPTY)', 'EMPTY, NONE'],
      ['$(EMPTY)', 'EMPTY'],
    ] as const)
      assert.deepEqual(of(expression), {
        ok: false,
        error: `subPathExpr of the mount at /v: missing value for ${missing}`,
      })
  })

  test('of the root directory is any path', () => assert.equal(sourceOf(volume.slice(1), '/'), volume))
})

test('what jobd fills is read-only in containers, as is what asks for it', () => {
  const volumes: readonly Volume[] = [
    { name: 'configMap', configMap: { name: 'a' } },
    { name: 'secret', secret: { secretName: 'a' } },
    { name: 'projected', projected: { sources: [] } },
    { name: 'downwardAPI', downwardAPI: { items: [] } },
    { name: 'emptyDir', emptyDir: {} },
    { name: 'hostPath', hostPath: { path: '/srv' } },
    { name: 'claim', persistentVolumeClaim: { claimName: 'a', readOnly: true } },
  ]
  const mounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }))
  const container = {
    name: 'main',
    resources: {},
    volumeMounts: [...mounts, { name: 'emptyDir', mountPath: '/again', readOnly: true }],
  }
  const found = mountsOf(container, new Map(volumes.map(({ name }) => [name, `/volumes/${name}`])), {
    env: {},
    volumes,
  })
  assert.ok(found.ok)
  const closed = found.value.filter(({ readOnly }) => readOnly).map(({ target }) => target)
  assert.deepEqual(closed, ['/configMap', '/secret', '/projected', '/downwardAPI', '/claim', '/again'])
})
