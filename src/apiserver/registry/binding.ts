/**
 * Assigning a Pod to a node.
 *
 * @source kubernetes v1.36 pkg/registry/core/pod/storage/storage.go, BindingREST.Create and setPodHostAndAnnotations
 */
import { badRequest, conflict, type KubeObject, plainError, type Status } from '../../apimachinery/index.ts'
import type { Binding, Pod } from '../../apis/core/index.ts'
import { fail, type Instant, ok, type Result } from '../../base/index.ts'
import type { CreateHandler } from './api.ts'
import { modifyObject } from './modify.ts'
import { writeSettings } from './options.ts'
import { withPodCondition } from './pod-condition.ts'
import type { Registry } from './registry.ts'
import { uidConflict } from './update.ts'

/** The answer to things that were done and have no object. */
export const created: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }

/** POST of a Binding, to `pods/NAME/binding` or to `bindings`. */
export const bindingHandler =
  (registry: Registry): CreateHandler =>
  async (target, body, context) => {
    const settings = writeSettings('CreateOptions', context)
    if (!settings.ok) return settings
    const binding = body as Binding
    const { namespace = '', name = binding.metadata.name ?? '' } = target
    const wrong = bindingProblem(binding, name)
    if (wrong !== undefined) return fail(wrong)
    const pods = registry.resources.get('pods')
    if (pods === undefined) throw new Error('pods are not served')
    const now = registry.clock.now()
    const bind = (current: KubeObject): Result<KubeObject, Status> => {
      const { uid, resourceVersion } = binding.metadata
      if (uid && uid !== current.metadata.uid) return fail(uidConflict(pods, namespace, name, uid, current))
      if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) {
        return fail(
          conflict({ resource: 'pods', group: '', name }, `resource version ${resourceVersion} is not current`),
        )
      }
      return bound(current as Pod, binding, now)
    }
    const done = await modifyObject(registry, pods, namespace, name, bind, settings.value.dryRun)
    return done.ok ? ok(created) : done
  }

function bindingProblem({ metadata, target }: Binding, name: string): Status | undefined {
  if (name === '' || metadata.name !== name) return badRequest('name in URL does not match name in Binding object')
  const { kind = '' } = target
  const wrong = [
    ...(kind === '' || kind === 'Node'
      ? []
      : [`target.kind: Unsupported value: "${kind}": supported values: "Node", "<empty>"`]),
    ...(target.name ? [] : ['target.name: Required value']),
  ]
  if (wrong.length === 0) return undefined
  return plainError(wrong.length === 1 ? (wrong[0] as string) : `[${wrong.join(', ')}]`)
}

function bound(pod: Pod, { metadata, target }: Binding, now: Instant): Result<Pod, Status> {
  const { name = '' } = pod.metadata
  const refuse = (why: string) => fail(conflict({ resource: 'pods/binding', group: '', name }, `pod ${name} ${why}`))
  if (pod.metadata.deletionTimestamp !== undefined) return refuse('is being deleted, cannot be assigned to a host')
  if (pod.spec.nodeName) return refuse(`is already assigned to node "${pod.spec.nodeName}"`)
  if ((pod.spec.schedulingGates?.length ?? 0) > 0) return refuse('has non-empty .spec.schedulingGates')
  const annotations = { ...pod.metadata.annotations, ...metadata.annotations }
  const labels = { ...pod.metadata.labels, ...metadata.labels }
  const changed: Pod = {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(metadata.annotations === undefined ? {} : { annotations }),
      ...(metadata.labels === undefined ? {} : { labels }),
    },
    spec: { ...pod.spec, nodeName: target.name },
  }
  return ok(withPodCondition(changed, { type: 'PodScheduled', status: 'True' }, now))
}
