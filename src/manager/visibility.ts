/**
 * Reading one's own writes: before the next pass over a key its snapshot must contain what earlier passes wrote, or pods
 * would be made or counted twice. Usually it does already, and nothing waits.
 */
import type { KubeObject } from '../apimachinery/index.ts'
import { type Informer, keyOf, versionOf } from './informer.ts'

type Expectation = { readonly until: (holds: () => boolean) => Promise<void>; readonly holds: () => boolean }

export type Visibility = {
  /** A write answered with this object: its version must have arrived. */
  readonly wrote: <T extends KubeObject>(key: string, informer: Informer<T>, object: T) => void
  /** The object must be gone, or in a state that `shows` the write. */
  readonly changed: <T extends KubeObject>(
    key: string,
    informer: Informer<T>,
    object: T,
    shows: (seen: T) => boolean,
  ) => void
  /** A delete was accepted: the object must be gone, or known to be going. */
  readonly deleted: <T extends KubeObject>(key: string, informer: Informer<T>, object: T) => void
  /** Resolves when all writes of the key are visible; undefined when they are. */
  readonly waitFor: (key: string) => Promise<void> | undefined
  readonly forget: (key: string) => void
}

export function createVisibility(): Visibility {
  const expected = new Map<string, Expectation[]>()

  function expect(key: string, { until }: Pick<Expectation, 'until'>, holds: () => boolean): void {
    if (holds()) return
    const list = expected.get(key)
    if (list === undefined) expected.set(key, [{ until, holds }])
    else list.push({ until, holds })
  }

  function changed<T extends KubeObject>(key: string, informer: Informer<T>, object: T, shows: (seen: T) => boolean) {
    const { uid } = object.metadata
    const objectKey = keyOf(object)
    expect(key, informer, () => {
      const there = informer.get(objectKey)
      return there === undefined || there.metadata.uid !== uid || shows(there)
    })
  }

  return {
    wrote(key, informer, object) {
      const version = versionOf(object.metadata.resourceVersion)
      expect(key, informer, () => informer.revision() >= version)
    },
    changed,
    deleted: (key, informer, object) =>
      changed(key, informer, object, ({ metadata }) => metadata.deletionTimestamp !== undefined),
    waitFor(key) {
      const list = expected.get(key)
      if (list === undefined) return undefined
      expected.delete(key)
      const open = list.filter(({ holds }) => !holds())
      if (open.length === 0) return undefined
      return Promise.all(open.map(({ until, holds }) => until(holds))).then(() => undefined)
    },
    forget: (key) => {
      expected.delete(key)
    },
  }
}
