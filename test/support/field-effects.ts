/** Pairs of pods that differ in one field and must come to different ends: what shows that the field does something. */
import type { Container, PodSpec } from '../../src/apis/core/index.ts'

/** Stands in paths and ports for what only a run knows. */
export type EffectWorld = {
  /** A directory of the host that holds `file`. */
  readonly directory: string
  /** Of a server that answers 200 at `/ok` when the header `x-a` is `b`, else 500. */
  readonly port: number
}
export type Effect = {
  /** `Type.field` of `core.v1`. */
  readonly fields: readonly string[]
  readonly set: (world: EffectWorld) => PodSpec
  readonly unset: (world: EffectWorld) => PodSpec
  /** The field does nothing for others than root. */
  readonly asRoot?: boolean
}

type Own = Partial<Container>
type More = Omit<Partial<PodSpec>, 'containers'>

const show = (script: string, own: Own = {}, more: More = {}): PodSpec => ({
  restartPolicy: 'Never',
  terminationGracePeriodSeconds: 1,
  ...more,
  containers: [{ name: 'main', image: 'host', command: ['sh', '-c', script], resources: {}, ...own }],
})

/** Two pods with the same script. */
const pair = (fields: string, script: string, set: readonly [Own, More?], unset: readonly [Own, More?]): Effect => ({
  fields: fields.split(' '),
  set: () => show(script, ...set),
  unset: () => show(script, ...unset),
})

const asRoot = (effect: Effect): Effect => ({ ...effect, asRoot: true })

const variable = (fields: string, set: NonNullable<Container['env']>[number], unset = { name: 'X' }): Effect =>
  pair(fields, 'echo "[$X]"', [{ env: [set] }], [{ env: [unset] }])

type VolumeSource = Omit<NonNullable<PodSpec['volumes']>[number], 'name'>
/** A container with a volume at `/jobd-v`, which may be mounted in another way. */
const withVolume = (source: VolumeSource = { emptyDir: {} }, how: object = {}): readonly [Own, More] => [
  { volumeMounts: [{ name: 'v', mountPath: '/jobd-v', ...how }] },
  { volumes: [{ name: 'v', ...source }] },
]

/** The files of two volumes, with their modes. */
const volume = (fields: string, set: VolumeSource, unset: VolumeSource = { emptyDir: {} }): Effect => {
  const script = 'cd /jobd-v; for f in *; do [ -e $f ] && echo $f $(stat -L -c %a $f) $(cat $f | head -c 100); done'
  return pair(fields, script, withVolume(set), withVolume(unset))
}
const projected = (fields: string, set: object, unset: object): Effect =>
  volume(fields, { projected: { sources: [set] } }, { projected: { sources: [unset] } })

const mount = (fields: string, set: object, unset: object): Effect => {
  const script = 'find /jobd-v | sort; touch /jobd-v/new && echo written'
  const at = (how: object): readonly [Own, More] => {
    const [own, more] = withVolume({ emptyDir: {} }, how)
    return [{ ...own, env: [{ name: 'A', value: 'a' }] }, more]
  }
  return pair(fields, script, at(set), at(unset))
}

/** A container that only its probe ends early. */
const probe = (fields: string, set: object, unset: object): Effect =>
  pair(
    fields,
    'sleep 20',
    [{ livenessProbe: { periodSeconds: 1, failureThreshold: 1, ...set } }],
    [{ livenessProbe: { periodSeconds: 1, failureThreshold: 1, ...unset } }],
  )

/** A container that is ready or never was. */
const ready = (fields: string, set: (port: number) => object, unset: (port: number) => object): Effect => {
  const of = (probed: (port: number) => object) => (world: EffectWorld) =>
    // The first look counts, and a busy machine must not make it a failure.
    show('sleep 600', { readinessProbe: { periodSeconds: 1, timeoutSeconds: 60, ...probed(world.port) } })
  return { fields: fields.split(' '), set: of(set), unset: of(unset) }
}
const web = (port: number, more: object = {}): object => ({
  httpGet: { port, path: '/ok', httpHeaders: [{ name: 'X-A', value: 'b' }], ...more },
})

const none = { name: 'none', optional: true }
const failing = { exec: { command: ['false'] } }
/** Told to stop by its probe, and killed when it has not after so many seconds. */
const stopped = (terminationGracePeriodSeconds: number): Own => ({
  livenessProbe: { ...failing, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds },
})
const [volumeMount, emptyVolume] = withVolume()

