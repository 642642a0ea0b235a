/** What a node does not do of what a pod asks for, told when the pod or what makes it is created. */
import type { Container, PodSpec } from '../apis/core/index.ts'
import { hasProgramOfHost, type ImagePolicy, imageWarnings } from './images/index.ts'

/** Where a field stands, below the spec or the container, and why it has no effect. */
type Told = readonly [field: string, why: string]
type Warnings = (spec: PodSpec, path: string) => readonly string[]

const READ_ONLY =
  '; files of the host are read-only to it, and /tmp is its own: mount what it writes to by hostPath (or use image: host, or --host-files writable)'

/**
 * Warnings of a node whose pods are processes; the path is where the spec stands: `spec`, `spec.template.spec`.
 *
 * @param isReadOnly whether, as far as is known, containers cannot write to files of the host
 */
export const processWarnings =
  (images: ImagePolicy, isReadOnly: () => boolean = () => false): Warnings =>
  (spec, path) => [
    ...imageWarnings(images, spec, isReadOnly() ? READ_ONLY : ''),
    ...fieldWarnings(spec, path, {
      ofPod: [
        ...securityOfPod(spec, isProfile),
        ...ofHost(spec),
        ...(hasProgramOfHost(images, spec, isReadOnly()) ? namesOf(spec) : []),
        ...placingOf(spec),
      ],
      ofContainer: (container) => [
        ...profiles(container.securityContext, isProfile),
        ...ofAnyContainer(container),
        ...portsOf(container),
      ],
    }),
  ]

/** Warnings of a node whose pods are containers of an engine. */
export const engineWarnings: Warnings = (spec, path) =>
  fieldWarnings(spec, path, {
    ofPod: [...securityOfPod(spec, isOwnProfile), ...placingOf(spec)],
    ofContainer: (container) => [
      ...profiles(container.securityContext, isOwnProfile),
      ...ofAnyContainer(container),
      ...hostPortsOf(container),
    ],
  })

function fieldWarnings(
  { initContainers = [], containers }: PodSpec,
  path: string,
  told: { readonly ofPod: readonly Told[]; readonly ofContainer: (container: Container) => readonly Told[] },
): readonly string[] {
  const lists = { initContainers, containers }
  const places = Object.entries(lists).flatMap(([name, list]) =>
    list.flatMap((container, index) =>
      told.ofContainer(container).map(([field, why]): Told => [`${name}[${index}].${field}`, why]),
    ),
  )
  return [...told.ofPod, ...places].map(([field, why]) => `${path}.${field}: has no effect on this node: ${why}`)
}

/** What a client hears that adds a container to a running pod, as `kubectl debug` does. */
export const noEphemeralContainers =
  'this node adds no containers to running pods: use kubectl exec, or kubectl debug --copy-to for a changed copy of the pod'

const NETWORK = 'pods use the network of the host'
const NO_PROFILE = 'it applies no profiles'

/** Facts that hold for whoever runs the program. */
type Profiles = Pick<
  NonNullable<Container['securityContext']>,
  'appArmorProfile' | 'seLinuxOptions' | 'seccompProfile' | 'windowsOptions'
>

type Profile = { readonly type?: string; readonly localhostProfile?: string | undefined }

/** @param isIgnored which profiles for system calls and for AppArmor the node does not apply */
function profiles(context: Profiles | undefined, isIgnored: (profile: Profile) => boolean): readonly Told[] {
  const { appArmorProfile, seLinuxOptions, seccompProfile, windowsOptions } = context ?? {}
  return [
    ...(appArmorProfile !== undefined && isIgnored(appArmorProfile)
      ? [['securityContext.appArmorProfile', NO_PROFILE] as const]
      : []),
    ...(seccompProfile !== undefined && isIgnored(seccompProfile)
      ? [[seccompField(seccompProfile), NO_PROFILE] as const]
      : []),
    ...(seLinuxOptions === undefined ? [] : [['securityContext.seLinuxOptions', 'it sets no SELinux labels'] as const]),
    ...(windowsOptions === undefined ? [] : [['securityContext.windowsOptions', 'it is not a Windows node'] as const]),
  ]
}

const seccompField = ({ localhostProfile }: Profile): string =>
  `securityContext.seccompProfile${localhostProfile === undefined ? '' : '.localhostProfile'}`

const isProfile = ({ type }: Profile): boolean => type !== 'Unconfined'
/** An engine has a profile of its own, which it applies to every container. */
const isOwnProfile = ({ type }: Profile): boolean => type === 'Localhost'

