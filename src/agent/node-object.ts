/** The Node object that this agent stands for. */
import { readFileSync, statfsSync } from 'node:fs'
import { arch, availableParallelism, hostname, release, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { isNotFound, type Status } from '../apimachinery/index.ts'
import type { Node, NodeCondition, NodeStatus } from '../apis/core/index.ts'
import { formatTime, type Instant, type Result } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import type { HostFilesPolicy } from './container-config.ts'
import { HOST_IMAGE } from './images/index.ts'
import type { HostFilesProtection, Limiting } from './runtime/index.ts'

export type NodeIdentity = {
  readonly name: string
  readonly version: string
  /** `process://0.1.0`. */
  readonly runtimeVersion: string
  readonly address: string
  readonly resources: Readonly<Record<string, string>>
  /** Who keeps containers within their limits; a sentence. */
  readonly limits: string
  /** What containers may do with files of the host; absent where they see none. */
  readonly hostFiles?: HostFilesFacts | undefined
}

export type HostFilesFacts = { readonly areReadOnly: boolean; readonly message: string }

/** What holds of a policy where the runtime can, or cannot, keep containers from writing. */
export function hostFilesFacts(policy: HostFilesPolicy | undefined, found: HostFilesProtection): HostFilesFacts {
  if (policy === 'writable') {
    return { areReadOnly: false, message: 'containers can write to files of the host (--host-files writable)' }
  }
  if (policy === 'read-only') {
    const message = 'containers cannot write to files of the host but their volumes'
    const waiting = found.isPossible ? '' : `, and wait: this host cannot show them read-only: ${found.because}`
    return { areReadOnly: true, message: `${message}${waiting}` }
  }
  if (!found.isPossible) {
    return { areReadOnly: false, message: `containers can write to files of the host: ${found.because}` }
  }
  return {
    areReadOnly: true,
    message: `only containers whose image is ${HOST_IMAGE} can write to files of the host; others to their volumes`,
  }
}

/** Who keeps which limits, for those who read the node. */
export function limitsText(limiting: Limiting, pidsLimit: number | undefined): string {
  const parts = [
    ['kernel', 'enforced by control groups'],
    ['watchdog', 'looked at each second, and containers beyond them killed'],
    ['nobody', 'not enforced'],
  ] as const
  const texts = parts.flatMap(([keeper, text]) => {
    const names = Object.entries(limiting).filter(([, by]) => by === keeper)
    return names.length === 0 ? [] : [`${names.map(([name]) => name).join(', ')}: ${text}`]
  })
  return `${texts.join('; ')}; ${pidsLimit === undefined ? 'any number of' : `at most ${pidsLimit}`} processes in a container`
}

/**
 * What this machine has to give to pods.
 *
 * @param dataDir a path on the disk that pods write to; it may not be there yet
 */
export function nodeResources(podLimit: number, dataDir: string): Readonly<Record<string, string>> {
  const disk = diskOf(dataDir)
  return {
    cpu: String(availableParallelism()),
    ...(disk === undefined ? {} : { 'ephemeral-storage': disk }),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(podLimit),
  }
}

function diskOf(path: string): string | undefined {
  try {
    const { blocks, bsize } = statfsSync(path)
    return `${Math.floor((blocks * bsize) / 1024)}Ki`
  } catch {
    // Nowhere to write to: nothing to give.
    return path === dirname(path) ? undefined : diskOf(dirname(path))
  }
}

/**
 * Registers the node, or renews the status of one registered before. That one write is all: later heartbeats would only
 * be disk writes that tell nothing new.
 */
export async function registerNode(
  client: Client,
  identity: NodeIdentity,
  now: Instant,
): Promise<Result<Node, Status>> {
  const found = await client.get<Node>({ resource: 'nodes', name: identity.name })
  if (!found.ok && !isNotFound(found.error)) return found
  const wanted = nodeObject(identity, now)
  const present = found.ok ? found : await client.create('nodes', wanted)
  if (!present.ok) return present
  const status = { ...present.value.status, ...wanted.status }
  return client.update('nodes', { ...present.value, status }, { subresource: 'status' })
}

function nodeObject({ name, ...identity }: NodeIdentity, now: Instant): Node {
  const architecture = arch() === 'x64' ? 'amd64' : arch()
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
      },
    },
    spec: {},
    status: nodeStatus({ name, ...identity }, architecture, now),
  }
}

function nodeStatus(identity: NodeIdentity, architecture: string, now: Instant): NodeStatus {
  const { resources } = identity
  return {
    capacity: resources,
    allocatable: resources,
    conditions: conditions(now, identity),
    addresses: [
      { type: 'InternalIP', address: identity.address },
      { type: 'Hostname', address: hostname() },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
    nodeInfo: {
      machineID: textOf('/etc/machine-id'),
      systemUUID: '',
      bootID: textOf('/proc/sys/kernel/random/boot_id'),
      kernelVersion: release(),
      osImage: /^PRETTY_NAME="?(.*?)"?$/m.exec(textOf('/etc/os-release'))?.[1] ?? 'Linux',
      containerRuntimeVersion: identity.runtimeVersion,
      kubeletVersion: `jobd-${identity.version}`,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture,
    },
  }
}

function conditions(
  now: Instant,
  { limits, hostFiles }: Pick<NodeIdentity, 'limits' | 'hostFiles'>,
): readonly NodeCondition[] {
  const at = { lastHeartbeatTime: formatTime(now), lastTransitionTime: formatTime(now) }
  const fine = (type: string, reason: string, message: string): NodeCondition => ({
    type,
    status: 'False',
    ...at,
    reason,
    message,
  })
  return [
    fine('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    fine('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    fine('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    {
      type: 'LimitsEnforced',
      status: limits.includes('not enforced') ? 'False' : 'True',
      ...at,
      reason: 'Detected',
      message: limits,
    },
    ...(hostFiles === undefined
      ? []
      : [
          {
            type: 'HostFilesReadOnly',
            status: hostFiles.areReadOnly ? 'True' : 'False',
            ...at,
            reason: 'Detected',
            message: hostFiles.message,
          },
        ]),
    { type: 'Ready', status: 'True', ...at, reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ]
}

/** A fact of the machine; empty where it has none. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