const containers: readonly Effect[] = [
  pair('Container.args', 'echo "$0 $1"', [{ args: ['a', 'b'] }], [{}]),
  pair('Container.tty', 'test -t 1 && echo terminal', [{ tty: true }], [{}]),
  pair('Container.stdin', 'test -p /dev/stdin && echo pipe', [{ stdin: true }], [{}]),
  pair('Container.workingDir', 'pwd', [{ workingDir: '/usr' }], [{}]),
  variable('EnvVar.value', { name: 'X', value: '1' }),
  variable('EnvVarSource.configMapKeyRef', { name: 'X', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } }),
  variable('EnvVarSource.secretKeyRef SecretKeySelector.key', {
    name: 'X',
    valueFrom: { secretKeyRef: { name: 's', key: 'k' } },
  }),
  variable('EnvVarSource.fieldRef', { name: 'X', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }),
  pair(
    'ResourceFieldSelector.containerName ResourceFieldSelector.divisor',
    'echo $X',
    [
      {
        resources: { limits: { memory: '64Mi' } },
        env: [
          {
            name: 'X',
            valueFrom: { resourceFieldRef: { containerName: 'main', resource: 'limits.memory', divisor: '1Mi' } },
          },
        ],
      },
    ],
    [
      {
        resources: { limits: { memory: '64Mi' } },
        env: [{ name: 'X', valueFrom: { resourceFieldRef: { containerName: 'main', resource: 'limits.memory' } } }],
      },
    ],
  ),
  pair(
    'EnvFromSource.configMapRef EnvFromSource.prefix',
    'echo $P_k',
    [{ envFrom: [{ prefix: 'P_', configMapRef: { name: 'm' } }] }],
    [{ envFrom: [{ configMapRef: { name: 'm' } }] }],
  ),
  pair('EnvFromSource.secretRef SecretEnvSource.name', 'echo $k', [{ envFrom: [{ secretRef: { name: 's' } }] }], [{}]),
  pair(
    'Lifecycle.postStart LifecycleHandler.exec',
    'sleep 20',
    [{ lifecycle: { postStart: failing } }],
    [{ lifecycle: { postStart: { exec: { command: ['true'] } } } }],
  ),
  pair(
    'LifecycleHandler.httpGet',
    'sleep 20',
    [{ lifecycle: { postStart: { httpGet: { port: 1, host: '127.0.0.1' } } } }],
    [{}],
  ),
  pair(
    'Lifecycle.preStop',
    "trap 'ls /jobd-v; exit 3' TERM; while :; do sleep 0.1; done",
    [
      { ...stopped(20), ...volumeMount, lifecycle: { preStop: { exec: { command: ['touch', '/jobd-v/asked'] } } } },
      emptyVolume,
    ],
    [{ ...stopped(20), ...volumeMount }, emptyVolume],
  ),
  pair(
    'Container.terminationMessagePath',
    'echo word >/dev/shm/$HOSTNAME.word; rm -f /dev/shm/none; [ -e /jobd-word ] && echo last >/jobd-word; true',
    [{ terminationMessagePath: '/jobd-word' }],
    [{}],
  ),
  pair(
    'Container.terminationMessagePolicy',
    'echo last; exit 1',
    [{ terminationMessagePolicy: 'FallbackToLogsOnError' }],
    [{}],
  ),
]

/** A container that asks once for what its rule says, and then shows how often its init container has run. */
const afterExit = (action: string): readonly [Own, More] => {
  const init = { name: 'init', image: 'host', command: ['sh', '-c', 'echo init >>/jobd-v/inits'], resources: {} }
  const rule = { action, exitCodes: { operator: 'In', values: [42] } }
  return [
    { ...volumeMount, restartPolicy: 'Never', restartPolicyRules: [rule] },
    { ...emptyVolume, initContainers: [{ ...init, ...volumeMount }] },
  ]
}

const restarts: readonly Effect[] = [
  pair(
    'ContainerRestartRule.action',
    'cat /jobd-v/inits; [ -e /jobd-v/again ] || { touch /jobd-v/again; exit 42; }',
    afterExit('RestartAllContainers'),
    afterExit('Restart'),
  ),
]

