/** Whose a pod is, and who still accounts for it: the tables of adoption, release and forgotten finalizers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { claimPods } from './claim.ts'
import { isForgotten } from './orphan.ts'
import { trackingFinalizer } from './pod.ts'
import { takenAsFailed } from './tally.ts'

const deletionTimestamp = '2026-01-01T00:00:00Z'

const jobWith = (more: { deleting?: boolean; selector?: object | null; conditions?: object[]; managedBy?: string }) => {
  const selector = more.selector === null ? {} : { selector: more.selector ?? { matchLabels: { app: 'x' } } }
  return {
    metadata: { name: 'j', namespace: 'ns', uid: 'mine', ...(more.deleting && { deletionTimestamp }) },
    spec: { ...selector, managedBy: more.managedBy, template: { spec: {} } },
    status: { conditions: more.conditions },
  } as unknown as Job
}

type PodFacts = {
  readonly owner?: 'mine' | 'other' | 'uncontrolling'
  readonly kind?: string
  readonly matches?: boolean
  readonly deleting?: boolean
  readonly tracked?: boolean
  readonly phase?: string
}

function podWith({ owner, kind = 'Job', matches = true, deleting, tracked, phase = 'Running' }: PodFacts): Pod {
  const reference = {
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    name: 'o',
    uid: owner === 'other' ? 'theirs' : 'mine',
    controller: owner !== 'uncontrolling',
  }
  return {
    metadata: {
      name: 'p',
      namespace: 'ns',
      labels: { app: matches ? 'x' : 'y' },
      ...(owner !== undefined && { ownerReferences: [reference] }),
      ...(deleting && { deletionTimestamp }),
      ...(tracked && { finalizers: [trackingFinalizer] }),
    },
    spec: {},
    status: { phase },
  } as unknown as Pod
}

type Fate = 'owned' | 'adopt' | 'release' | 'ignored'
const claims: readonly (readonly [what: string, pod: PodFacts, fate: Fate, deletedJob: Fate])[] = [
  ['of somebody else', { owner: 'other' }, 'ignored', 'ignored'],
  ['of this Job', { owner: 'mine' }, 'owned', 'owned'],
  ['of this Job, that terminates', { owner: 'mine', deleting: true }, 'owned', 'owned'],
  ['of this Job, with other labels', { owner: 'mine', matches: false }, 'release', 'ignored'],
  ['without a controller', {}, 'adopt', 'ignored'],
  ['that this Job owns without controlling it', { owner: 'uncontrolling' }, 'adopt', 'ignored'],
  ['without a controller, that has ended', { phase: 'Failed' }, 'adopt', 'ignored'],
  ['without a controller, that terminates', { deleting: true }, 'ignored', 'ignored'],
  ['without a controller, with other labels', { matches: false }, 'ignored', 'ignored'],
]

for (const [what, facts, fate, ofDeleted] of claims) {
  for (const [job, expected] of [
    [jobWith({}), fate],
    [jobWith({ deleting: true }), ofDeleted],
  ] as const) {
    test(`a pod ${what}, Job ${job.metadata.deletionTimestamp ? 'being deleted' : 'there'}: ${expected}`, () => {
      const pod = podWith(facts)
      const found = claimPods(job, [pod])
      const lists = Object.entries(found).flatMap(([list, pods]) => (pods.includes(pod) ? [list] : []))
      assert.deepEqual(lists, expected === 'ignored' ? [] : [expected])
    })
  }
}

test('a Job without a selector, or with a malformed one, adopts nothing', () => {
  const malformed = { matchExpressions: [{ key: 'app', operator: 'Like', values: ['x'] }] }
  for (const job of [jobWith({ selector: null }), jobWith({ selector: malformed })])
    assert.deepEqual(claimPods(job, [podWith({})]).adopt, [])
})

const finished = { conditions: [{ type: 'Complete', status: 'True' }] }
const forgotten: readonly (readonly [what: string, pod: PodFacts, owner: Job | undefined, isIt: boolean])[] = [
  ['without the finalizer', {}, undefined, false],
  ['that nobody controls', { tracked: true }, undefined, true],
  ['of a Job that is gone', { tracked: true, owner: 'mine' }, undefined, true],
  ['of a Job that goes on', { tracked: true, owner: 'mine' }, jobWith({}), false],
  ['of a Job that has ended', { tracked: true, owner: 'mine' }, jobWith(finished), true],
  [
    'of an ended Job of another controller',
    { tracked: true, owner: 'mine' },
    jobWith({ ...finished, managedBy: 'example.com/other' }),
    false,
  ],
  ['of something else than a Job', { tracked: true, owner: 'other', kind: 'ReplicaSet' }, undefined, false],
]

for (const [what, facts, owner, isIt] of forgotten)
  test(`the finalizer of a pod ${what} ${isIt ? 'goes' : 'stays'}`, () =>
    assert.equal(isForgotten(podWith(facts), owner), isIt))

type Judged = { readonly usual: boolean; readonly onlyFailed: boolean; readonly deletedJob: boolean }
const yes = { usual: true, onlyFailed: true, deletedJob: true }
const no = { usual: false, onlyFailed: false, deletedJob: false }
const ends: readonly (readonly [what: string, pod: PodFacts, failed: Judged])[] = [
  ['runs', {}, no],
  ['waits', { phase: 'Pending' }, no],
  ['has failed', { phase: 'Failed' }, yes],
  ['has failed and is deleted', { phase: 'Failed', deleting: true }, yes],
  ['has succeeded', { phase: 'Succeeded' }, no],
  ['has succeeded and is deleted', { phase: 'Succeeded', deleting: true }, no],
  ['is deleted while it runs', { deleting: true }, { usual: true, onlyFailed: false, deletedJob: false }],
  [
    'is deleted while it waits',
    { phase: 'Pending', deleting: true },
    { usual: true, onlyFailed: false, deletedJob: false },
  ],
]

for (const [what, facts, expected] of ends)
  test(`a pod that ${what}: taken as failed or not, by policy and by the Job's own deletion`, () => {
    const judged = (replacesOnlyFailed: boolean, deleting: boolean) =>
      takenAsFailed({ replacesOnlyFailed, deleting } as Parameters<typeof takenAsFailed>[0], podWith(facts))
    assert.deepEqual(
      { usual: judged(false, false), onlyFailed: judged(true, false), deletedJob: judged(false, true) },
      expected,
    )
  })
