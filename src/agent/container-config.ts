/** Turns a container of a pod into what a runtime starts: references resolved, variables expanded, mounts located. */
import { parseQuantity, quantityMilliValue, quantityValue } from '../apimachinery/index.ts'
import type { Container, Pod } from '../apis/core/index.ts'
import { fail, ok, type Result } from '../base/index.ts'
import { type DownwardFacts, expand, hostnameOf, type ReadObject, resolveEnvironment } from './env/index.ts'
import { HOST_IMAGE } from './images/index.ts'
import type { ContainerConfig, ContainerKey, HostFiles, ImageConfig, StartFailure } from './runtime/index.ts'
import { mountsOf } from './volumes/index.ts'

/**
 * Whose files of the host are read-only: those of containers whose image is not `host`, as far as the host permits it, when
 * absent; of all containers, which wait where it cannot be; of none.
 */
export type HostFilesPolicy = 'read-only' | 'writable'

export type ConfigRequest = {
  readonly key: ContainerKey
  readonly container: Container
  readonly facts: DownwardFacts
  /** What containers inherit of the host: PATH, HOME and the like. */
  readonly hostEnv: Readonly<Record<string, string>>
  /** The image, where it is a directory of the host. */
  readonly image?: ImageConfig | undefined
  /** Where in-pod clients find the API server: KUBERNETES_SERVICE_HOST and its kin. */
  readonly serviceEnv: Readonly<Record<string, string>>
  /** The GPUs that the container may use; absent where the node was not declared to have any. */
  readonly gpus?: readonly number[] | undefined
  /** How many processes and threads the container may have at once; any number when absent. */
  readonly pidsLimit?: number | undefined
  readonly hostFiles?: HostFilesPolicy | undefined
  /** Where the pod's volumes lie. */
  readonly volumes: ReadonlyMap<string, string>
  readonly read: ReadObject
}

export async function containerConfig(request: ConfigRequest): Promise<Result<ContainerConfig, StartFailure>> {
  const { key, container, facts, image } = request
  const { pod } = facts
  const hostname = hostnameOf(pod)
  const runAs = runAsOf(pod, container)
  const hostFiles = hostFilesOf(request)
  const env = await resolveEnvironment({
    container,
    facts,
    base: {
      ...(image === undefined ? hostEnvOf(request, hostFiles) : imageEnv(image, runAs)),
      HOSTNAME: hostname,
      ...ownCluster(container),
      ...visibleDevices(request),
      ...request.serviceEnv,
    },
    read: request.read,
  })
  if (!env.ok) return fail({ reason: 'CreateContainerConfigError', message: env.error })
  const mounts = mountsOf(container, request.volumes, { env: env.value, volumes: pod.spec.volumes })
  if (!mounts.ok) return fail({ reason: 'CreateContainerConfigError', message: mounts.error })
  const argv = wordsOf(container, image, env.value)
  return ok({
    key,
    pod: { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name ?? '', hostname },
    image: container.image ?? '',
    root: image?.root,
    command: argv,
    isProgramOfImage: (container.command ?? []).length === 0,
    stdin: container.stdin,
    stdinOnce: container.stdinOnce,
    tty: container.tty,
    security: securityOf(pod, container),
    hostFiles,
    env: env.value,
    workingDir: container.workingDir === '' ? image?.workingDir : (container.workingDir ?? image?.workingDir),
    mounts: mounts.value,
    runAs,
    limits: limitsOf(container, request.pidsLimit),
    terminationMessagePath: container.terminationMessagePath,
  })
}

/** `readOnlyRootFilesystem: false` opens nothing: manifests mean files of an image by it, which are nobody else's. */
function hostFilesOf({ hostFiles, container, image }: ConfigRequest): HostFiles {
  if (image !== undefined || hostFiles === 'writable') return 'Writable'
  if (hostFiles === 'read-only') return 'ReadOnly'
  return container.image === HOST_IMAGE ? 'Writable' : 'ReadOnlyIfPossible'
}