const security: readonly Effect[] = [
  pair(
    'SecurityContext.allowPrivilegeEscalation',
    'grep NoNewPrivs /proc/self/status',
    [{ securityContext: { allowPrivilegeEscalation: false } }],
    [{}],
  ),
  asRoot(pair('SecurityContext.runAsUser', 'id -u', [{ securityContext: { runAsUser: 1234 } }], [{}])),
  asRoot(
    pair(
      'SecurityContext.runAsGroup',
      'id -g',
      [{ securityContext: { runAsUser: 1234, runAsGroup: 2345 } }],
      [{ securityContext: { runAsUser: 1234 } }],
    ),
  ),
  asRoot(pair('PodSecurityContext.runAsUser', 'id -u', [{}, { securityContext: { runAsUser: 1234 } }], [{}])),
  asRoot(
    pair(
      'PodSecurityContext.runAsGroup',
      'id -g',
      [{}, { securityContext: { runAsUser: 1, runAsGroup: 2345 } }],
      [{}, { securityContext: { runAsUser: 1 } }],
    ),
  ),
  asRoot(
    pair(
      'PodSecurityContext.supplementalGroups',
      'id -G',
      [{}, { securityContext: { runAsUser: 1, supplementalGroups: [77] } }],
      [{}, { securityContext: { runAsUser: 1 } }],
    ),
  ),
  asRoot(
    pair(
      'PodSecurityContext.fsGroup',
      'stat -c %g /jobd-v',
      [volumeMount, { ...emptyVolume, securityContext: { fsGroup: 4321 } }],
      withVolume(),
    ),
  ),
  asRoot(
    pair(
      'SecurityContext.capabilities Capabilities.drop',
      'grep CapEff /proc/self/status',
      [{ securityContext: { capabilities: { drop: ['ALL'] } } }],
      [{}],
    ),
  ),
  asRoot(
    pair(
      'Capabilities.add',
      'grep CapEff /proc/self/status',
      [{ securityContext: { capabilities: { drop: ['ALL'], add: ['CHOWN'] } } }],
      [{ securityContext: { capabilities: { drop: ['ALL'] } } }],
    ),
  ),
  asRoot(
    pair(
      'SecurityContext.readOnlyRootFilesystem',
      'f=/var/tmp/jobd-effect-$$; touch $f 2>/dev/null && rm $f && echo written',
      [{ securityContext: { readOnlyRootFilesystem: true } }],
      [{ securityContext: { readOnlyRootFilesystem: false } }],
    ),
  ),
]

/** By which names a container with an image goes, and which of those in question it finds. */
const named = (fields: string, set: More, unset: More): Effect => {
  // Of the pod's own lines: others of this test have names too.
  const script =
    'grep -x -e elsewhere -e here -e "member.*" /proc/sys/kernel/hostname; grep -e old -e "local.member$" /etc/hosts'
  const image = { image: 'busybox' }
  return pair(fields, script, [image, { hostname: 'here', ...set }], [image, { hostname: 'here', ...unset }])
}
const inWeb: More = { hostname: 'member', subdomain: 'web' }

const pods: readonly Effect[] = [
  pair('PodSpec.hostname', 'echo $HOSTNAME', [{}, { hostname: 'elsewhere' }], [{}, { hostname: 'here' }]),
  named('PodSpec.hostname', { hostname: 'elsewhere' }, { hostname: 'here' }),
  named('PodSpec.setHostnameAsFQDN', { ...inWeb, setHostnameAsFQDN: true }, inWeb),
  named('PodSpec.subdomain', inWeb, { hostname: 'member' }),
  named(
    'PodSpec.hostAliases HostAlias.ip HostAlias.hostnames',
    { hostAliases: [{ ip: '10.9.8.7', hostnames: ['old'] }] },
    { hostAliases: [{ ip: '10.9.8.7', hostnames: ['older'] }] },
  ),
  pair(
    'PodSpec.hostnameOverride',
    'echo $HOSTNAME',
    [{}, { hostnameOverride: 'elsewhere' }],
    [{}, { hostname: 'here' }],
  ),
  pair(
    'PodSpec.automountServiceAccountToken',
    'ls /var/run/secrets/kubernetes.io/serviceaccount',
    [{}, { automountServiceAccountToken: false }],
    [{}],
  ),
  pair('PodSpec.enableServiceLinks', 'echo $WEB_SERVICE_PORT', [{}, { enableServiceLinks: false }], [{}]),
  pair(
    'PodSpec.initContainers',
    'true',
    [{}, { initContainers: [{ name: 'i', image: 'host', command: ['false'], resources: {} }] }],
    [{}],
  ),
  pair('PodSpec.activeDeadlineSeconds', 'sleep 20', [{}, { activeDeadlineSeconds: 1 }], [{}]),
  pair('PodSpec.os PodOS.name', 'true', [{}, { os: { name: 'windows' } }], [{}, { os: { name: 'linux' } }]),
]

