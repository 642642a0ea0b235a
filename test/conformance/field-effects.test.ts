/** Fields of pods do what they say: a pod with a field set comes to another end than one without. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Pod, type PodSpec, type Program, startJobd } from '../../src/main/library.ts'
import { temporaryDirectory } from '../support/executable.ts'
import { type EffectWorld, effects } from '../support/field-effects.ts'
import { type Requests, requestsTo } from '../support/requests.ts'
import { watchPod } from '../support/watch-pod.ts'

const isRoot = process.getuid?.() === 0

describe('what a field of a pod does', { concurrency: 32 }, () => {
  const { path: directory, dispose } = temporaryDirectory()
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/ok' && request.headers['x-a'] === 'b' ? 200 : 500
    response.end()
  })
  let program: Program
  let requests: Requests
  let world: EffectWorld
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    writeFileSync(join(directory, 'file'), '')
    world = { directory, port: (server.address() as AddressInfo).port }
    program = await startJobd()
    const kubeconfig = join(directory, 'kubeconfig')
    writeFileSync(kubeconfig, program.kubeconfig)
    requests = requestsTo({ url: program.url, kubeconfig })
    await program.apply([
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { k: 'of the map' } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { k: 'of the secret' } },
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } },
    ])
  })
  after(async () => {
    requests.close()
    await program.stop()
    server.close()
    dispose()
  })

  let serial = 0
  /** How a pod ends, or what its readiness probe finds, and what it wrote. */
  async function outcome(spec: PodSpec): Promise<string> {
    serial += 1
    const name = `effect-${serial}`
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec }
    const made = await requests.json('POST', '/api/v1/namespaces/default/pods?fieldValidation=Strict', pod)
    assert.equal(made.code, 201, made.text)
    const { status, found } = await watchPod(program.client, made.value as Pod)
    const log = await requests.send({ path: `/api/v1/namespaces/default/pods/${name}/log` })
    const states = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map(
      ({ state: { terminated, waiting } = {} }) =>
        terminated === undefined
          ? [waiting?.reason, waiting?.message]
          : [terminated.exitCode, terminated.reason, terminated.message],
    )
    const { phase, reason } = status
    return JSON.stringify({ phase, reason, found, states, log: log.code === 200 ? log.text : log.code })
  }

  for (const { fields, set, unset, asRoot } of effects)
    test(fields.join(', '), { skip: asRoot && !isRoot ? 'takes root' : false }, async () => {
      const [one, again, other] = await Promise.all([set, set, unset].map((spec) => outcome(spec(world))))
      assert.equal(one, again, 'the same field, the same end')
      assert.notEqual(one, other)
    })

  test('PodSpec.schedulingGates, PodSpec.schedulerName: a pod has no node until somebody gives it one', async () => {
    const path = '/api/v1/namespaces/default/pods'
    const make = async (name: string, more: object): Promise<Pod> => {
      const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'host', command: ['true'] }], ...more }
      const made = await requests.json('POST', path, { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec })
      assert.equal(made.code, 201, made.text)
      return made.value as Pod
    }
    const gated = await make('gated', { schedulingGates: [{ name: 'example.com/wait' }] })
    await make('of-another', { schedulerName: 'another' })
    // Whoever came later has run by now.
    assert.equal((await watchPod(program.client, await make('plain', {}))).status.phase, 'Succeeded')
    for (const name of ['gated', 'of-another']) {
      const { spec, status } = await program.pod(name)
      assert.equal(spec.nodeName, undefined)
      assert.equal(status.phase, 'Pending')
    }
    const body = JSON.stringify([{ op: 'remove', path: '/spec/schedulingGates' }])
    const headers = { 'Content-Type': 'application/json-patch+json' }
    const opened = await requests.send({ method: 'PATCH', path: `${path}/gated`, headers, body })
    assert.equal(opened.code, 200, opened.text)
    assert.equal((await watchPod(program.client, gated)).status.phase, 'Succeeded')
  })
})
