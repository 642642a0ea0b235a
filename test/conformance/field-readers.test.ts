/** No field is called supported that only validation reads: somebody who does something must. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fieldRows } from '../../tools/field-rows.ts'
import { root } from '../support/executable.ts'
import { effects } from '../support/field-effects.ts'
import { fieldUses } from '../support/field-readers.ts'

/** Those who act: not `src/apis`, which checks, but for what scheduling and eviction have in common. */
const actors = [
  'src/agent/',
  'src/apimachinery/patch/',
  'src/apimachinery/selector/',
  'src/apis/core/podspec/toleration.ts',
  'src/apiserver/',
  'src/controllers/',
  'src/manager/',
]
/** What only tells of fields without effect. */
const TELLER = 'src/agent/node-warnings.ts'
const isTest = (file: string): boolean => file.endsWith('.test.ts') || file.startsWith('test/')
const isActor = (file: string): boolean =>
  !isTest(file) && file !== TELLER && actors.some((folder) => file.startsWith(folder))

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

/** Tests of what is done; those of `src/apis` are of what is checked. */
const isBehaviour = (file: string): boolean =>
  isTest(file) && !file.startsWith('src/apis/') && !file.startsWith('test/support/')

/** Tests that set a field in a way that the type checker does not see. */
const testedIn: Readonly<Record<string, readonly string[]>> = {
  'core.v1.Affinity.nodeAffinity': ['src/agent/scheduler/fit.test.ts'],
  'core.v1.NodeAffinity.requiredDuringSchedulingIgnoredDuringExecution': ['src/agent/scheduler/fit.test.ts'],
  'core.v1.NodeSelector.nodeSelectorTerms': ['src/agent/scheduler/fit.test.ts'],
  'core.v1.NodeSelectorTerm.matchExpressions': ['src/agent/scheduler/fit.test.ts'],
  'core.v1.NodeSelectorTerm.matchFields': ['src/agent/scheduler/fit.test.ts'],
  'core.v1.NodeSelectorRequirement.key': ['src/agent/scheduler/fit.test.ts'],
  'core.v1.NodeSelectorRequirement.operator': ['src/agent/scheduler/fit.test.ts'],
  'core.v1.NodeSelectorRequirement.values': ['src/agent/scheduler/fit.test.ts'],
  'core.v1.ContainerPort.protocol': ['src/agent/scheduler/fit.test.ts'],
  'core.v1.Container.restartPolicyRules': ['src/agent/pod/lifecycle.test.ts'],
  'core.v1.Container.stdinOnce': ['test/contract/runtime-contract.ts'],
  'core.v1.Probe.grpc': ['src/agent/agent.test.ts'],
  'core.v1.Probe.timeoutSeconds': ['src/agent/agent.test.ts'],
  'core.v1.GRPCAction.port': ['src/agent/agent.test.ts'],
  'core.v1.GRPCAction.service': ['src/agent/probes/grpc-health.test.ts'],
  'core.v1.PodSpec.schedulingGates': ['test/conformance/field-effects.test.ts'],
  'core.v1.PodSpec.schedulerName': ['test/conformance/field-effects.test.ts'],
}

/** Fields whose effect cannot be seen from outside, and why. */
const unseen: Readonly<Record<string, string>> = {
  'core.v1.ObjectFieldSelector.apiVersion': 'has one value, v1',
  'core.v1.PodSecurityContext.fsGroupChangePolicy': 'saves the walk through a claim that has the group already',
  'core.v1.PodSpec.hostIPC': 'what the host has is had in any case',
  'core.v1.PodSpec.hostNetwork': 'what the host has is had in any case',
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
  const uses = fieldUses()
  const supported = [...fieldRows().values()].flat().filter(({ verdict }) => verdict === 'supported')
  const isRead = (name: string): boolean => [...(uses.get(name) ?? [])].some((file) => isActor(file))

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

  test('a test shows what each does', () => {
    const shown = new Set(effects.flatMap(({ fields }) => fields.map((field) => `core.v1.${field}`)))
    const idle = supported
      .map(({ type, field }) => ({ name: `${type}.${field}`, field }))
      .filter(({ name }) => name.startsWith('core.v1.') && !name.startsWith('core.v1.ObjectReference.'))
      .filter(({ name }) => !shown.has(name) && !(name in unread) && !(name in unseen))
      .filter(({ name }) => ![...(uses.get(name) ?? [])].some(isBehaviour))
      .filter(({ name, field }) => !(testedIn[name] ?? []).some((file) => mentions(file, field)))
    assert.deepEqual(
      idle.map(({ name }) => name),
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
