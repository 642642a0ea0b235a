/**
 * How a namespace goes: everything in it is deleted, and when nothing is left it may itself go.
 *
 * @source kubernetes v1.36 pkg/controller/namespace/deletion/namespaced_resources_deleter.go
 */
import type { KubeObject } from '../../apimachinery/index.ts'
import type { Namespace, NamespaceCondition } from '../../apis/core/index.ts'
import { formatTime, type Instant } from '../../base/index.ts'

export const namespaceFinalizer = 'kubernetes'

/** What is left of one resource in the namespace. */
export type Remainder = { readonly resource: string; readonly objects: readonly KubeObject[] }

export type NamespaceDeletionAction =
  | { readonly kind: 'Delete'; readonly resource: string; readonly object: KubeObject }
  | { readonly kind: 'UpdateStatus'; readonly conditions: readonly NamespaceCondition[] }
  /** Take this controller's finalizer from the spec. */
  | { readonly kind: 'Finalize'; readonly finalizers: readonly string[] }

export type NamespaceSnapshot = {
  readonly namespace: Namespace
  readonly remainders: readonly Remainder[]
  /** Why the last deletions of content failed; empty when all were accepted. */
  readonly failures?: readonly string[] | undefined
}

/** Whether this controller still has to empty the namespace. */
export const isEmptied = ({ metadata, spec }: Namespace): boolean =>
  metadata.deletionTimestamp !== undefined && spec?.finalizers?.includes(namespaceFinalizer) === true

/** Deletes what is not being deleted yet, says what it waits for, and lets go of the empty namespace. */
export function planNamespaceDeletion(snapshot: NamespaceSnapshot, now: Instant): readonly NamespaceDeletionAction[] {
  const { namespace, remainders } = snapshot
  if (!isEmptied(namespace)) return []
  const left = remainders.filter(({ objects }) => objects.length > 0)
  const actions: NamespaceDeletionAction[] = left.flatMap(({ resource, objects }) =>
    objects
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map((object) => ({ kind: 'Delete', resource, object }) as const),
  )
  const conditions = conditionsOf(namespace, left, snapshot.failures ?? [], now)
  if (left.length > 0 && actions.length === 0 && conditions !== namespace.status?.conditions) {
    return [{ kind: 'UpdateStatus', conditions }]
  }
  if (left.length > 0) return actions
  const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== namespaceFinalizer)
  return [{ kind: 'Finalize', finalizers }]
}

type Wanted = Pick<NamespaceCondition, 'type' | 'status' | 'reason' | 'message'>

function conditionsOf(
  { status }: Namespace,
  left: readonly Remainder[],
  failures: readonly string[],
  now: Instant,
): readonly NamespaceCondition[] {
  const old = status?.conditions ?? []
  const wanted = [...fixedConditions(failures), remainingCondition(left), finalizersCondition(left)]
  const isSame =
    old.length === wanted.length &&
    wanted.every(({ type, status, reason, message }) => {
      const there = old.find((condition) => condition.type === type)
      return there?.status === status && there?.reason === reason && there?.message === message
    })
  if (isSame) return old
  return wanted.map((condition) => {
    const there = old.find(({ type }) => type === condition.type)
    const kept = there?.status === condition.status ? there?.lastTransitionTime : undefined
    return { ...condition, lastTransitionTime: kept ?? formatTime(now) }
  })
}

const fixedConditions = (failures: readonly string[]): readonly Wanted[] => [
  {
    type: 'NamespaceDeletionDiscoveryFailure',
    status: 'False',
    reason: 'ResourcesDiscovered',
    message: 'All resources successfully discovered',
  },
  {
    type: 'NamespaceDeletionGroupVersionParsingFailure',
    status: 'False',
    reason: 'ParsedGroupVersions',
    message: 'All legacy kube types successfully parsed',
  },
  failures.length === 0
    ? {
        type: 'NamespaceDeletionContentFailure',
        status: 'False',
        reason: 'ContentDeleted',
        message: 'All content successfully deleted, may be waiting on finalization',
      }
    : {
        type: 'NamespaceDeletionContentFailure',
        status: 'True',
        reason: 'ContentDeletionFailed',
        message: `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
      },
]

function remainingCondition(left: readonly Remainder[]): Wanted {
  const counts = left.map(({ resource, objects }) => `${dotted(resource)} has ${objects.length} resource instances`)
  if (counts.length === 0) {
    return {
      type: 'NamespaceContentRemaining',
      status: 'False',
      reason: 'ContentRemoved',
      message: 'All content successfully removed',
    }
  }
  return {
    type: 'NamespaceContentRemaining',
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${counts.sort().join(', ')}`,
  }
}

function finalizersCondition(left: readonly Remainder[]): Wanted {
  const counts = new Map<string, number>()
  for (const { objects } of left) {
    for (const { metadata } of objects) {
      for (const name of metadata.finalizers ?? []) counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  if (counts.size === 0) {
    return {
      type: 'NamespaceFinalizersRemaining',
      status: 'False',
      reason: 'ContentHasNoFinalizers',
      message: 'All content-preserving finalizers finished',
    }
  }
  const texts = [...counts].map(([name, count]) => `${name} in ${count} resource instances`).sort()
  return {
    type: 'NamespaceFinalizersRemaining',
    status: 'True',
    reason: 'SomeFinalizersRemain',
    message: `Some content in the namespace has finalizers remaining: ${texts.join(', ')}`,
  }
}

/** `pods` and `jobs.batch` as `pods.` and `jobs.batch`, which is how upstream writes a resource of core. */
const dotted = (resource: string): string => (resource.includes('.') ? resource : `${resource}.`)
