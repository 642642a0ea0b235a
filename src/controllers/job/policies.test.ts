import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodFailurePolicy, SuccessPolicy } from '../../apis/batch/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { judgeFailure } from './failure-policy.ts'
import { indexSetOf } from './indexes.ts'
import { metSuccessPolicy } from './success-policy.ts'

type Codes = Readonly<Record<string, number>>
const failed = (codes: Codes, { init = {}, conditions = [] as readonly string[], phase = 'Failed' } = {}): Pod => {
  const statuses = (all: Codes) =>
    Object.entries(all).map(([name, exitCode]) => ({ name, state: { terminated: { exitCode } } }))
  return {
    metadata: { name: 'p', namespace: 'ns' },
    spec: { containers: [] },
    status: {
      phase,
      containerStatuses: statuses(codes),
      initContainerStatuses: statuses(init),
      conditions: conditions.map((type) => ({ type, status: 'True' })),
    },
  } as unknown as Pod
}

const onCodes = (
  action: string,
  operator: string,
  values: readonly number[],
  containerName?: string,
): PodFailurePolicy => ({
  rules: [{ action, onExitCodes: { operator, values, ...(containerName && { containerName }) } }],
})
const onCondition = (action: string, type: string, status?: string): PodFailurePolicy => ({
  rules: [{ action, onPodConditions: [{ type, ...(status && { status }) }] }],
})

const rows: readonly {
  readonly name: string
  readonly policy: PodFailurePolicy
  readonly pod: Pod
  readonly action?: string
  readonly message?: string
}[] = [
  {
    name: 'In: a code of the list',
    policy: onCodes('Ignore', 'In', [2, 42]),
    pod: failed({ main: 42 }),
    action: 'Ignore',
  },
  { name: 'In: another code', policy: onCodes('Ignore', 'In', [2, 42]), pod: failed({ main: 3 }) },
  { name: 'NotIn: another code', policy: onCodes('Count', 'NotIn', [2]), pod: failed({ main: 3 }), action: 'Count' },
  { name: 'NotIn: exit code 0 takes no part', policy: onCodes('FailJob', 'NotIn', [2]), pod: failed({ main: 0 }) },
  {
    name: 'one matching container is enough',
    policy: onCodes('Ignore', 'In', [7]),
    pod: failed({ a: 1, b: 7 }),
    action: 'Ignore',
  },
  { name: 'only the named container', policy: onCodes('Ignore', 'In', [7], 'a'), pod: failed({ a: 1, b: 7 }) },
  {
    name: 'init containers too',
    policy: onCodes('FailIndex', 'In', [9]),
    pod: failed({}, { init: { i: 9 } }),
    action: 'FailIndex',
  },
  {
    name: 'app containers come before init containers',
    policy: onCodes('FailJob', 'NotIn', [1]),
    pod: failed({ main: 3 }, { init: { i: 9 } }),
    action: 'FailJob',
    message: 'Container main for pod ns/p failed with exit code 3 matching FailJob rule at index 0',
  },
  {
    name: 'a condition without a status means True',
    policy: onCondition('FailJob', 'DisruptionTarget'),
    pod: failed({}, { conditions: ['DisruptionTarget'] }),
    action: 'FailJob',
    message: 'Pod ns/p has condition DisruptionTarget matching FailJob rule at index 0',
  },
  {
    name: 'a condition with another status',
    policy: onCondition('Ignore', 'X', 'False'),
    pod: failed({}, { conditions: ['X'] }),
  },
  {
    name: 'the first matching rule decides',
    policy: { rules: [...onCodes('Count', 'In', [5]).rules, ...onCodes('FailJob', 'NotIn', [9]).rules] },
    pod: failed({ main: 5 }),
    action: 'Count',
  },
  {
    name: 'a rule with an unknown action is skipped',
    policy: { rules: [...onCodes('Dance', 'In', [5]).rules, ...onCodes('FailJob', 'In', [5]).rules] },
    pod: failed({ main: 5 }),
    action: 'FailJob',
    message: 'Container main for pod ns/p failed with exit code 5 matching FailJob rule at index 1',
  },
  {
    name: 'pods that have not failed are not judged',
    policy: onCodes('Ignore', 'In', [1]),
    pod: failed({ main: 1 }, { phase: 'Running' }),
  },
]
for (const { name, policy, pod, action, message } of rows) {
  test(`failure policy: ${name}`, () => {
    const judged = judgeFailure(policy, pod)
    assert.equal(judged.action, action)
    assert.equal(judged.counts, action !== 'Ignore')
    assert.equal(judged.message, message)
  })
}

const successRows: readonly {
  readonly name: string
  readonly rules: SuccessPolicy['rules']
  readonly succeeded: readonly number[]
  readonly met?: string
}[] = [
  { name: 'nothing has succeeded yet', rules: [{ succeededCount: 0 }], succeeded: [] },
  { name: 'a count', rules: [{ succeededCount: 2 }], succeeded: [1, 3], met: 'Matched rules at index 0' },
  { name: 'a count not reached', rules: [{ succeededCount: 3 }], succeeded: [1, 3] },
  {
    name: 'all indexes',
    rules: [{ succeededIndexes: '0,2-3' }],
    succeeded: [0, 2, 3],
    met: 'Matched rules at index 0',
  },
  { name: 'not all indexes', rules: [{ succeededIndexes: '0,2-3' }], succeeded: [0, 1, 2] },
  {
    name: 'a count of the indexes',
    rules: [{ succeededIndexes: '0-4', succeededCount: 2 }],
    succeeded: [1, 4],
    met: 'Matched rules at index 0',
  },
  { name: 'others do not count', rules: [{ succeededIndexes: '0-2', succeededCount: 2 }], succeeded: [1, 4, 5] },
  {
    name: 'the first rule that is met',
    rules: [{ succeededCount: 9 }, { succeededIndexes: '1' }],
    succeeded: [1],
    met: 'Matched rules at index 1',
  },
]
for (const { name, rules, succeeded, met } of successRows) {
  test(`success policy: ${name}`, () => assert.equal(metSuccessPolicy({ rules }, 10, indexSetOf(succeeded)), met))
}