const missing = (fields: string, source: object): Effect =>
  volume(fields, withOptional(source, true), withOptional(source, false))
/** A source of volumes, or of variables, that names nothing. */
const withOptional = (source: object, optional: boolean): object =>
  JSON.parse(JSON.stringify(source).replace('"optional":null', `"optional":${optional}`)) as object
const tokenOf = (audience: string): readonly [Own, More] =>
  withVolume({ projected: { sources: [{ serviceAccountToken: { path: 'token', audience } }] } })

const others: readonly Effect[] = [
  missing('ConfigMapVolumeSource.optional', { configMap: { name: 'none', optional: null } }),
  missing('SecretVolumeSource.optional', { secret: { secretName: 'none', optional: null } }),
  missing('ConfigMapProjection.optional', {
    projected: { sources: [{ configMap: { name: 'none', optional: null } }] },
  }),
  missing('SecretProjection.optional', { projected: { sources: [{ secret: { name: 'none', optional: null } }] } }),
  pair(
    'ConfigMapEnvSource.optional',
    'true',
    [{ envFrom: [{ configMapRef: none }] }],
    [{ envFrom: [{ configMapRef: { name: 'none' } }] }],
  ),
  pair(
    'SecretEnvSource.optional',
    'true',
    [{ envFrom: [{ secretRef: none }] }],
    [{ envFrom: [{ secretRef: { name: 'none' } }] }],
  ),
  variable('SecretKeySelector.optional', { name: 'X', valueFrom: { secretKeyRef: { ...none, key: 'k' } } }, {
    name: 'X',
    valueFrom: { secretKeyRef: { name: 'none', key: 'k' } },
  } as { name: string }),
  asRoot(pair('SecurityContext.runAsNonRoot', 'true', [{ securityContext: { runAsNonRoot: true } }], [{}])),
  asRoot(pair('PodSecurityContext.runAsNonRoot', 'true', [{}, { securityContext: { runAsNonRoot: true } }], [{}])),
  pair('LifecycleHandler.tcpSocket', 'sleep 20', [{ lifecycle: { postStart: { tcpSocket: { port: 1 } } } }], [{}]),
  pair(
    'LifecycleHandler.sleep SleepAction.seconds',
    // With the hook the program has its own end before SIGTERM comes.
    "trap 'exit 5' TERM; sleep 15 & wait; exit 6",
    [{ ...stopped(40), lifecycle: { preStop: { sleep: { seconds: 30 } } } }, { terminationGracePeriodSeconds: 40 }],
    [stopped(40), { terminationGracePeriodSeconds: 40 }],
  ),
  pair(
    'ServiceAccountTokenProjection.audience',
    'cut -d. -f2 /jobd-v/token | tr _- /+ | base64 -d 2>/dev/null | grep -o \'"aud":[^,]*\'',
    tokenOf('me'),
    tokenOf('you'),
  ),
  {
    fields: ['ContainerPort.name'],
    set: ({ port }) =>
      show('sleep 600', {
        ports: [{ name: 'web', containerPort: port }],
        readinessProbe: { tcpSocket: { port: 'web' } },
      }),
    unset: ({ port }) =>
      show('sleep 600', { ports: [{ containerPort: port }], readinessProbe: { tcpSocket: { port: 'web' } } }),
  },
]

