/** What is there from the start. */
import { isAlreadyExists, type KubeObject, type Status } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import { createObject } from './create.ts'
import type { Registry } from './registry.ts'
import { currentObject } from './write.ts'

const namespaces: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

const priorityClass = (name: string, value: number, description: string): object => ({
  kind: 'PriorityClass',
  apiVersion: 'scheduling.k8s.io/v1',
  metadata: { name },
  value,
  description,
  preemptionPolicy: 'PreemptLowerPriority',
})

/** @source kubernetes v1.36 pkg/apis/scheduling/helpers.go */
const priorityClasses: readonly object[] = [
  priorityClass(
    'system-node-critical',
    2000001000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  priorityClass(
    'system-cluster-critical',
    2000000000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
]

/** Makes the first Namespaces and PriorityClasses, where they are not there yet. */
export async function makeInitialObjects(registry: Registry): Promise<Result<undefined, Status>> {
  const all: readonly (readonly [resource: string, object: KubeObject])[] = [
    ...namespaces.map((name) => ['namespaces', { kind: 'Namespace', apiVersion: 'v1', metadata: { name } }] as const),
    ...priorityClasses.map((object) => ['priorityclasses.scheduling.k8s.io', object as KubeObject] as const),
  ]
  for (const [name, object] of all) {
    const made = await makeUnlessThere(registry, name, object)
    if (!made.ok) return made
  }
  return ok(undefined)
}

async function makeUnlessThere(
  registry: Registry,
  name: string,
  object: KubeObject,
): Promise<Result<undefined, Status>> {
  const resource = registry.resources.get(name)
  if (resource === undefined) throw new Error(`${name} is not served`)
  if (currentObject(registry, resource, '', object.metadata.name ?? '') !== undefined) return ok(undefined)
  const request = {
    resource,
    subresource: '',
    namespace: '',
    name: '',
    manager: 'kube-apiserver',
    dryRun: false,
    validation: 'Strict',
    context: {
      user: { name: 'system:apiserver', groups: ['system:masters'] },
      userAgent: 'kube-apiserver',
      warn: () => {},
    },
  } as const
  const created = await createObject(registry, request, resource.strategy.defaults(object), object)
  return created.ok || isAlreadyExists(created.error) ? ok(undefined) : fail(created.error)
}
