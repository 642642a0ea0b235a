/** Volumes whose content outlives a pod, or changes while it runs. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  anyKubectl,
  kubectlOn,
  runProgram,
  type Server,
  startServer,
  temporaryDirectory,
} from '../support/executable.ts'

const kubectlFile = anyKubectl()

describe('volumes', { skip: kubectlFile === undefined ? 'no kubectl on the PATH' : false, timeout: 500_000 }, () => {
  const { path, dispose } = temporaryDirectory()
  let server: Server
  before(async () => {
    server = await startServer(path)
  })
  after(async () => {
    await server.stop()
    dispose()
  })
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await kubectlOn(server, kubectlFile ?? '')(...args)
    assert.equal(code, 0, `kubectl ${args.join(' ')}: ${out}${err}`)
    return out
  }
  const apply = async (...objects: readonly object[]): Promise<string> => {
    const { code, out, err } = await runProgram(kubectlFile ?? '', ['apply', '-f', '-'], {
      env: { KUBECONFIG: server.kubeconfig, HOME: path },
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
    })
    assert.equal(code, 0, err)
    return out
  }
  const pod = (name: string, script: string, volumes: readonly object[], mounts: readonly object[]): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { color: 'red' } },
    spec: {
      restartPolicy: 'Never',
      volumes,
      containers: [{ name: 'main', image: 'host', command: ['sh', '-c', script], volumeMounts: mounts }],
    },
  })
  const outcome = async (name: string): Promise<string> => {
    await kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', '--timeout=120s', `pod/${name}`)
    return kubectl('logs', name)
  }
  const claim = (name: string, annotations = {}): object => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, annotations },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
  const claimed = (name: string, readOnly = false): readonly object[] => [
    { name: 'data', persistentVolumeClaim: { claimName: name, readOnly } },
  ]
  const data = [{ name: 'data', mountPath: '/jobd-data' }]
  const directories = (of: string): readonly string[] => {
    try {
      return readdirSync(join(path, 'volumes', of)).map((name) => name.split('.').slice(0, 2).join('/'))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT')
      return []
    }
  }
  /** Looks until it is so; each look takes the time that a program takes to start. */
  const until = async (isSo: () => boolean): Promise<void> => {
    const end = Date.now() + 120_000
    while (!isSo()) {
      assert.ok(Date.now() < end, JSON.stringify([directories('claims'), directories('retained')]))
      await kubectl('get', 'pvc')
    }
  }

  test('a claim is bound at once, and what one pod writes the next one reads', async () => {
    await apply(claim('disk'), pod('writer', 'echo kept >/jobd-data/file', claimed('disk'), data))
    await kubectl('wait', '--for=jsonpath={.status.phase}=Bound', '--timeout=120s', 'pvc/disk')
    assert.match(await kubectl('get', 'pvc'), /^disk +Bound +pvc-\S+ +1Gi +RWO/m)
    await outcome('writer')
    await kubectl('delete', 'pod', 'writer')
    const script = 'cat /jobd-data/file; touch /jobd-data/other 2>/dev/null || echo read-only'
    await apply(pod('reader', script, claimed('disk', true), data))
    assert.equal(await outcome('reader'), 'kept\nread-only\n')
  })

  test('the content goes with the claim when no pod uses it, or is kept aside', async () => {
    await apply(claim('gone'), claim('kept', { 'jobd.dev/reclaim-policy': 'Retain' }))
    await apply(pod('user', 'while [ ! -e /jobd-data/go ]; do sleep 0.1; done', claimed('gone'), data))
    await apply(pod('keeper', 'echo 1 >/jobd-data/file', claimed('kept'), data))
    await kubectl('wait', '--for=condition=Ready', '--timeout=120s', 'pod/user')
    await outcome('keeper')
    await kubectl('delete', 'pvc', 'gone', 'kept')
    await until(() => directories('retained').includes('default/kept'))
    assert.ok(directories('claims').includes('default/gone'), 'a pod still uses it')
    await kubectl('exec', 'user', '--', 'touch', '/jobd-data/go')
    await outcome('user')
    await until(() => !directories('claims').includes('default/gone'))
  })

  test('a pod waits for a claim that is not there, and says so', async () => {
    await apply(pod('waiting', 'true', claimed('later'), data))
    const events = (): Promise<string> =>
      kubectl('get', 'events', '--field-selector=involvedObject.name=waiting,reason=FailedMount')
    const end = Date.now() + 120_000
    while (!/"later" not found/.test(await events())) assert.ok(Date.now() < end, 'nobody tells')
    await apply(claim('later'))
    await outcome('waiting')
  })

  test('ConfigMaps, Secrets and labels change in a running pod', async () => {
    const settings = (text: string): readonly object[] => [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { text } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, stringData: { text } },
    ]
    const volumes = [
      { name: 'a', configMap: { name: 'settings' } },
      { name: 'b', secret: { secretName: 'keys' } },
      { name: 'c', projected: { sources: [{ configMap: { name: 'settings' } }] } },
      { name: 'd', downwardAPI: { items: [{ path: 'text', fieldRef: { fieldPath: "metadata.labels['color']" } }] } },
      { name: 'e', configMap: { name: 'comes-later', optional: true } },
    ]
    const mounts = volumes.map(({ name }) => ({ name, mountPath: `/jobd-${name}` }))
    const script = `cat /jobd-[a-e]/text
      for volume in a b c d e; do until grep -qs new /jobd-$volume/text; do sleep 0.1; done; done
      cat /jobd-[a-e]/text; readlink /jobd-a/text`
    await apply(...settings('old\n'), pod('living', script, volumes, mounts))
    await kubectl('wait', '--for=condition=Ready', '--timeout=120s', 'pod/living')
    await apply(...settings('new\n'), {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'comes-later' },
      data: { text: 'new\n' },
    })
    await kubectl('label', 'pod', 'living', 'color=new', '--overwrite')
    assert.equal(await outcome('living'), 'old\nold\nold\nrednew\nnew\nnew\nnewnew\n..data/text\n')
  })

  test('what is deleted stays where it is needed, and leaves where it is optional', async () => {
    const configMap = (name: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data: { text: name },
    })
    const volumes = [
      { name: 'a', configMap: { name: 'needed' } },
      { name: 'b', configMap: { name: 'spare', optional: true } },
      { name: 'c', configMap: { name: 'changing' } },
    ]
    const mounts = volumes.map(({ name }) => ({ name, mountPath: `/jobd-${name}` }))
    const script = `while [ -e /jobd-b/text ]; do sleep 0.1; done; until grep -q new /jobd-c/text; do sleep 0.1; done; cat /jobd-a/text`
    await apply(...['needed', 'spare', 'changing'].map(configMap), pod('left', script, volumes, mounts))
    await kubectl('wait', '--for=condition=Ready', '--timeout=120s', 'pod/left')
    await kubectl('delete', 'configmap', 'needed', 'spare')
    await apply({ ...configMap('changing'), data: { text: 'new' } })
    assert.equal(await outcome('left'), 'needed')
    const events = await kubectl('get', 'events', '--field-selector=involvedObject.name=left,reason=FailedMount')
    assert.match(events, /volume "a" : configmap "needed" not found/)
  })
})
