/** One local copy per resource, shared by all controllers, and which resources there are. */
import { type KindSchema, type KubeObject, ownKinds, qualified, schema } from '../apimachinery/index.ts'
import type { ResourceName } from '../client/index.ts'
import { createInformer, type Informer, type InformerContext } from './informer.ts'

export type Informers = {
  /** The copy of a resource. Only before `start`. */
  readonly of: <T extends KubeObject>(resource: ResourceName) => Informer<T>
  readonly start: () => void
  readonly stop: () => void
  readonly synced: () => Promise<void>
}

export function createInformers(context: InformerContext): Informers {
  const informers = new Map<ResourceName, Informer<KubeObject>>()
  return {
    of<T extends KubeObject>(resource: ResourceName): Informer<T> {
      const there = informers.get(resource)
      if (there !== undefined) return there as unknown as Informer<T>
      const made = createInformer<T>(context, resource)
      informers.set(resource, made as unknown as Informer<KubeObject>)
      return made
    },
    start() {
      for (const informer of informers.values()) informer.start()
    },
    stop() {
      for (const informer of informers.values()) informer.stop()
    },
    synced: async () => void (await Promise.all([...informers.values()].map(({ synced }) => synced))),
  }
}

/** A kind that is stored under its own name and can be listed, watched and deleted. */
export type StoredKind = {
  readonly resource: ResourceName
  readonly group: string
  readonly kind: string
  readonly namespaced: boolean
}

const needed = ['list', 'watch', 'delete']
/** Events are told by the thousand, own nothing and die by themselves; their second group shows the same objects. */
const isEvents = ({ resource }: KindSchema): boolean => resource === 'events'

const stored = (kinds: readonly KindSchema[]): readonly StoredKind[] => {
  const byName = new Map<ResourceName, StoredKind>()
  for (const { group, resource, kind, namespaced } of kinds) {
    const name = qualified(resource, group)
    if (!byName.has(name)) byName.set(name, { resource: name, group, kind, namespaced })
  }
  return [...byName.values()]
}

const deletable = schema.kinds.filter(
  ({ resource, verbs }) => !resource.includes('/') && needed.every((verb) => verbs.includes(verb)),
)

/** Every resource whose objects may have owners or be owners. */
export const collectedKinds: readonly StoredKind[] = stored(deletable.filter((kind) => !isEvents(kind)))
const ownObjects = ownKinds.filter(({ resource }) => !resource.includes('/'))
/** Every resource that may have objects in a namespace; kinds of ours go with it although no client may delete them. */
export const namespacedKinds: readonly StoredKind[] = stored(
  [...deletable, ...ownObjects].filter((kind) => kind.namespaced && !(isEvents(kind) && kind.group !== '')),
)

const byGroupKind = new Map(collectedKinds.map((kind) => [`${kind.group}/${kind.kind}`, kind]))

/** The kind that an owner reference names; undefined when it is not served here. */
export function kindOfReference(apiVersion: string, kind: string): StoredKind | undefined {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['']
  return byGroupKind.get(`${group}/${kind}`)
}
