/** Objects of one resource by key, listed in the order of keys; sorted again only after keys came or went. */
import type { KubeObject } from '../../apimachinery/index.ts'

type Entry = { readonly key: string; object: KubeObject | undefined }

export type KeyedObject = { readonly key: string; readonly object: KubeObject }

export type SortedEntries = {
  readonly get: (key: string) => KubeObject | undefined
  readonly set: (key: string, object: KubeObject) => void
  readonly delete: (key: string) => void
  readonly size: () => number
  /** In order of keys: those that start with `prefix` and are not before `from`. */
  readonly list: (prefix: string, from?: string) => readonly KubeObject[]
  /** As `list`, with the keys. */
  readonly entries: (prefix: string, from?: string) => readonly KeyedObject[]
}

export function newSortedEntries(): SortedEntries {
  const byKey = new Map<string, Entry>()
  let sorted: Entry[] = []
  let added: Entry[] = []
  let gone = 0

  function settle(): void {
    if (gone > 0) {
      sorted = sorted.filter((entry) => entry.object !== undefined)
      added = added.filter((entry) => entry.object !== undefined)
      gone = 0
    }
    if (added.length === 0) return
    added.sort((a, b) => (a.key < b.key ? -1 : 1))
    sorted = merge(sorted, added)
    added = []
  }

  function collect<T>(prefix: string, from: string | undefined, pick: (key: string, object: KubeObject) => T): T[] {
    settle()
    const start = firstAtLeast(sorted, from !== undefined && from > prefix ? from : prefix)
    const found: T[] = []
    for (let i = start; i < sorted.length; i++) {
      const { key, object } = sorted[i] as Entry
      if (!key.startsWith(prefix)) break
      if (object !== undefined) found.push(pick(key, object))
    }
    return found
  }

  return {
    get: (key) => byKey.get(key)?.object,
    set(key, object) {
      const known = byKey.get(key)
      if (known !== undefined) {
        known.object = object
        return
      }
      const entry = { key, object }
      byKey.set(key, entry)
      added.push(entry)
    },
    delete(key) {
      const known = byKey.get(key)
      if (known === undefined) return
      known.object = undefined
      byKey.delete(key)
      gone++
    },
    size: () => byKey.size,
    list: (prefix, from) => collect(prefix, from, (_, object) => object),
    entries: (prefix, from) => collect(prefix, from, (key, object) => ({ key, object })),
  }
}

function merge(a: readonly Entry[], b: readonly Entry[]): Entry[] {
  const last = a.at(-1)
  const first = b[0]
  if (last === undefined || first === undefined || last.key < first.key) return [...a, ...b]
  const merged: Entry[] = []
  let i = 0
  for (const entry of b) {
    while (i < a.length && (a[i] as Entry).key < entry.key) merged.push(a[i++] as Entry)
    merged.push(entry)
  }
  while (i < a.length) merged.push(a[i++] as Entry)
  return merged
}

function firstAtLeast(entries: readonly Entry[], key: string): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle] as Entry).key < key) low = middle + 1
    else high = middle
  }
  return low
}
