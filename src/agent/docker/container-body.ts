/** What an engine is asked to make of a run: the body of `/containers/create`. */
import type { ContainerConfig, PodSandbox } from '../runtime/index.ts'
import { type Labels, podLabels, runLabels } from './names.ts'

/** Where the containers of pods meet. */
export type Place = {
  readonly owner: string
  readonly network: string
}

export type ContainerBody = {
  readonly Image: string
  readonly Labels: Labels
  readonly HostConfig: Readonly<Record<string, unknown>>
} & Readonly<Record<string, unknown>>

export type RunBody = {
  readonly config: ContainerConfig
  readonly sandbox: PodSandbox
  /** The container whose namespaces are shared; undefined when the run has its own. */
  readonly sandboxId: string | undefined
  /** The file that becomes `terminationMessagePath`. */
  readonly messagePath: string
  /** What the image itself says of its user, for a group without a user. */
  readonly imageUser: string
}

/** Microseconds. @source kubernetes v1.36 pkg/kubelet/cm/helpers_linux.go, MilliCPUToQuota */
const CPU_PERIOD = 100_000
const LEAST_QUOTA = 1000
const UNLIMITED = -1

export function runBody(place: Place, run: RunBody): ContainerBody {
  const { config, sandbox, sandboxId } = run
  const { key, command, isProgramOfImage, env, workingDir } = config
  const own = sandboxId === undefined ? namespacesOf(place, sandbox) : undefined
  return {
    Image: config.image,
    Labels: runLabels(place.owner, key, sandbox),
    ...(isProgramOfImage === true ? (command.length === 0 ? {} : { Cmd: command }) : { Entrypoint: command, Cmd: [] }),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
    ...userOf(config, run.imageUser),
    OpenStdin: config.stdin === true,
    StdinOnce: config.stdin === true && config.stdinOnce === true,
    Tty: config.tty === true,
    // An image's own ideas of health and of how to stop are not a pod's.
    Healthcheck: { Test: ['NONE'] },
    ...(own?.body ?? {}),
    HostConfig: {
      ...(own?.host ?? sharedNamespaces(sandbox, sandboxId ?? '')),
      ...hostConfigOf(config),
      Mounts: [...mountsOf(config), ...messageMount(config, run.messagePath)],
    },
  }
}

/** The container that holds a pod's namespaces while others come and go. */
export function sandboxBody(place: Place, sandbox: PodSandbox, image: string): ContainerBody {
  const { body, host } = namespacesOf(place, sandbox)
  return {
    Image: image,
    Labels: podLabels(place.owner, sandbox.podUid, sandbox),
    ...body,
    HostConfig: { ...host, ...pauseLimits },
  }
}

/** What a container that does nothing may do. */
export const pauseLimits = {
  LogConfig: { Type: 'none', Config: {} },
  ReadonlyRootfs: true,
  SecurityOpt: ['no-new-privileges'],
  CapDrop: ['ALL'],
  Memory: 16 * 1024 * 1024,
}

/** Namespaces of a container that shares those of no other. */
function namespacesOf({ network }: Place, sandbox: PodSandbox) {
  const isHost = sandbox.network === 'Host'
  return {
    body: {
      ...(isHost ? {} : { Hostname: sandbox.hostname }),
      ...(isHost || sandbox.domain === undefined ? {} : { Domainname: sandbox.domain }),
      ...(isHost ? {} : { NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: sandbox.names } } } }),
    },
    host: {
      NetworkMode: isHost ? 'host' : network,
      IpcMode: sandbox.ipc === 'Host' ? 'host' : sandbox.isSingle ? 'private' : 'shareable',
      ...(sandbox.processes === 'Host' ? { PidMode: 'host' } : {}),
      ...(isHost ? {} : dnsOf(sandbox)),
      ExtraHosts: sandbox.hostAliases.flatMap(({ ip, hostnames }) => hostnames.map((name) => `${name}:${ip}`)),
    },
  }
}

const dnsOf = ({ dns: { nameservers, searches, options } }: PodSandbox) => ({
  Dns: nameservers,
  // Engines take no domains for those of the host, and a dot for none.
  DnsSearch: searches?.length === 0 ? ['.'] : searches,
  DnsOptions: options,
})

const sharedNamespaces = (sandbox: PodSandbox, id: string) => ({
  NetworkMode: `container:${id}`,
  IpcMode: sandbox.ipc === 'Host' ? 'host' : `container:${id}`,
  ...(sandbox.processes === 'Container' ? {} : { PidMode: sandbox.processes === 'Host' ? 'host' : `container:${id}` }),
})

function userOf({ runAs }: ContainerConfig, imageUser: string): { readonly User?: string } {
  const { uid, gid } = runAs ?? {}
  if (uid === undefined && gid === undefined) return {}
  const user = uid ?? (imageUser.split(':')[0] || '0')
  return { User: gid === undefined ? String(user) : `${user}:${gid}` }
}

function hostConfigOf({ limits, security, runAs }: ContainerConfig): Readonly<Record<string, unknown>> {
  const options = [
    ...(security?.noNewPrivileges === true ? ['no-new-privileges'] : []),
    ...(security?.isUnconfined === true ? ['seccomp=unconfined'] : []),
  ]
  return {
    // Whether a container comes back is the pod's to say.
    RestartPolicy: { Name: 'no' },
    LogConfig: { Type: 'json-file', Config: {} },
    // As a quota, since engines refuse a number of cpus that the machine does not have.
    ...(limits.cpuMillis === undefined
      ? {}
      : { CpuPeriod: CPU_PERIOD, CpuQuota: Math.max((limits.cpuMillis * CPU_PERIOD) / 1000, LEAST_QUOTA) }),
    // Memory that is swapped out would not be limited.
    ...(limits.memoryBytes === undefined ? {} : { Memory: limits.memoryBytes, MemorySwap: limits.memoryBytes }),
    PidsLimit: limits.pids ?? UNLIMITED,
    ...(runAs?.groups === undefined ? {} : { GroupAdd: runAs.groups.map(String) }),
    ...(security === undefined
      ? {}
      : {
          Privileged: security.privileged,
          ReadonlyRootfs: security.readOnlyRoot,
          CapAdd: security.addCapabilities,
          CapDrop: security.dropCapabilities,
        }),
    ...(options.length === 0 ? {} : { SecurityOpt: options }),
  }
}

const mountsOf = ({ mounts }: ContainerConfig) =>
  mounts.map(({ source, target, readOnly }) => bind(source, target, readOnly))

const messageMount = ({ terminationMessagePath }: ContainerConfig, source: string) =>
  terminationMessagePath === undefined || terminationMessagePath === ''
    ? []
    : [bind(source, terminationMessagePath, false)]

/** Mounts that the host adds later are seen by the container too, as a kubelet's are not unless asked: kept private. */
const bind = (source: string, target: string, readOnly: boolean) => ({
  Type: 'bind',
  Source: source,
  Target: target,
  ReadOnly: readOnly,
  BindOptions: { Propagation: 'rprivate' },
})
