/**
 * Runs the garbage collector: which objects have lost their owners, which owners wait for their dependents.
 *
 * Only objects with owners are remembered, by the uid of each owner; owners are looked up in the local copies, and asked
 * for afresh before anything is deleted for their sake.
 */
import { isConflict, isNotFound, type KubeObject, type OwnerReference, type Status } from '../apimachinery/index.ts'
import { millis } from '../base/index.ts'
import {
  awaitsDependents,
  type ClassifiedOwner,
  type CollectionAction,
  classifyOwner,
  dropReferences,
  orphansDependents,
  planCollection,
  planOwner,
  unblockReferences,
} from '../controllers/garbagecollector/index.ts'
import { again, createController, done, retry, type SyncOutcome } from './controller.ts'
import { type Change, type Informer, keyOf } from './informer.ts'
import { collectedKinds, kindOfReference, type StoredKind } from './informers.ts'
import { fieldManager, type RunningController, type SharedContext } from './running.ts'

const objectsAtOnce = 128
const component = 'garbage-collector-controller'

/** An object of the graph: its kind and where it is. */
type Node = { readonly kind: StoredKind; readonly key: string }
const nodeKey = ({ kind, key }: Node): string => `${kind.resource} ${key}`

const ownersOf = (object: KubeObject): readonly OwnerReference[] => object.metadata.ownerReferences ?? []
const refOf = ({ kind, key }: Node) => {
  const slash = key.indexOf('/')
  return slash < 0
    ? { resource: kind.resource, name: key }
    : { resource: kind.resource, namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

/**
 * Upstream's collector learns of a deletion over two watches and a queue, and clients see the object meanwhile: kubectl
 * waits for it to go. With `--exact` ours takes about as long.
 */
const upstreamDelay = millis(30)

export function createGarbageCollector(context: SharedContext, exact: boolean): RunningController {
  const graph = createGraph(context)
  const collect = createCollection(context, graph)
  const sync = async (name: string): Promise<SyncOutcome> => {
    const node = graph.nodeOf(name)
    const object = node && graph.objectOf(node)
    return node === undefined || object === undefined ? done : collect(node, object)
  }
  const controller = createController(context, { name: 'garbage-collector', concurrency: objectsAtOnce, sync })
  const delay = exact ? upstreamDelay : millis(0)
  graph.onSuspect((node) => controller.enqueue(nodeKey(node), delay))
  return { start: controller.start, stop: controller.stop, metrics: [] }
}

type Graph = ReturnType<typeof createGraph>

function createGraph({ informers }: SharedContext) {
  const copies = new Map<string, Informer<KubeObject>>()
  const dependents = new Map<string, Map<string, Node>>()
  const kinds = new Map(collectedKinds.map((kind) => [kind.resource, kind]))
  const departed = createDeparted()
  let suspect: (node: Node) => void = () => undefined

  const objectOf = ({ kind, key }: Node): KubeObject | undefined => copies.get(kind.resource)?.get(key)

  function link(node: Node, uid: string): void {
    const there = dependents.get(uid)
    if (there === undefined) dependents.set(uid, new Map([[nodeKey(node), node]]))
    else there.set(nodeKey(node), node)
  }

  function unlink(node: Node, uid: string): void {
    const there = dependents.get(uid)
    there?.delete(nodeKey(node))
    if (there?.size === 0) dependents.delete(uid)
  }

  /** The node that a reference of `object` names; undefined when its kind is not served, or lies in no namespace of it. */
  function ownerNode(object: KubeObject, { apiVersion, kind, name }: OwnerReference): Node | undefined {
    const known = kindOfReference(apiVersion, kind)
    if (known === undefined) return undefined
    const { namespace } = object.metadata
    if (!known.namespaced) return { kind: known, key: name }
    return namespace === undefined ? undefined : { kind: known, key: `${namespace}/${name}` }
  }

  /** Whether the local copies say that this owner is there to stay. */
  function isSolid(object: KubeObject, reference: OwnerReference): boolean {
    const node = ownerNode(object, reference)
    return node === undefined || classifyOwner(reference, objectOf(node)).state === 'solid'
  }

  /** Owners that wait for their dependents may have one less. */
  function wakeOwners(object: KubeObject, references: readonly OwnerReference[]): void {
    for (const reference of references) {
      const node = ownerNode(object, reference)
      const owner = node && objectOf(node)
      if (node !== undefined && owner !== undefined && (awaitsDependents(owner) || orphansDependents(owner)))
        suspect(node)
    }
  }

  function observe(kind: StoredKind, { kind: change, object, old }: Change<KubeObject>): void {
    const node = { kind, key: keyOf(object) }
    const before = old === undefined ? none : ownersOf(old)
    const now = change === 'Gone' ? none : ownersOf(object)
    if (before !== now && (before.length > 0 || now.length > 0)) {
      for (const { uid } of before) if (!now.some((reference) => reference.uid === uid)) unlink(node, uid)
      for (const { uid } of now) link(node, uid)
    }
    if (change === 'Gone') {
      if (dependents.has(object.metadata.uid ?? '')) departed.add(object.metadata.uid ?? '')
      for (const dependent of dependents.get(object.metadata.uid ?? '')?.values() ?? none) suspect(dependent)
      wakeOwners(object, ownersOf(object))
      return
    }
    if (object.metadata.deletionTimestamp !== undefined) {
      if (awaitsDependents(object) || orphansDependents(object)) suspect(node)
    } else if (now.some((reference) => !isSolid(object, reference))) suspect(node)
    if (before.length > 0 && before !== now) wakeOwners(object, before)
  }

  for (const kind of collectedKinds) {
    const copy = informers.of<KubeObject>(kind.resource)
    copies.set(kind.resource, copy)
    copy.onChange((change) => observe(kind, change))
  }

  return {
    objectOf,
    ownerNode,
    onSuspect(handler: (node: Node) => void) {
      suspect = handler
    },
    suspect: (node: Node) => suspect(node),
    hasDeparted: departed.has,
    nodeOf(name: string): Node | undefined {
      const space = name.indexOf(' ')
      const kind = kinds.get(name.slice(0, space))
      return kind === undefined ? undefined : { kind, key: name.slice(space + 1) }
    },
    dependentsOf(uid: string | undefined): readonly Node[] {
      return [...(dependents.get(uid ?? '')?.values() ?? none)]
    },
  }
}

const none: readonly never[] = []
const mostDeparted = 4096

/** The uids of owners that went lately: between one and two times `mostDeparted` of them. */
function createDeparted() {
  let young = new Set<string>()
  let old = new Set<string>()
  return {
    has: (uid: string): boolean => young.has(uid) || old.has(uid),
    add(uid: string): void {
      young.add(uid)
      if (young.size < mostDeparted) return
      old = young
      young = new Set()
    },
  }
}

function createCollection(context: SharedContext, graph: Graph) {
  const { client, recorder } = context
  const objectsOf = (nodes: readonly Node[]): readonly KubeObject[] =>
    nodes.map(graph.objectOf).filter((object) => object !== undefined)

  async function collect(node: Node, object: KubeObject): Promise<SyncOutcome> {
    if (awaitsDependents(object) || orphansDependents(object)) return tendOwner(node, object)
    if (object.metadata.deletionTimestamp !== undefined || ownersOf(object).length === 0) return done
    const owners = await classify(object)
    if (!owners.ok) return retry(owners.error)
    const dependents = objectsOf(graph.dependentsOf(object.metadata.uid))
    return perform(node, object, planCollection(object, owners.value, dependents))
  }

  /** Owners that the copies do not show are asked for: a copy may lag behind. */
  async function classify(object: KubeObject) {
    const owners: ClassifiedOwner[] = []
    for (const reference of ownersOf(object)) {
      const node = graph.ownerNode(object, reference)
      if (node === undefined) {
        owners.push({ reference, state: 'solid' })
        continue
      }
      const known = classifyOwner(reference, graph.objectOf(node))
      if (known.state === 'solid') {
        owners.push(known)
        continue
      }
      const fresh = await client.get(refOf(node))
      if (!fresh.ok && !isNotFound(fresh.error)) return { ok: false, error: fresh.error.message ?? '' } as const
      const owner = classifyOwner(reference, fresh.ok ? fresh.value : undefined)
      if (owner.state === 'dangling') tellMisplaced(object, reference, node)
      owners.push(owner)
    }
    return { ok: true, value: owners } as const
  }

  /** The owner exists in another namespace: references never cross namespaces. */
  function tellMisplaced(object: KubeObject, { uid, name, apiVersion, kind }: OwnerReference, node: Node): void {
    if (!node.kind.namespaced || graph.hasDeparted(uid)) return
    const elsewhere = context.informers.of<KubeObject>(node.kind.resource).all().values()
    if (!elsewhere.some((other) => other.metadata.uid === uid)) return
    const { namespace } = object.metadata
    const identity = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`
    const message = `ownerRef ${identity} does not exist in namespace "${namespace}"`
    recorder.record(component, object, 'Warning', 'OwnerRefInvalidNamespace', message)
  }

  async function perform(node: Node, object: KubeObject, action: CollectionAction): Promise<SyncOutcome> {
    if (action.kind === 'Keep') return done
    if (action.kind === 'DropReferences') return patch(node, dropReferences(object, action.uids))
    if (action.unblock) {
      const unblocked = await patch(node, unblockReferences(object))
      if (unblocked.kind !== 'Done') return unblocked
    }
    const { uid } = object.metadata
    const preconditions = uid === undefined ? {} : { uid }
    const deleted = await client.delete(refOf(node), { propagationPolicy: action.propagation, preconditions })
    return outcomeOf(deleted)
  }

  async function tendOwner(node: Node, owner: KubeObject): Promise<SyncOutcome> {
    const action = planOwner(owner, objectsOf(graph.dependentsOf(owner.metadata.uid)))
    switch (action.kind) {
      case 'Keep':
        return done
      case 'Collect':
        for (const dependent of graph.dependentsOf(owner.metadata.uid)) graph.suspect(dependent)
        return done
      case 'Orphan':
        return orphan(node, owner)
      case 'RemoveFinalizer':
        return removeFinalizer(node, owner, action.finalizer)
    }
  }

  async function orphan(node: Node, owner: KubeObject): Promise<SyncOutcome> {
    const uid = owner.metadata.uid ?? ''
    for (const dependent of graph.dependentsOf(uid)) {
      const object = graph.objectOf(dependent)
      if (object === undefined) continue
      const dropped = await patch(dependent, dropReferences(object, [uid]))
      if (dropped.kind !== 'Done') return dropped
    }
    return removeFinalizer(node, owner, 'orphan')
  }

  async function removeFinalizer(node: Node, owner: KubeObject, finalizer: string): Promise<SyncOutcome> {
    const { uid } = owner.metadata
    return patch(node, { metadata: { uid, '$deleteFromPrimitiveList/finalizers': [finalizer] } })
  }

  const patch = async (node: Node, body: unknown): Promise<SyncOutcome> =>
    outcomeOf(await client.patch(refOf(node), 'strategic', body, { fieldManager }))

  return collect
}

function outcomeOf(answer: { readonly ok: true } | { readonly ok: false; readonly error: Status }): SyncOutcome {
  if (answer.ok || isNotFound(answer.error)) return done
  return isConflict(answer.error) ? again : retry(answer.error.message ?? '')
}
