/** No field is called supported that only validation reads: somebody who does something must. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fieldRows } from '../../tools/field-rows.ts'
import { root } from '../support/executable.ts'
import { fieldReaders } from '../support/field-readers.ts'

/** Those who act: not `src/apis`, which checks. */
const actors = [
  'src/agent/',
  'src/apimachinery/patch/',
  'src/apimachinery/selector/',
  'src/apiserver/',
  'src/controllers/',
  'src/manager/',
]
/** What only tells of fields without effect. */
const TELLER = 'src/agent/node-warnings.ts'

/** Types whose values are read as another that has the same fields, and where. */
const readAs: Readonly<Record<string, string>> = {
  'core.v1.ConfigMapEnvSource': 'src/agent/env/environment.ts',
  'core.v1.ConfigMapKeySelector': 'src/agent/env/environment.ts',
  'core.v1.ConfigMapVolumeSource': 'src/agent/volumes/payload.ts',
  'core.v1.LifecycleHandler': 'src/agent/probes/handler.ts',
  'core.v1.ResourceFieldSelector': 'src/agent/env/environment.ts',
  'core.v1.SecretEnvSource': 'src/agent/env/environment.ts',
  'core.v1.SecretKeySelector': 'src/agent/env/environment.ts',
  'core.v1.SecretProjection': 'src/agent/volumes/payload.ts',
  'core.v1.SecretVolumeSource': 'src/agent/volumes/payload.ts',
}

/** Fields that are fulfilled without being read, and why. */
const unread: Readonly<Record<string, string>> = {
  'batch.v1.CronJob.apiVersion': 'says what the object is, which is known before its fields are',
  'batch.v1.CronJob.kind': 'as apiVersion',
  'batch.v1.JobSpec.manualSelector':
    'src/apis/batch/job-strategy.ts makes a selector, or leaves it to the maker of the Job',
  'core.v1.NodeAffinity.preferredDuringSchedulingIgnoredDuringExecution': 'one node: there is nothing to prefer',
  'core.v1.PodSchedulingGate.name': 'that there is a gate is what holds the pod',
  'core.v1.PreferredSchedulingTerm.preference': 'one node: there is nothing to prefer',
  'core.v1.PreferredSchedulingTerm.weight': 'one node: there is nothing to prefer',
  'core.v1.SecurityContext.procMount': 'nothing of /proc is masked, whatever it says',
}

describe('who acts on fields', () => {
  const readers = fieldReaders(actors)
  const supported = [...fieldRows().values()].flat().filter(({ verdict }) => verdict === 'supported')
  const isRead = (name: string): boolean => [...(readers.get(name) ?? [])].some((file) => file !== TELLER)

  test('somebody acts on each that is called supported', () => {
    const idle = supported.filter(({ type, field }) => {
      const name = `${type}.${field}`
      const file = readAs[type]
      return !isRead(name) && !(name in unread) && (file === undefined || !mentions(file, field))
    })
    assert.deepEqual(
      idle.map(({ type, field }) => `${type}.${field}`),
      [],
    )
  })

  test('each exception is one', () => {
    const names = supported.map(({ type, field }) => `${type}.${field}`)
    assert.deepEqual(
      Object.keys(unread).filter((name) => isRead(name) || !names.includes(name)),
      [],
    )
    const types = Object.keys(readAs).filter((type) =>
      supported.every((row) => row.type !== type || isRead(`${type}.${row.field}`)),
    )
    assert.deepEqual(types, [])
  })
})

const mentions = (file: string, field: string): boolean =>
  new RegExp(`\\b${field}\\b`).test(readFileSync(join(root, file), 'utf8'))
