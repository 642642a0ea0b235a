/** Empties namespaces that are being deleted and gives every other one its service account and certificate. */
import { isAlreadyExists, isConflict, isNotFound, type KubeObject, type Status } from '../apimachinery/index.ts'
import type { ConfigMap, Namespace, ServiceAccount } from '../apis/core/index.ts'
import { millis, type Result } from '../base/index.ts'
import { isEmptied, type NamespaceDeletionAction, planNamespaceDeletion } from '../controllers/namespace/index.ts'
import {
  defaultServiceAccount,
  type NamespaceAction,
  planNamespaceContent,
  rootCaConfigMap,
} from '../controllers/serviceaccount/index.ts'
import { again, createController, done, retry, type SyncOutcome } from './controller.ts'
import { collectedKinds, namespacedKinds } from './informers.ts'
import { fieldManager, type RunningController, type SharedContext } from './running.ts'

const namespacesAtOnce = 16
const deletionsAtOnce = 64
/** Content that goes by itself is looked for again this long after the last look. */
const lookAgain = millis(5000)

export function createNamespaceController(context: SharedContext, rootCa: string | undefined): RunningController {
  const { informers } = context
  const namespaces = informers.of<Namespace>('namespaces')
  const accounts = informers.of<ServiceAccount>('serviceaccounts')
  const configMaps = informers.of<ConfigMap>('configmaps')
  const emptying = new Set<string>()
  const deletion = createDeletion(context)

  async function sync(name: string): Promise<SyncOutcome> {
    const namespace = namespaces.get(name)
    if (namespace === undefined) {
      emptying.delete(name)
      return done
    }
    if (isEmptied(namespace)) {
      emptying.add(name)
      return deletion(namespace)
    }
    return fill(namespace, name)
  }

  async function fill(namespace: Namespace, name: string): Promise<SyncOutcome> {
    const serviceAccount = accounts.get(`${name}/${defaultServiceAccount}`)
    const content = { namespace, serviceAccount, rootCa: configMaps.get(`${name}/${rootCaConfigMap}`) }
    for (const action of planNamespaceContent(content, rootCa)) {
      const written = await write(context, action)
      if (written.ok || isAlreadyExists(written.error) || isNotFound(written.error)) continue
      if (written.error.code === 403) return done
      return isConflict(written.error) ? again : retry(written.error.message ?? '')
    }
    return done
  }

  const controller = createController(context, { name: 'namespace', concurrency: namespacesAtOnce, sync })
  namespaces.onChange(({ object, old }) => {
    const before = old?.metadata.deletionTimestamp
    if (old === undefined || before !== object.metadata.deletionTimestamp)
      controller.enqueue(object.metadata.name ?? '')
  })
  for (const { resource, namespaced } of collectedKinds) {
    if (!namespaced) continue
    informers.of<KubeObject>(resource).onChange(({ kind, object: { metadata } }) => {
      const { namespace = '', name } = metadata
      if (kind === 'Gone' && emptying.has(namespace)) controller.enqueue(namespace)
      const own = resource === 'configmaps' ? rootCaConfigMap : defaultServiceAccount
      const isContent = (resource === 'configmaps' && rootCa !== undefined) || resource === 'serviceaccounts'
      if (isContent && name === own) controller.enqueue(namespace)
    })
  }
  return { start: controller.start, stop: controller.stop, metrics: [] }
}

async function write({ client }: SharedContext, action: NamespaceAction): Promise<Result<KubeObject, Status>> {
  switch (action.kind) {
    case 'CreateServiceAccount':
      return client.create<ServiceAccount>('serviceaccounts', action.object, { fieldManager })
    case 'CreateRootCa':
      return client.create<ConfigMap>('configmaps', action.object, { fieldManager })
    case 'UpdateRootCa':
      return client.update<ConfigMap>('configmaps', action.object, { fieldManager })
  }
}

function createDeletion(context: SharedContext) {
  const { client, clock } = context

  /** Asks the server itself, so that nothing that was created meanwhile is missed. */
  async function remaindersOf(namespace: string) {
    const remainders: { readonly resource: string; readonly objects: readonly KubeObject[] }[] = []
    for (const { resource } of namespacedKinds) {
      const listed = await client.list(resource, { namespace })
      if (!listed.ok) return listed
      remainders.push({ resource, objects: listed.value.items })
    }
    return { ok: true, value: remainders } as const
  }

  async function remove(actions: readonly NamespaceDeletionAction[]): Promise<readonly string[]> {
    const failures: string[] = []
    const deletions = actions.filter((action) => action.kind === 'Delete')
    for (let from = 0; from < deletions.length; from += deletionsAtOnce) {
      const answers = deletions.slice(from, from + deletionsAtOnce).map(({ resource, object: { metadata } }) => {
        const { namespace, name = '' } = metadata
        return client.delete({ resource, namespace, name }, { propagationPolicy: 'Background' })
      })
      for (const answer of await Promise.all(answers)) {
        if (!answer.ok && !isNotFound(answer.error)) failures.push(answer.error.message ?? '')
      }
    }
    return failures
  }

  async function finish(namespace: Namespace, action: NamespaceDeletionAction): Promise<SyncOutcome> {
    if (action.kind === 'Delete') return done
    const subresource = action.kind === 'Finalize' ? 'finalize' : 'status'
    const changed: Namespace =
      action.kind === 'Finalize'
        ? { ...namespace, spec: { ...namespace.spec, finalizers: action.finalizers } }
        : { ...namespace, status: { ...namespace.status, conditions: action.conditions } }
    const written = await client.update<Namespace>('namespaces', changed, { subresource, fieldManager })
    if (written.ok || isNotFound(written.error)) return done
    return isConflict(written.error) ? again : retry(written.error.message ?? '')
  }

  return async (namespace: Namespace): Promise<SyncOutcome> => {
    const fresh = await client.get<Namespace>({ resource: 'namespaces', name: namespace.metadata.name ?? '' })
    if (!fresh.ok) return isNotFound(fresh.error) ? done : retry(fresh.error.message ?? '')
    let failures: readonly string[] = []
    for (let round = 0; round < 3; round++) {
      const remainders = await remaindersOf(namespace.metadata.name ?? '')
      if (!remainders.ok) return retry(remainders.error.message ?? '')
      const snapshot = { namespace: fresh.value, remainders: remainders.value, failures }
      const actions = planNamespaceDeletion(snapshot, clock.now())
      if (actions.length === 0) break
      const [first] = actions
      if (first !== undefined && first.kind !== 'Delete') {
        const finished = await finish(fresh.value, first)
        if (first.kind === 'Finalize' || finished.kind !== 'Done') return finished
        break
      }
      failures = await remove(actions)
    }
    return { kind: 'Done', wakeAfter: lookAgain }
  }
}