/** A container that has a `/tmp` of its own does not have what is in that of the host. */
function hostEnvOf({ hostEnv }: ConfigRequest, hostFiles: HostFiles): Readonly<Record<string, string>> {
  const { TMPDIR: _, ...others } = hostEnv
  return hostFiles === 'Writable' ? hostEnv : others
}

/** The program and its arguments; of an image that is a directory it is taken what the container leaves out. */
function wordsOf(
  { command = [], args = [] }: Container,
  image: ImageConfig | undefined,
  env: Readonly<Record<string, string>>,
): readonly string[] {
  const words = [...command, ...args].map((word) => expand(word, env))
  if (image === undefined || command.length > 0) return words
  return [...image.entrypoint, ...(args.length > 0 ? words : image.cmd)]
}

/** As engines have it, unless the image says otherwise. */
const IMAGE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Nothing of the host's environment. */
const imageEnv = ({ env }: ImageConfig, runAs: ContainerConfig['runAs']): Readonly<Record<string, string>> => ({
  PATH: IMAGE_PATH,
  HOME: (runAs?.uid ?? 0) === 0 ? '/root' : '/',
  ...env,
})

/** A container that asks for no GPU sees none. */
const visibleDevices = ({ gpus }: ConfigRequest): Readonly<Record<string, string>> =>
  gpus === undefined ? {} : { CUDA_VISIBLE_DEVICES: gpus.join(',') }

const CREDENTIALS = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * A container with credentials has those of this API server. Its kubectl would rather take the kubeconfig that the user of
 * the host has, and with it another cluster; in an image there is none.
 */
const ownCluster = ({ volumeMounts = [] }: Container): Readonly<Record<string, string>> =>
  volumeMounts.some(({ mountPath }) => mountPath === CREDENTIALS) ? { KUBECONFIG: '/dev/null' } : {}

function runAsOf({ spec }: Pod, { securityContext }: Container): ContainerConfig['runAs'] {
  const pod = spec.securityContext
  const uid = securityContext?.runAsUser ?? pod?.runAsUser
  const gid = securityContext?.runAsGroup ?? pod?.runAsGroup
  const nonRoot = securityContext?.runAsNonRoot ?? pod?.runAsNonRoot
  const groups = [...(pod?.supplementalGroups ?? []), ...(pod?.fsGroup === undefined ? [] : [pod.fsGroup])]
  if (uid === undefined && gid === undefined && groups.length === 0 && nonRoot !== true) return undefined
  return { uid, gid, groups: groups.length === 0 ? undefined : groups, nonRoot }
}

/** @source kubernetes v1.36 pkg/securitycontext/util.go, AddNoNewPrivileges and DetermineEffectiveSecurityContext */
function securityOf({ spec }: Pod, { securityContext: own }: Container): ContainerConfig['security'] {
  const seccomp = own?.seccompProfile ?? spec.securityContext?.seccompProfile
  return {
    privileged: own?.privileged === true,
    readOnlyRoot: own?.readOnlyRootFilesystem === true,
    noNewPrivileges: own?.allowPrivilegeEscalation === false,
    addCapabilities: own?.capabilities?.add ?? [],
    dropCapabilities: own?.capabilities?.drop ?? [],
    isUnconfined: seccomp?.type === 'Unconfined',
  }
}

function limitsOf({ resources }: Container, pids: number | undefined): ContainerConfig['limits'] {
  const cpu = parseQuantity(String(resources?.limits?.['cpu'] ?? ''))
  const memory = parseQuantity(String(resources?.limits?.['memory'] ?? ''))
  return {
    pids,
    cpuMillis: cpu.ok ? Number(quantityMilliValue(cpu.value)) : undefined,
    memoryBytes: memory.ok ? Number(quantityValue(memory.value)) : undefined,
  }
}
