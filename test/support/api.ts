import assert from 'node:assert/strict'
import type { KubeObject, Status } from '../../src/apimachinery/index.ts'
import { type ApiOptions, strategies } from '../../src/apis/index.ts'
import type { RequestBody, RequestContext, RunningApi } from '../../src/apiserver/registry/index.ts'
import { type ApiConfig, createApi } from '../../src/apiserver/registry/index.ts'
import { type Result, silentLog } from '../../src/base/index.ts'
import { createMemoryStore } from '../../src/storage/memory/index.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

export const testOptions: ApiOptions = { exact: true, isTimeZone: () => true }

export type TestApi = RunningApi & {
  readonly clock: VirtualClock
  /** Warnings of requests with `context`, in order. */
  readonly warnings: string[]
  readonly context: RequestContext
}

/** A registry on an empty memory store, with uids `uid-1`, `uid-2` … and a random source that counts. */
export async function testApi(config: Partial<ApiConfig> = {}): Promise<TestApi> {
  const clock = virtualClock()
  let uids = 0
  let draws = 0
  const warnings: string[] = []
  const api = await createApi({
    store: createMemoryStore(),
    strategies,
    clock,
    random: { bits: () => (draws++ * 2654435761) % 2 ** 32 },
    newUid: () => `uid-${++uids}`,
    options: testOptions,
    log: silentLog,
    ...config,
  })
  assert.ok(api.ok, 'the registry starts')
  const context: RequestContext = {
    user: { name: 'admin', groups: ['system:masters'] },
    userAgent: 'test/1.0',
    warn: (text) => void warnings.push(text),
  }
  return { ...api.value, clock, warnings, context }
}

export const jsonBody = (value: unknown): RequestBody => ({ kind: 'Text', text: JSON.stringify(value) })

export function value<T>(result: Result<T, Status>): T {
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.error))
  return result.value
}

export function failure(result: Result<unknown, Status>): Status {
  assert.ok(!result.ok, 'the request fails')
  return result.error
}

export const configMap = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: '1' },
  ...more,
})

export const job = (name: string): object => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox:1.36' }] } } },
})

export const namesOf = (objects: readonly KubeObject[]): readonly (string | undefined)[] =>
  objects.map(({ metadata }) => metadata.name)
