import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { enter, isShort, leave, newFairShare } from './fair-share.ts'
import { requestInfo } from './request-info.ts'

const entered = (share: ReturnType<typeof newFairShare>, user: string, tries: number): number =>
  Array.from({ length: tries }, () => enter(share, user)).filter(Boolean).length

describe('requests under way', () => {
  it('may all be of one user, up to the bound', () => assert.equal(entered(newFairShare(), 'a', 1000), 600))
  it('leave room for others when one user has taken all', () => {
    const share = newFairShare()
    entered(share, 'a', 1000)
    assert.equal(entered(share, 'b', 1000), 300)
    assert.equal(entered(share, 'c', 1000), 200)
    assert.equal(enter(share, 'a'), false)
  })
  it('have a bound for all users together', () => {
    const share = newFairShare()
    const total = Array.from({ length: 2000 }, (_, i) => entered(share, String(i), 600)).reduce((a, b) => a + b)
    assert.equal(total, 1200)
  })
  it('make room when they are over, and nothing of them stays', () => {
    const share = newFairShare()
    entered(share, 'a', 600)
    assert.equal(enter(share, 'a'), false)
    leave(share, 'a')
    assert.equal(enter(share, 'a'), true)
    for (let i = 0; i < 600; i++) leave(share, 'a')
    assert.deepEqual(share, newFairShare())
  })
  const cases: readonly [string, string, boolean][] = [
    ['GET', '/api/v1/pods', true],
    ['GET', '/api/v1/watch/pods', false],
    ['GET', '/api/v1/namespaces/a/pods/b/log', false],
    ['POST', '/api/v1/namespaces/a/pods/b/exec', false],
    ['POST', '/api/v1/namespaces/a/pods', true],
    ['GET', '/healthz', true],
  ]
  for (const [method, path, counts] of cases) {
    it(`${counts ? 'count' : 'do not count'} for ${method} ${path}`, () =>
      assert.equal(isShort(requestInfo(method, path, new Map())), counts))
  }
})