const item = (path: string, mode?: number) => ({ key: 'k', path, mode })
const downward = (fieldPath: string, mode?: number) => ({ path: 'f', mode, fieldRef: { fieldPath } })
const namespace = (mode?: number) => downward('metadata.namespace', mode)
const amount = (resource: string) => ({ path: 'f', resourceFieldRef: { containerName: 'main', resource } })
const ofMap = (more: object = {}): VolumeSource => ({ configMap: { name: 'm', ...more } })
const ofSecret = (more: object = {}): VolumeSource => ({ secret: { secretName: 's', ...more } })
const ofPod = (one: { readonly path: string }, more: object = {}): VolumeSource => ({
  downwardAPI: { items: [one], ...more },
})
const volumes: readonly Effect[] = [
  volume('Volume.configMap ConfigMapVolumeSource.name', ofMap()),
  volume('ConfigMapVolumeSource.defaultMode', ofMap({ defaultMode: 0o440 }), ofMap()),
  volume('ConfigMapVolumeSource.items KeyToPath.path', ofMap({ items: [item('other')] }), ofMap()),
  volume('KeyToPath.mode', ofMap({ items: [item('other', 0o400)] }), ofMap({ items: [item('other')] })),
  volume('Volume.secret SecretVolumeSource.secretName', ofSecret()),
  volume('SecretVolumeSource.defaultMode', ofSecret({ defaultMode: 0o440 }), ofSecret()),
  volume('SecretVolumeSource.items', ofSecret({ items: [item('other')] }), ofSecret()),
  volume(
    'Volume.downwardAPI DownwardAPIVolumeFile.fieldRef',
    ofPod(namespace()),
    ofPod(downward("metadata.labels['none']")),
  ),
  volume('DownwardAPIVolumeFile.mode', ofPod(namespace(0o400)), ofPod(namespace())),
  volume('DownwardAPIVolumeSource.defaultMode', ofPod(namespace(), { defaultMode: 0o400 }), ofPod(namespace())),
  volume('DownwardAPIVolumeFile.resourceFieldRef', ofPod(amount('limits.cpu')), ofPod(amount('requests.cpu'))),
  projected('VolumeProjection.configMap ConfigMapProjection.name', { configMap: { name: 'm' } }, { configMap: none }),
  projected(
    'ConfigMapProjection.items',
    { configMap: { name: 'm', items: [item('other')] } },
    { configMap: { name: 'm' } },
  ),
  projected('VolumeProjection.secret SecretProjection.name', { secret: { name: 's' } }, { secret: none }),
  projected('SecretProjection.items', { secret: { name: 's', items: [item('other')] } }, { secret: { name: 's' } }),
  projected(
    'VolumeProjection.serviceAccountToken ServiceAccountTokenProjection.path',
    { serviceAccountToken: { path: 'a' } },
    { serviceAccountToken: { path: 'b' } },
  ),
  mount('VolumeMount.readOnly', { readOnly: true }, {}),
  mount('VolumeMount.subPathExpr', { subPathExpr: '$(NONE)' }, { subPathExpr: '$(A)' }),
  {
    fields: ['Volume.hostPath', 'HostPathVolumeSource.path'],
    set: ({ directory }) => show('ls /jobd-v', ...withVolume({ hostPath: { path: directory } })),
    unset: () => show('ls /jobd-v', ...withVolume()),
  },
]

const probes: readonly Effect[] = [
  probe('Container.livenessProbe Probe.exec', failing, { exec: { command: ['true'] } }),
  probe('Probe.failureThreshold', failing, { ...failing, failureThreshold: 100 }),
  pair(
    'Container.startupProbe',
    'sleep 20',
    [{ startupProbe: { ...failing, periodSeconds: 1, failureThreshold: 1 } }],
    [{}],
  ),
  ready(
    'Container.readinessProbe Probe.httpGet HTTPGetAction.path',
    (port) => web(port),
    (port) => web(port, { path: '/no' }),
  ),
  ready(
    'HTTPGetAction.httpHeaders HTTPHeader.name HTTPHeader.value',
    (port) => web(port),
    (port) => web(port, { httpHeaders: [] }),
  ),
  ready(
    'HTTPGetAction.scheme',
    (port) => web(port),
    (port) => web(port, { scheme: 'HTTPS' }),
  ),
  ready(
    'HTTPGetAction.host',
    (port) => web(port),
    (port) => web(port, { host: '127.0.0.2' }),
  ),
  ready(
    'Probe.tcpSocket TCPSocketAction.port',
    (port) => ({ tcpSocket: { port } }),
    () => ({ tcpSocket: { port: 1 } }),
  ),
  ready(
    'TCPSocketAction.host',
    (port) => ({ tcpSocket: { port } }),
    (port) => ({ tcpSocket: { port, host: '127.0.0.2' } }),
  ),
]

export const effects: readonly Effect[] = [
  ...containers,
  ...restarts,
  ...others,
  ...security,
  ...pods,
  ...volumes,
  ...probes,
]
