/** What comes before a container can start: the sandbox of its pod, its image, and the answers to its references. */
import type { Container, Pod, Secret } from '../apis/core/index.ts'
import { fail, type Result } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { containerConfig, type HostFilesPolicy } from './container-config.ts'
import type { Devices } from './devices.ts'
import type { DownwardFacts } from './env/index.ts'
import type { ImageKeeper } from './images/index.ts'
import type { PodEvent } from './pod/index.ts'
import type { PodNames } from './pod-names.ts'
import { podSandbox } from './pod-sandbox.ts'
import type { ContainerConfig, ContainerKey, PodSandbox, Runtime, StartFailure } from './runtime/index.ts'
import type { ServiceLinks } from './service-links.ts'

export type StartPreparation = {
  readonly client: Client
  readonly runtime: Runtime
  readonly services: ServiceLinks
  /** Absent where pods find each other by a name server. */
  readonly names: PodNames | undefined
  readonly images: ImageKeeper
  /** Absent where no GPUs were declared. */
  readonly devices?: Devices | undefined
  readonly factsOf: (pod: Pod) => DownwardFacts
  readonly pidsLimit?: number | undefined
  /** See there. */
  readonly hostFiles?: HostFilesPolicy | undefined
  readonly hostEnv: Readonly<Record<string, string>>
  readonly serviceEnv: () => Readonly<Record<string, string>>
}

export type Start = {
  readonly pod: Pod
  readonly key: ContainerKey
  readonly container: Container
  /** Where the pod's volumes lie. */
  readonly volumes: ReadonlyMap<string, string>
  readonly tell: (event: PodEvent) => void
}

/** @source linux include/uapi/linux/utsname.h, __NEW_UTS_LEN */
const LONGEST_NAME = 64

/** Only a full name can be: others are cut. */
function tooLong({ hostname }: PodSandbox): Result<undefined, string> | undefined {
  if (hostname.length <= LONGEST_NAME) return undefined
  const length = `${hostname.length} characters, a machine at most ${LONGEST_NAME}`
  return fail(
    `the full name of the pod, ${hostname}, has ${length}: give it a shorter hostname or subdomain (setHostnameAsFQDN)`,
  )
}

/** What the containers of a pod share at this moment. */
export async function sandboxOf(
  pod: Pod,
  { services, names }: Pick<StartPreparation, 'services' | 'names'>,
): Promise<PodSandbox> {
  const network =
    names === undefined
      ? { services: await services.leadingTo(pod), peers: [] }
      : { services: [], peers: await names.peersOf(pod) }
  return podSandbox(pod, network)
}

export async function prepareStart(
  { client, runtime, services, names, images, devices, ...options }: StartPreparation,
  { pod, key, container, volumes, tell }: Start,
): Promise<Result<ContainerConfig, StartFailure>> {
  const { namespace } = pod.metadata
  const sandbox = await sandboxOf(pod, { services, names })
  const sandboxed = tooLong(sandbox) ?? (await runtime.preparePod(sandbox))
  if (!sandboxed.ok) return fail({ reason: 'FailedCreatePodSandBox', message: sandboxed.error })
  const readSecret = async (name: string) => {
    const found = await client.get<Secret>({ resource: 'secrets', namespace, name })
    return found.ok ? found.value : undefined
  }
  const image = await images.ensure({ pod, container, readSecret, tell })
  if (!image.ok) return image
  return containerConfig({
    key,
    container,
    facts: options.factsOf(pod),
    hostEnv: options.hostEnv,
    image: image.value,
    pidsLimit: options.pidsLimit,
    hostFiles: options.hostFiles,
    gpus: await devices?.of(pod, container),
    serviceEnv: { ...(await services.variablesFor(pod)), ...options.serviceEnv() },
    volumes,
    read: (resource, name) => client.get({ resource, namespace, name }),
  })
}
