/** Each row of the table of fields in docs/reference.md, proven on a server. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Event, type Program, startJobd } from '../../src/main/library.ts'
import { type FieldRow, fieldRows } from '../../tools/field-rows.ts'
import { temporaryDirectory } from '../support/executable.ts'
import { whenTold } from '../support/lone-pods.ts'
import { type Requests, requestsTo } from '../support/requests.ts'
import { objectWith, type Sample } from '../support/sample-fields.ts'

const rows = [...fieldRows().values()].flat()
const places: Readonly<Record<string, string>> = {
  'batch.v1.Job': '/apis/batch/v1/namespaces/default/jobs',
  'batch.v1.CronJob': '/apis/batch/v1/namespaces/default/cronjobs',
  'core.v1.Pod': '/api/v1/namespaces/default/pods',
}

/** Upstream's words where they are others than the field's name. */
const words: Readonly<Record<string, string>> = { runtimeClassName: 'RuntimeClass' }
/** What no program of the host is given: see the pairs of `busybox` in field-effects.ts. */
const namesOfPods = ['hostAliases', 'hostnames', 'ip', 'setHostnameAsFQDN', 'subdomain']
/** Fields that take another, or an image, of which a warning tells. */
const isBeside: readonly string[] = ['priority', 'priorityClassName', 'procMount', ...namesOfPods]

describe('each field that the reference lists', () => {
  const { path: directory, dispose } = temporaryDirectory()
  let program: Program
  let requests: Requests
  before(async () => {
    program = await startJobd()
    const kubeconfig = join(directory, 'kubeconfig')
    writeFileSync(kubeconfig, program.kubeconfig)
    requests = requestsTo({ url: program.url, kubeconfig })
    const high = { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'PreemptLowerPriority' }
    await requests.json('POST', '/apis/scheduling.k8s.io/v1/priorityclasses', high)
  })
  after(async () => {
    requests.close()
    await program.stop()
    dispose()
  })

  for (const row of rows) {
    for (const [root, place] of Object.entries(places)) {
      const sample = row.isUnbuilt ? unbuilt(row, root) : objectWith(root, row.type, row.field)
      if (sample === undefined) continue
      test(`${root} ${sample.path} is ${row.verdict}`, async () => {
        const answer = await requests.json('POST', `${place}?dryRun=All&fieldValidation=Strict`, sample.object)
        const warnings = [answer.headers['warning'] ?? []].flat().join('\n')
        const shown = `${JSON.stringify(sample.object)}\n${answer.text}\n${warnings}`
        const isNamed = (text: string) => text.toLowerCase().includes((words[row.field] ?? row.field).toLowerCase())
        if (row.verdict === 'warned') {
          assert.equal(answer.code, 201, shown)
          assert.ok(isNamed(warnings), shown)
        } else if (row.verdict === 'supported') {
          assert.equal(answer.code, 201, shown)
          if (!isBeside.includes(row.field)) assert.equal(warnings, '', shown)
        } else if (answer.code !== 201) {
          assert.match(String(answer.code), /403|422/, shown)
          assert.ok(isNamed(answer.text), shown)
        } else if (root === 'core.v1.Pod') {
          // Upstream takes the object, and so do we: it is the pod that waits.
          const name = `refused-${row.field.toLowerCase()}`
          const made = await requests.json('POST', place, { ...sample.object, metadata: { name } })
          assert.equal(made.code, 201, made.text)
          // Others than the one about the field name the pod, and so the field.
          const isRefusal = ({ message = '' }: Event) => message.includes('not supported by this node')
          assert.match(await whenTold(program.client, name, isRefusal), new RegExp(`\\b${row.field}\\b`))
        } else {
          // A field of the pods to come, which the case of pods proves.
          assert.match(sample.path, /(^|\.)template\.spec\./, shown)
        }
      })
    }
  }
})

/** An object with a field that the schema does not have. */
function unbuilt({ type, field }: FieldRow, root: string): Sample | undefined {
  const sample = objectWith(root, type, 'template')
  if (sample === undefined) return undefined
  const text = JSON.stringify(sample.object).replace('"template":', `"${field}":{},"template":`)
  return { path: sample.path.replace('template', field), object: JSON.parse(text) as Sample['object'] }
}
