/**
 * What becomes of an object because of its owners, and of an owner because of its dependents.
 *
 * @source kubernetes v1.36 pkg/controller/garbagecollector/garbagecollector.go, attemptToDeleteItem,
 * processDeletingDependentsItem, orphanDependents
 */
import type { KubeObject, OwnerReference } from '../../apimachinery/index.ts'

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

/** `waiting`: the owner itself waits until its dependents are gone. `dangling`: it is not there, or another one is. */
export type OwnerState = 'solid' | 'waiting' | 'dangling'
export type ClassifiedOwner = { readonly reference: OwnerReference; readonly state: OwnerState }

export type CollectionAction =
  | { readonly kind: 'Keep' }
  /** Patch away the references to these owners. */
  | { readonly kind: 'DropReferences'; readonly uids: readonly string[] }
  /** `unblock`: first make its own references non-blocking, which breaks a circle of waiting objects. */
  | {
      readonly kind: 'Delete'
      readonly propagation: 'Orphan' | 'Background' | 'Foreground'
      readonly unblock: boolean
    }

const keep: CollectionAction = { kind: 'Keep' }

const hasFinalizer = ({ metadata }: KubeObject, name: string): boolean => metadata.finalizers?.includes(name) === true

/** Asked to go after its dependents have gone. */
export const awaitsDependents = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, foregroundFinalizer)
/** Asked to go and to leave its dependents behind. */
export const orphansDependents = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp !== undefined && hasFinalizer(object, orphanFinalizer)

/** The state of one owner: `owner` is what bears its name now, undefined when nothing does. */
export function classifyOwner(reference: OwnerReference, owner: KubeObject | undefined): ClassifiedOwner {
  if (owner === undefined || owner.metadata.uid !== reference.uid) return { reference, state: 'dangling' }
  return { reference, state: awaitsDependents(owner) ? 'waiting' : 'solid' }
}

/** What to do with an object that has owners. `dependents` are those that name it as an owner. */
export function planCollection(
  object: KubeObject,
  owners: readonly ClassifiedOwner[],
  dependents: readonly KubeObject[],
): CollectionAction {
  if (owners.length === 0 || object.metadata.deletionTimestamp !== undefined) return keep
  const lost = owners.filter(({ state }) => state !== 'solid')
  if (lost.length === 0) return keep
  if (lost.length < owners.length) return { kind: 'DropReferences', uids: lost.map(({ reference }) => reference.uid) }
  if (lost.some(({ state }) => state === 'waiting') && dependents.length > 0) {
    return { kind: 'Delete', propagation: 'Foreground', unblock: dependents.some(awaitsDependents) }
  }
  return { kind: 'Delete', propagation: ownPropagation(object), unblock: false }
}

function ownPropagation(object: KubeObject): 'Orphan' | 'Background' | 'Foreground' {
  if (hasFinalizer(object, orphanFinalizer)) return 'Orphan'
  return hasFinalizer(object, foregroundFinalizer) ? 'Foreground' : 'Background'
}

export type OwnerAction =
  | { readonly kind: 'Keep' }
  /** Look at these dependents: they have to go before their owner may. */
  | { readonly kind: 'Collect'; readonly dependents: readonly KubeObject[] }
  /** Take the references to the owner from all of these, then its finalizer. */
  | { readonly kind: 'Orphan'; readonly dependents: readonly KubeObject[] }
  | { readonly kind: 'RemoveFinalizer'; readonly finalizer: string }

/** What to do for an owner that was asked to go in a way that concerns its dependents. */
export function planOwner(owner: KubeObject, dependents: readonly KubeObject[]): OwnerAction {
  if (orphansDependents(owner)) {
    return dependents.length > 0
      ? { kind: 'Orphan', dependents }
      : { kind: 'RemoveFinalizer', finalizer: orphanFinalizer }
  }
  if (!awaitsDependents(owner)) return { kind: 'Keep' }
  const blocking = dependents.filter((dependent) => blocks(dependent, owner.metadata.uid))
  if (blocking.length === 0) return { kind: 'RemoveFinalizer', finalizer: foregroundFinalizer }
  return { kind: 'Collect', dependents: blocking.filter((dependent) => !awaitsDependents(dependent)) }
}

const blocks = ({ metadata }: KubeObject, uid: string | undefined): boolean =>
  metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true) === true

/** The strategic merge patch that takes references to owners away; the uid guards against a namesake. */
export const dropReferences = ({ metadata: { uid } }: KubeObject, owners: readonly string[]) => ({
  metadata: { uid, ownerReferences: owners.map((owner) => ({ $patch: 'delete', uid: owner })) },
})

/** The strategic merge patch that makes all references of an object non-blocking. */
export const unblockReferences = ({ metadata: { uid, ownerReferences = [] } }: KubeObject) => ({
  metadata: {
    uid,
    ownerReferences: ownerReferences
      .filter(({ blockOwnerDeletion }) => blockOwnerDeletion === true)
      .map((reference) => ({ ...reference, blockOwnerDeletion: false })),
  },
})
