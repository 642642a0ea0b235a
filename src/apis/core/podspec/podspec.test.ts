import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fieldErrorText } from '../../../apimachinery/index.ts'
import type { PodSpec } from '../types.gen.ts'
import { defaultPodSpec } from './defaults.ts'
import { validatePodSpec } from './podspec.ts'

const container = { name: 'main', image: 'busybox:1.36' }
/** Specs as they come from requests, so also faulty ones. */
type Requested = Readonly<Record<string, unknown>>
const one = (more: Requested): Requested => ({ containers: [{ ...container, ...more }] })
const term = { labelSelector: { matchLabels: { a: 'b' } }, topologyKey: 'kubernetes.io/hostname' }

const faults = (spec: Requested): readonly string[] => {
  const whole = { containers: [container], ...spec } as unknown as PodSpec
  return validatePodSpec(defaultPodSpec(whole), 'spec', { resourceIsPod: true }).map(fieldErrorText)
}

const cases: readonly [string, Requested, readonly string[]][] = [
  ['nothing special', {}, []],
  [
    'a sidecar with a probe and a hook',
    {
      initContainers: [
        {
          ...container,
          name: 's',
          restartPolicy: 'Always',
          startupProbe: { exec: { command: ['true'] } },
          lifecycle: { preStop: { sleep: { seconds: 3 } } },
        },
      ],
    },
    [],
  ],
  [
    'an init container with a hook',
    { initContainers: [{ ...container, name: 's', lifecycle: { preStop: { sleep: { seconds: 3 } } } }] },
    ['spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always'],
  ],
  [
    'an init container named as a container',
    { initContainers: [container] },
    ['spec.initContainers[0].name: Duplicate value: "main"'],
  ],
  [
    'rules for restarts of a container',
    one({
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
    }),
    [],
  ],
  [
    'rules that are faulty',
    one({
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Stop' }, { action: 'Restart', exitCodes: { operator: 'Is', values: [] } }],
    }),
    [
      'spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"',
      'spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified',
      'spec.containers[0].restartPolicyRules[1].exitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"',
    ],
  ],
  [
    'a sleep longer than the grace period',
    { ...one({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }), terminationGracePeriodSeconds: 30 },
    [
      'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
    ],
  ],
  ['a stop signal', { ...one({ lifecycle: { stopSignal: 'SIGTERM' } }), os: { name: 'linux' } }, []],
  [
    'limits below requests',
    one({ resources: { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } } }),
    ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  [
    'an extended resource without a limit',
    one({ resources: { requests: { 'example.com/gpu': '1' } } }),
    ['spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
  ],
  [
    'a pod-level limit below its containers',
    { ...one({ resources: { requests: { cpu: '2' } } }), resources: { limits: { cpu: '1' }, requests: { cpu: '1' } } },
    [
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
    ],
  ],
  [
    'pod-level storage',
    { resources: { limits: { 'ephemeral-storage': '1Gi' } } },
    [
      'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
    ],
  ],
  [
    'overhead without a class',
    { overhead: { cpu: '-1' } },
    ['spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
  ],
  [
    'an unknown volume in a mount',
    one({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
    ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  ],
  [
    'a sub path that leaves',
    {
      ...one({ volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '../x' }] }),
      volumes: [{ name: 'v', emptyDir: {} }],
    },
    ['spec.containers[0].volumeMounts.subPath: Invalid value: "../x": must not contain \'..\''],
  ],
  [
    'an image volume with a sub path',
    {
      ...one({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
      volumes: [{ name: 'v', image: { pullPolicy: 'Sometimes' } }],
    },
    [
      'spec.volumes[0].image.reference: Required value',
      'spec.volumes[0].image.pullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
  ],
  [
    'a claim template',
    {
      volumes: [
        {
          name: 'v',
          ephemeral: {
            volumeClaimTemplate: {
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
            },
          },
        },
      ],
    },
    [],
  ],
  [
    'an empty claim template',
    { volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: {} } } }] },
    [
      'spec.volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required',
      'spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value',
    ],
  ],
  [
    'an environment file',
    {
      ...one({ env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'a.env', key: 'A' } } }] }),
      volumes: [{ name: 'v', emptyDir: {} }],
    },
    [],
  ],
  [
    'an environment file outside its volume',
    one({ env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: '/a.env', key: '' } } }] }),
    [
      'spec.containers[0].env[0].valueFrom.fileKeyRef.key: Required value',
      'spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: "v"',
    ],
  ],
  [
    'a preferred node affinity without weight',
    {
      affinity: {
        nodeAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 0, preference: { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['x', 'y'] }] } },
          ],
        },
      },
    },
    [
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
      "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'",
    ],
  ],
  [
    'a pod affinity without a topology',
    { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ ...term, topologyKey: '' }] } } },
    [
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
  ],
  [
    'a pod affinity with keys used twice',
    {
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 101, podAffinityTerm: { ...term, matchLabelKeys: ['a', 'x'], mismatchLabelKeys: ['x'] } },
          ],
        },
      },
    },
    [
      'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100',
      'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.matchLabelKeys[1]: Invalid value: "x": exists in both matchLabelKeys and mismatchLabelKeys',
    ],
  ],
  [
    'a node affinity by name',
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }],
          },
        },
      },
    },
    [],
  ],
  [
    'a node affinity by another field',
    {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'spec.x', operator: 'Exists' }] }],
          },
        },
      },
    },
    [
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].operator: Invalid value: "Exists": not a valid selector operator',
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].key: Invalid value: "spec.x": not a valid field selector key',
    ],
  ],
  [
    'minimal domains with soft spreading',
    {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2, labelSelector: {} },
      ],
    },
    [
      'spec.topologySpreadConstraints[0].minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
    ],
  ],
  [
    'a toleration in seconds without effect NoExecute',
    { tolerations: [{ key: 'a', operator: 'Exists', effect: 'NoSchedule', tolerationSeconds: 3 }] },
    [
      'spec.tolerations[0].effect: Invalid value: "NoSchedule": effect must be \'NoExecute\' when `tolerationSeconds` is set',
    ],
  ],
  [
    'a toleration of everything with a key missing',
    { tolerations: [{ operator: 'Equal', value: 'x' }] },
    [
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
  ],
  [
    'DNS search domains too long',
    {
      dnsConfig: {
        searches: ['_tcp.example.com', '-bad'],
        nameservers: ['8.8.8.8', '1.1.1.1', '9.9.9.9', '8.8.4.4'],
        options: [{ name: '' }],
      },
    },
    [
      'spec.dnsConfig.nameservers: Invalid value: ["8.8.8.8","1.1.1.1","9.9.9.9","8.8.4.4"]: must not have more than 3 nameservers',
      "spec.dnsConfig.searches[1]: Invalid value: \"-bad\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
      'spec.dnsConfig.options[0]: Required value: must not be empty',
    ],
  ],
  [
    'a host name with dots',
    { hostname: 'a.b', subdomain: 'x_y' },
    [
      'spec.hostname: Invalid value: "a.b": must not contain dots',
      "spec.subdomain: Invalid value: \"x_y\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  [
    'a host name override beside the FQDN',
    { hostnameOverride: 'a.example.com', setHostnameAsFQDN: true },
    ['spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true'],
  ],
  ['a gate without a node', { schedulingGates: [{ name: 'example.com/wait' }] }, []],
  [
    'a gate with a bad name',
    { schedulingGates: [{ name: 'a b' }] },
    [
      "spec.schedulingGates[0]: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
  ],
  [
    'claims that are used twice',
    {
      resourceClaims: [{ name: 'c', resourceClaimName: 'x' }, { name: 'c' }],
      ...one({ resources: { claims: [{ name: 'c' }, { name: 'd' }] } }),
    },
    [
      'spec.resourceClaims[1].name: Duplicate value: "c"',
      'spec.resourceClaims[1]: Invalid value: {"Name":"c","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      'spec.containers[0].resources.claims[1]: Not found: "d": must be one of the names in pod.spec.resourceClaims: c',
    ],
  ],
  [
    'a user id that is negative',
    { securityContext: { runAsUser: -1, fsGroup: -1, supplementalGroups: [-5] } },
    [
      'spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      'spec.securityContext.supplementalGroups[0]: Invalid value: -5: must be between 0 and 2147483647, inclusive',
    ],
  ],
  [
    'a seccomp profile without a file',
    { securityContext: { seccompProfile: { type: 'Localhost' } } },
    [
      'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
    ],
  ],
  [
    'a seccomp file without its type',
    { securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } } },
    [
      'spec.securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"RuntimeDefault","LocalhostProfile":"x"}: can only be set when seccomp type is Localhost',
    ],
  ],
  ['a root user that may not be', one({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }), []],
  [
    'a user namespace with the network of the node',
    { hostUsers: false, hostNetwork: true },
    ['spec.hostNetwork: Forbidden: when `hostUsers` is false'],
  ],
  [
    'the process namespaces of both pod and node',
    { hostPID: true, shareProcessNamespace: true },
    [
      'spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
    ],
  ],
  [
    'Windows options on Linux',
    { os: { name: 'linux' }, securityContext: { windowsOptions: { hostProcess: true } } },
    [
      'spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers',
      'spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod',
    ],
  ],
  [
    'Linux options on Windows',
    { os: { name: 'windows' }, securityContext: { runAsUser: 1 }, ...one({ securityContext: { privileged: true } }) },
    [
      'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
      'spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod',
    ],
  ],
  [
    'an unknown system',
    { os: { name: 'plan9' } },
    ['spec.os: Unsupported value: "plan9": supported values: "linux", "windows"'],
  ],
  [
    'a priority beside no class',
    { priorityClassName: 'A' },
    [
      "spec.priorityClassName: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
  [
    'a preemption policy',
    { preemptionPolicy: 'Sometimes' },
    ['spec.preemptionPolicy: Unsupported value: "Sometimes": supported values: "PreemptLowerPriority", "Never"'],
  ],
  ['negative grace', { terminationGracePeriodSeconds: -1 }, []],
  [
    'a restart policy that is missing',
    { restartPolicy: 'never' },
    ['spec.restartPolicy: Unsupported value: "never": supported values: "Always", "OnFailure", "Never"'],
  ],
  ['a scheduler name in capitals', { schedulerName: 'My' }, []],
  ['two readiness gates', { readinessGates: [{ conditionType: 'a' }, { conditionType: 'a' }] }, []],
  [
    'a probe on a name that no port has',
    one({ ports: [{ containerPort: 80, name: 'http' }], livenessProbe: { httpGet: { port: 'web' } } }),
    [],
  ],
  [
    'a header that is none',
    one({ readinessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'a b', value: '' }] } } }),
    [
      "spec.containers[0].readinessProbe.httpGet.httpHeaders: Invalid value: \"a b\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')",
    ],
  ],
  [
    'a host port beside the network of the node',
    { hostNetwork: true, ...one({ ports: [{ containerPort: 80, hostPort: 81 }] }) },
    ['spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
  ],
]

describe('the spec of a pod', () => {
  for (const [name, spec, expected] of cases) {
    test(`with ${name} has ${expected.length === 0 ? 'no' : expected.length} faults`, () => {
      assert.deepEqual(faults(spec), expected)
    })
  }
})
