/** Turns a container of a pod into what a runtime starts: references resolved, variables expanded, mounts located. */
import { parseQuantity, quantityMilliValue, quantityValue } from '../apimachinery/index.ts'
import type { Container, Pod } from '../apis/core/index.ts'
import { fail, ok, type Result } from '../base/index.ts'
import { type DownwardFacts, expand, hostnameOf, type ReadObject, resolveEnvironment } from './env/index.ts'
import type { ContainerConfig, ContainerKey, Mount, StartFailure } from './runtime/index.ts'

export type ConfigRequest = {
  readonly key: ContainerKey
  readonly container: Container
  readonly facts: DownwardFacts
  /** What containers inherit of the host: PATH, HOME and the like. */
  readonly hostEnv: Readonly<Record<string, string>>
  /** Where in-pod clients find the API server: KUBERNETES_SERVICE_HOST and its kin. */
  readonly serviceEnv: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  readonly read: ReadObject
}

export async function containerConfig(request: ConfigRequest): Promise<Result<ContainerConfig, StartFailure>> {
  const { key, container, facts, mounts } = request
  const { pod } = facts
  const hostname = hostnameOf(pod)
  const env = await resolveEnvironment({
    container,
    facts,
    base: { ...request.hostEnv, HOSTNAME: hostname, ...request.serviceEnv },
    read: request.read,
  })
  if (!env.ok) return fail({ reason: 'CreateContainerConfigError', message: env.error })
  const argv = [...(container.command ?? []), ...(container.args ?? [])].map((word) => expand(word, env.value))
  return ok({
    key,
    pod: { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name ?? '', hostname },
    image: container.image ?? '',
    command: argv,
    env: env.value,
    workingDir: container.workingDir === '' ? undefined : container.workingDir,
    mounts,
    runAs: runAsOf(pod, container),
    limits: limitsOf(container),
    terminationMessagePath: container.terminationMessagePath,
  })
}

function runAsOf({ spec }: Pod, { securityContext }: Container): ContainerConfig['runAs'] {
  const uid = securityContext?.runAsUser ?? spec.securityContext?.runAsUser
  const gid = securityContext?.runAsGroup ?? spec.securityContext?.runAsGroup
  const { fsGroup, supplementalGroups = [] } = spec.securityContext ?? {}
  const groups = [...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])]
  if (uid === undefined && gid === undefined && groups.length === 0) return undefined
  return { uid, gid, groups: groups.length === 0 ? undefined : groups }
}

function limitsOf({ resources }: Container): ContainerConfig['limits'] {
  const cpu = parseQuantity(String(resources?.limits?.['cpu'] ?? ''))
  const memory = parseQuantity(String(resources?.limits?.['memory'] ?? ''))
  return {
    cpuMillis: cpu.ok ? Number(quantityMilliValue(cpu.value)) : undefined,
    memoryBytes: memory.ok ? Number(quantityValue(memory.value)) : undefined,
  }
}
