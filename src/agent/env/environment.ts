/** The environment of a container: every reference resolved, every variable expanded. */
import { isNotFound, type Status } from '../../apimachinery/index.ts'
import type { ConfigMap, Container, EnvVar, Pod, Secret } from '../../apis/core/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import { type DownwardFacts, fieldValue, resourceValue } from './downward.ts'
import { expand } from './expansion.ts'

/** Reads an object of the pod's namespace. */
export type ReadObject = <T extends ConfigMap | Secret>(
  resource: 'configmaps' | 'secrets',
  name: string,
) => Promise<Result<T, Status>>

export type EnvironmentRequest = {
  readonly container: Container
  readonly facts: DownwardFacts
  /** Variables below the container's own: PATH and HOME of the host, HOSTNAME, where the API server is. */
  readonly base: Readonly<Record<string, string>>
  readonly read: ReadObject
}

export type Environment = Readonly<Record<string, string>>

/**
 * Resolves the environment. Fails with a kubelet's words when a reference that is not optional leads nowhere.
 *
 * @source kubernetes v1.36 pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables
 */
export async function resolveEnvironment(request: EnvironmentRequest): Promise<Result<Environment, string>> {
  const { container, base, facts } = request
  const env: Record<string, string> = { ...base }
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const ref = configMapRef ?? secretRef
    if (ref === undefined) continue
    const kind = configMapRef === undefined ? 'secrets' : 'configmaps'
    const data = await dataOf(request, kind, ref)
    if (!data.ok) return data
    for (const [key, value] of Object.entries(data.value ?? {})) {
      const name = prefix + key
      if (isVariableName(name)) env[name] = value
    }
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(request, variable, env, facts)
    if (!value.ok) return value
    if (value.value !== undefined) env[variable.name] = value.value
  }
  return ok(env)
}

/** Printable ASCII without `=`. */
const isVariableName = (name: string): boolean => /^[\x20-\x3c\x3e-\x7e]+$/.test(name)

type Resolved = Result<string | undefined, string>

async function variableValue(
  request: EnvironmentRequest,
  { name, value, valueFrom }: EnvVar,
  known: Environment,
  facts: DownwardFacts,
): Promise<Resolved> {
  if (valueFrom === undefined) return ok(expand(value ?? '', known))
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  if (fieldRef !== undefined) return fieldValue(fieldRef.fieldPath, facts)
  if (resourceFieldRef !== undefined) return resourceOf(resourceFieldRef, request.container, facts)
  if (configMapKeyRef !== undefined) return keyOf(request, 'configmaps', configMapKeyRef)
  if (secretKeyRef !== undefined) return keyOf(request, 'secrets', secretKeyRef)
  return fail(
    `env ${name}: valueFrom.${Object.keys(valueFrom)[0] ?? ''} is not supported by this node; use configMapKeyRef, secretKeyRef, fieldRef or resourceFieldRef`,
  )
}

function resourceOf(
  ref: {
    readonly resource: string
    readonly containerName?: string | undefined
    readonly divisor?: string | number | undefined
  },
  container: Container,
  facts: DownwardFacts,
): Resolved {
  const { pod } = facts
  const named = ref.containerName
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  const target = named === undefined || named === '' ? container : all.find(({ name }) => name === named)
  return target === undefined ? fail(`container ${named} not found`) : resourceValue(ref, target, facts)
}

type KeyRef = { readonly name?: string | undefined; readonly key: string; readonly optional?: boolean | undefined }

async function keyOf(request: EnvironmentRequest, kind: 'configmaps' | 'secrets', ref: KeyRef): Promise<Resolved> {
  const data = await dataOf(request, kind, ref)
  if (!data.ok) return data
  if (data.value === undefined) return ok(undefined)
  const value = data.value[ref.key]
  if (value !== undefined) return ok(value)
  if (ref.optional === true) return ok(undefined)
  const where = `${request.facts.pod.metadata.namespace ?? ''}/${ref.name ?? ''}`
  return fail(`couldn't find key ${ref.key} in ${kind === 'secrets' ? 'Secret' : 'ConfigMap'} ${where}`)
}

/** The texts of a ConfigMap or Secret; undefined when it is absent and may be. */
async function dataOf(
  { read }: EnvironmentRequest,
  kind: 'configmaps' | 'secrets',
  { name = '', optional }: { readonly name?: string | undefined; readonly optional?: boolean | undefined },
): Promise<Result<Environment | undefined, string>> {
  const found = await read<ConfigMap | Secret>(kind, name)
  if (!found.ok) {
    if (!isNotFound(found.error)) return fail(found.error.message ?? `reading ${kind} ${name} failed`)
    return optional === true
      ? ok(undefined)
      : fail(`${kind === 'secrets' ? 'secret' : 'configmap'} "${name}" not found`)
  }
  const data = found.value.data ?? {}
  return ok(kind === 'secrets' ? decoded(data) : data)
}

const decoded = (data: Environment): Environment =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]))

/** The name a pod goes by on the network and in HOSTNAME. */
export function hostnameOf(pod: Pod): string {
  const { hostnameOverride, hostname } = pod.spec
  if (hostnameOverride !== undefined && hostnameOverride !== '') return hostnameOverride
  const name = hostname !== undefined && hostname !== '' ? hostname : (pod.metadata.name ?? '')
  return name.slice(0, 63).replace(/[-.]+$/, '')
}
