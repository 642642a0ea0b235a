import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../../apis/batch/index.ts'
import { instant } from '../../base/index.ts'
import { planTtl } from './plan.ts'

const finished = instant(Date.UTC(2026, 0, 1))
const at = (seconds: number) => instant(finished + 1000 * seconds)

type Facts = { readonly ttl?: number; readonly end?: string; readonly going?: boolean; readonly status?: string }
const job = ({ ttl, end = 'Complete', going = false, status = 'True' }: Facts): Job =>
  ({
    metadata: { name: 'j', uid: 'u', ...(going && { deletionTimestamp: '2026-01-01T00:00:00Z' }) },
    spec: { template: {}, ...(ttl !== undefined && { ttlSecondsAfterFinished: ttl }) },
    status: { conditions: [{ type: end, status, lastTransitionTime: '2026-01-01T00:00:00Z' }] },
  }) as unknown as Job

const rows: readonly {
  readonly name: string
  readonly job: Job
  readonly now: number
  readonly deletes?: boolean
  readonly wakes?: number
}[] = [
  { name: 'without a time to live it stays', job: job({}), now: 99 },
  { name: 'zero goes at once', job: job({ ttl: 0 }), now: 0, deletes: true },
  { name: 'before its time it is looked at again at the very moment', job: job({ ttl: 3 }), now: 1, wakes: 3 },
  { name: 'at its time it goes', job: job({ ttl: 3 }), now: 3, deletes: true },
  { name: 'failed Jobs too', job: job({ ttl: 3, end: 'Failed' }), now: 4, deletes: true },
  { name: 'a Job that still ends does not count as finished', job: job({ ttl: 0, end: 'FailureTarget' }), now: 9 },
  { name: 'a condition that is not True neither', job: job({ ttl: 0, status: 'False' }), now: 9 },
  { name: 'one that goes already is left alone', job: job({ ttl: 0, going: true }), now: 9 },
]
for (const row of rows) {
  test(`time to live: ${row.name}`, () => {
    const plan = planTtl(row.job, at(row.now))
    assert.equal(plan.actions.length, row.deletes === true ? 1 : 0)
    assert.equal(plan.wakeAt, row.wakes === undefined ? undefined : at(row.wakes))
  })
}
