import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Container, PodSpec } from '../apis/core/index.ts'
import { engineWarnings, processWarnings } from './node-warnings.ts'

const spec = (more: Partial<PodSpec>, own: Partial<Container> = {}): PodSpec => ({
  containers: [{ name: 'main', image: 'host', resources: {}, ...own }],
  ...more,
})

test('what files of the host are to a container is told with what its image is', () => {
  const told = (isReadOnly: boolean, image: string) =>
    processWarnings({ kind: 'Ignore' }, () => isReadOnly)(spec({}, { image }), 'spec').join()
  assert.match(
    told(true, 'busybox'),
    /does not use images.*are read-only to it.*hostPath.*image: host.*--host-files writable/,
  )
  assert.match(told(false, 'busybox'), /does not use images [^;]*$/)
  assert.equal(told(true, 'host'), '')
})

test('names are those of the pod unless a container is a program of the host', () => {
  const wanted = { hostAliases: [{ ip: '10.0.0.1' }], subdomain: 's', setHostnameAsFQDN: true }
  const told = (image: string, isReadOnly: boolean) =>
    processWarnings({ kind: 'Ignore' }, () => isReadOnly)(spec(wanted, { image }), 'spec').join('\n')
  assert.doesNotMatch(told('busybox', true), /has no effect/)
  for (const text of [told('host', true), told('busybox', false)])
    assert.match(text, /^spec\.hostAliases: .*\nspec\.setHostnameAsFQDN: .*\nspec\.subdomain: .*names of the host$/m)
})

describe('what a node does not do is told by the path of the field', () => {
  const onHost = processWarnings({ kind: 'Ignore' })
  const cases: readonly (readonly [string, PodSpec, readonly string[], readonly string[]])[] = [
    ['nothing of an ordinary pod', spec({ dnsPolicy: 'ClusterFirst', subdomain: '' }), [], []],
    [
      'nothing of one that wants no more than it gets',
      spec({}, { securityContext: { seccompProfile: { type: 'Unconfined' }, privileged: true } }),
      [],
      [],
    ],
    [
      'profiles of the pod and of its containers',
      spec(
        { securityContext: { seccompProfile: { type: 'RuntimeDefault' }, sysctls: [{ name: 'a', value: '1' }] } },
        { securityContext: { seLinuxOptions: {}, appArmorProfile: { type: 'RuntimeDefault' } } },
      ),
      [
        'securityContext.seccompProfile',
        'securityContext.sysctls',
        'containers[0].securityContext.appArmorProfile',
        'containers[0].securityContext.seLinuxOptions',
      ],
      ['securityContext.sysctls', 'containers[0].securityContext.seLinuxOptions'],
    ],
    [
      'profiles of files that the node has not',
      spec({ securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'a' } } }),
      ['securityContext.seccompProfile.localhostProfile'],
      ['securityContext.seccompProfile.localhostProfile'],
    ],
    [
      'what needs a network of its own',
      spec({ dnsConfig: {}, hostAliases: [{ ip: '10.0.0.1' }], subdomain: 's' }),
      ['dnsConfig', 'hostAliases', 'subdomain'],
      [],
    ],
    [
      'processes of others',
      spec({ hostPID: true, shareProcessNamespace: true }),
      ['hostPID', 'shareProcessNamespace'],
      [],
    ],
    [
      'ports of the host',
      spec(
        {},
        {
          ports: [
            { containerPort: 80, hostPort: 80 },
            { containerPort: 80, hostPort: 81 },
          ],
        },
      ),
      ['containers[0].ports[1].hostPort'],
      ['containers[0].ports[0].hostPort', 'containers[0].ports[1].hostPort'],
    ],
  ]
  for (const [sentence, pod, byProcess, byEngine] of cases) {
    test(sentence, () => {
      const fields = (told: readonly string[]) =>
        told.map((text) => /^at\.(\S+): has no effect/.exec(text)?.[1] ?? text)
      assert.deepEqual(fields(onHost(pod, 'at')), byProcess)
      assert.deepEqual(fields(engineWarnings(pod, 'at')), byEngine)
    })
  }
})