function securityOfPod(
  { securityContext, hostUsers, resourceClaims = [] }: PodSpec,
  isIgnored: (profile: Profile) => boolean,
): readonly Told[] {
  const { sysctls = [], supplementalGroupsPolicy, seLinuxChangePolicy } = securityContext ?? {}
  return [
    ...profiles(securityContext, isIgnored),
    ...(sysctls.length === 0 ? [] : [['securityContext.sysctls', 'it sets none'] as const]),
    ...(supplementalGroupsPolicy === undefined || supplementalGroupsPolicy === 'Merge'
      ? []
      : [['securityContext.supplementalGroupsPolicy', 'groups of images are not looked at'] as const]),
    ...(seLinuxChangePolicy === undefined
      ? []
      : [['securityContext.seLinuxChangePolicy', 'it sets no SELinux labels'] as const]),
    ...(hostUsers === false ? [['hostUsers', 'users are those of the host'] as const] : []),
    ...(resourceClaims.length === 0 ? [] : [['resourceClaims', 'it has no dynamic resources'] as const]),
  ]
}

/** What takes more than one node, or a scheduler that ends pods for others. */
function placingOf(spec: PodSpec): readonly Told[] {
  const { affinity = {}, topologySpreadConstraints = [], preemptionPolicy, priority } = spec
  const others = ['podAffinity', 'podAntiAffinity'] as const
  return [
    ...others
      .filter((field) => affinity[field] !== undefined)
      .map((field): Told => [`affinity.${field}`, 'pods are placed by what they request, whatever else runs']),
    ...(topologySpreadConstraints.length === 0 ? [] : [['topologySpreadConstraints', 'it is the only one'] as const]),
    // Every pod has this policy unless it says otherwise; it means something to those that go before others.
    ...(preemptionPolicy === 'PreemptLowerPriority' && (priority ?? 1) > 0
      ? [['preemptionPolicy', 'a pod waits its turn and ends no other'] as const]
      : []),
  ]
}

const ofAnyContainer = (container: Container): readonly Told[] => [...mountsOf(container), ...resourcesOf(container)]

const resourcesOf = ({ resources, resizePolicy = [] }: Container): readonly Told[] => [
  ...((resources.claims ?? []).length === 0 ? [] : [['resources.claims', 'it has no dynamic resources'] as const]),
  ...resizePolicy.flatMap(({ restartPolicy }, index) =>
    restartPolicy === 'NotRequired'
      ? []
      : [[`resizePolicy[${index}]`, 'containers that run keep their resources'] as const],
  ),
]

function ofHost(spec: PodSpec): readonly Told[] {
  const { dnsPolicy, dnsConfig, hostPID, shareProcessNamespace } = spec
  return [
    ...(dnsPolicy === 'None' ? [['dnsPolicy', NETWORK] as const] : []),
    ...(dnsConfig === undefined ? [] : [['dnsConfig', NETWORK] as const]),
    ...(hostPID === true ? [['hostPID', 'each container has processes of its own'] as const] : []),
    ...(shareProcessNamespace === true
      ? [['shareProcessNamespace', 'each container has processes of its own'] as const]
      : []),
  ]
}

/** Of pods with a container that has the names of the host. */
function namesOf({ hostAliases = [], setHostnameAsFQDN, subdomain = '' }: PodSpec): readonly Told[] {
  const why = 'a program of the host has the names of the host'
  return [
    ...(hostAliases.length === 0 ? [] : [['hostAliases', why] as const]),
    ...(setHostnameAsFQDN === true ? [['setHostnameAsFQDN', why] as const] : []),
    ...(subdomain === '' ? [] : [['subdomain', why] as const]),
  ]
}

/** A program that listens on the port that it names is reached there from the host in any case. */
const portsOf = ({ ports = [] }: Container): readonly Told[] =>
  ports.flatMap(({ hostPort = 0, hostIP = '', containerPort }, index): readonly Told[] => [
    ...(hostPort === 0 || hostPort === containerPort ? [] : [[`ports[${index}].hostPort`, NETWORK] as const]),
    ...(hostIP === '' ? [] : [[`ports[${index}].hostIP`, NETWORK] as const]),
  ])

const hostPortsOf = ({ ports = [] }: Container): readonly Told[] =>
  ports.flatMap(({ hostPort = 0 }, index) =>
    hostPort === 0 ? [] : [[`ports[${index}].hostPort`, 'no ports of the host are opened'] as const],
  )

const mountsOf = ({ volumeMounts = [], volumeDevices = [] }: Container): readonly Told[] => [
  ...volumeMounts.flatMap(({ mountPropagation = 'None', recursiveReadOnly = 'Disabled' }, index): readonly Told[] => [
    ...(mountPropagation === 'None'
      ? []
      : [[`volumeMounts[${index}].mountPropagation`, 'mounts stay private'] as const]),
    ...(recursiveReadOnly === 'Disabled'
      ? []
      : [[`volumeMounts[${index}].recursiveReadOnly`, 'what is mounted below stays as it is'] as const]),
  ]),
  ...(volumeDevices.length === 0 ? [] : [['volumeDevices', 'it has no block devices'] as const]),
]
