/** What all parts of the registry share: the state, and what is known of each resource. */
import type { KindSchema, KubeObject, Subject } from '../../apimachinery/index.ts'
import { qualified } from '../../apimachinery/index.ts'
import type { ApiOptions, Strategy } from '../../apis/index.ts'
import type { Clock, Log, Random } from '../../base/index.ts'
import type { ResourceName } from '../../client/index.ts'
import type { Store } from '../../storage/revision/index.ts'
import type { Admission } from '../admission/index.ts'
import type { Cache, ResourceCache, StoredResource } from '../cache/index.ts'
import type { CreateHandler } from './api.ts'

/** Two forms of the same objects: one API shows what another one stores. */
export type View = {
  readonly fromStored: (object: KubeObject) => KubeObject
  readonly toStored: (object: KubeObject) => KubeObject
}

/** One resource with objects of its own, as one API group shows it. */
export type Resource = {
  readonly name: ResourceName
  readonly kind: KindSchema
  /** By name, the kinds of its subresources. */
  readonly subresources: ReadonlyMap<string, KindSchema>
  readonly strategy: Strategy
  /** Where its objects lie; `events` and `events.events.k8s.io` share one place. */
  readonly stored: StoredResource
  readonly view?: View | undefined
}

export type Registry = {
  readonly store: Store
  readonly cache: Cache
  readonly clock: Clock
  readonly random: Random
  readonly newUid: () => string
  readonly options: ApiOptions
  readonly log: Log
  readonly resources: ReadonlyMap<ResourceName, Resource>
  readonly admission: Admission
  /**
   * Objects that upstream would have stored with fewer defaults than it shows: the next write of one is a write even when
   * it changes nothing.
   */
  readonly lateDefaults: WeakSet<KubeObject>
  /** How many objects a list that is read from disk has from a key on, for pages that were answered lately. */
  readonly remainders: Map<string, number>
}

/** A kind that is served but not stored (reviews), or a subresource without an object of its own. */
export type Handled = { readonly kind: KindSchema; readonly handle: CreateHandler }

/** All keys of the API lie under it. */
export const root = '/registry/'

export const cacheOf = (registry: Registry, resource: Resource): ResourceCache =>
  registry.cache.resource(resource.stored.name)

/** The key of an object within its resource: `default/pi`, or the name alone in cluster scope. */
export const keyOf = ({ kind }: Resource, namespace: string, name: string): string =>
  kind.namespaced ? `${namespace}/${name}` : name

export const storeKeyOf = (resource: Resource, namespace: string, name: string): string =>
  resource.stored.prefix + keyOf(resource, namespace, name)

export const subjectOf = ({ kind }: Resource, name?: string): Subject => ({
  resource: kind.resource,
  group: kind.group,
  name,
})

/** Who errors about the kind are about: Upstream names the kind there, not the resource. */
export const kindSubjectOf = ({ kind }: Resource, name: string): Subject => ({
  resource: kind.kind,
  group: kind.group,
  name,
})

export const resourceNameOf = ({ resource, group }: KindSchema): ResourceName => qualified(resource, group)
