import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseQuery } from './query.ts'
import { nameOfFieldSelector, requestInfo } from './request-info.ts'

const shown = (method: string, url: string): string => {
  const [path = '', query = ''] = url.split('?')
  const { isResource, verb, group, version, namespace, resource, subresource, name } = requestInfo(
    method,
    path,
    parseQuery(query),
  )
  if (!isResource) return `- ${verb}`
  return `${verb} ${group}/${version} ${namespace || '-'} ${resource}${subresource && `/${subresource}`} ${name || '-'}`
}

describe('what a request asks for', () => {
  const cases: readonly [string, string, string][] = [
    ['GET', '/api/v1/namespaces/a/pods/p', 'get /v1 a pods p'],
    ['GET', '/api/v1/namespaces/a/pods/p/log', 'get /v1 a pods/log p'],
    ['GET', '/api/v1/pods', 'list /v1 - pods -'],
    ['GET', '/api/v1/pods?watch=1', 'watch /v1 - pods -'],
    ['GET', '/api/v1/pods?watch=False', 'list /v1 - pods -'],
    ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dp', 'list /v1 a pods p'],
    ['GET', '/api/v1/watch/namespaces/a/pods/p', 'watch /v1 a pods p'],
    ['GET', '/apis/batch/v1/watch/jobs', 'watch batch/v1 - jobs -'],
    ['DELETE', '/apis/batch/v1/namespaces/a/jobs', 'deletecollection batch/v1 a jobs -'],
    ['DELETE', '/apis/batch/v1/namespaces/a/jobs/j', 'delete batch/v1 a jobs j'],
    ['PUT', '/apis/batch/v1/namespaces/a/jobs/j/status', 'update batch/v1 a jobs/status j'],
    ['GET', '/api/v1/namespaces', 'list /v1 - namespaces -'],
    ['GET', '/api/v1/namespaces/a', 'get /v1 a namespaces a'],
    ['PUT', '/api/v1/namespaces/a/finalize', 'update /v1 a namespaces/finalize a'],
    ['GET', '/api/v1/nodes/n/', 'get /v1 - nodes n'],
    ['GET', '/api/v1', '- get'],
    ['GET', '/apis/batch/v1', '- get'],
    ['GET', '/healthz', '- get'],
    ['POST', '/', '- post'],
  ]
  for (const [method, url, expected] of cases) {
    it(`${method} ${url} is ${expected}`, () => assert.equal(shown(method, url), expected))
  }
})

describe('the name in a field selector', () => {
  const cases: readonly [string, string][] = [
    ['metadata.name=a', 'a'],
    ['metadata.name==a,status.phase=Running', 'a'],
    ['status.phase=Running,metadata.name=a', 'a'],
    ['metadata.name!=a', ''],
    ['metadata.name=a\\,b', 'a,b'],
    ['metadata.name=a/b', ''],
    ['', ''],
  ]
  for (const [selector, expected] of cases) {
    it(`of ${JSON.stringify(selector)} is ${JSON.stringify(expected)}`, () =>
      assert.equal(nameOfFieldSelector(selector), expected))
  }
})
