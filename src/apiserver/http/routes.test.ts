import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseQuery } from './query.ts'
import { requestInfo } from './request-info.ts'
import { routeOf } from './routes.ts'
import { warningHeaders } from './warnings.ts'

function answer(method: string, url: string, contentType?: string): string {
  const [path = '', query = ''] = url.split('?')
  const route = routeOf(method, requestInfo(method, path, parseQuery(query)), contentType)
  if (!route.ok) return String(route.error.code)
  const { action, resource, subresource, namespace, name } = route.value
  return [action, resource, subresource ?? '-', namespace ?? '-', name ?? '-'].join(' ')
}

describe('routes', () => {
  const cases: readonly [string, string, string][] = [
    ['GET', '/api/v1/namespaces/a/pods', 'list pods - a -'],
    ['GET', '/api/v1/pods?watch', 'watch pods - - -'],
    ['GET', '/api/v1/namespaces/a/pods/p', 'get pods - a p'],
    ['GET', '/api/v1/namespaces/a/pods/p?watch=1', 'get pods - a p'],
    ['GET', '/api/v1/watch/namespaces/a/pods/p', 'watch pods - a p'],
    ['POST', '/api/v1/watch/pods', '405'],
    ['POST', '/apis/batch/v1/namespaces/a/jobs', 'create jobs.batch - a -'],
    ['POST', '/apis/batch/v1/jobs', '405'],
    ['DELETE', '/apis/batch/v1/jobs', '405'],
    ['DELETE', '/apis/batch/v1/namespaces/a/jobs', 'deletecollection jobs.batch - a -'],
    ['DELETE', '/api/v1/namespaces', '405'],
    ['PUT', '/api/v1/namespaces/a/finalize', 'update namespaces finalize - a'],
    ['GET', '/api/v1/namespaces/a', 'get namespaces - - a'],
    ['GET', '/api/v1/namespaces/a/pods/p/log', 'connect pods log a p'],
    ['POST', '/api/v1/namespaces/a/pods/p/log', '405'],
    ['POST', '/api/v1/namespaces/a/pods/p/exec', 'connect pods exec a p'],
    ['POST', '/api/v1/namespaces/a/pods/p/binding', 'create pods binding a p'],
    ['POST', '/api/v1/namespaces/a/serviceaccounts/s/token', 'create serviceaccounts token a s'],
    ['GET', '/api/v1/namespaces/a/serviceaccounts/s/token', '405'],
    ['GET', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', '405'],
    [
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      'create selfsubjectaccessreviews.authorization.k8s.io - - -',
    ],
    ['GET', '/apis/batch/v1/namespaces/a/jobs/j/scale', '404'],
    ['GET', '/apis/batch/v1/namespaces/a/jobs/j/status/x', '404'],
    ['GET', '/apis/batch/v1/jobs/j', '404'],
    ['GET', '/api/v1/namespaces/a/nodes', '404'],
    ['GET', '/api/v1/unknown', '404'],
    ['GET', '/api/v1/pods//log', '404'],
    ['GET', '/api/v1/namespaces/a/pods/p//log', '404'],
    ['GET', '/api/v1/watch/namespaces/a/pods/p/log', '404'],
    ['GET', '/api/v1/namespaces/a/pods/', 'list pods - a -'],
    ['HEAD', '/api/v1/pods', '405'],
    ['OPTIONS', '/api/v1/pods', '405'],
  ]
  for (const [method, url, expected] of cases) {
    it(`${method} ${url} is ${expected}`, () => assert.equal(answer(method, url), expected))
  }
  it('a patch names its type', () => {
    const url = '/api/v1/namespaces/a/pods/p'
    assert.equal(answer('PATCH', url, 'application/json'), '415')
    assert.equal(answer('PATCH', url), '415')
    assert.equal(answer('PATCH', url, 'application/merge-patch+json; charset=utf-8'), 'patch pods - a p')
  })
})

describe('warnings', () => {
  it('are quoted and told once', () =>
    assert.deepEqual(warningHeaders(['a "b"', 'a "b"', 'c\\d']), ['299 - "a \\"b\\""', '299 - "c\\\\d"']))
  it('cannot break a header', () => assert.deepEqual(warningHeaders(['a\r\nb: c']), ['299 - "a  b: c"']))
  it('are bytes of UTF-8', () => assert.equal(warningHeaders(['ü'])[0], '299 - "\u00c3\u00bc"'))
  it('are cut short when there are many', () => {
    const headers = warningHeaders(Array.from({ length: 30 }, (_, i) => `${i}${'x'.repeat(400)}`))
    assert.ok(headers.length === 16 && headers.every((text) => text.length < 300))
  })
})
