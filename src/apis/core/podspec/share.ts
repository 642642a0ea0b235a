/** Copy on write: what does not change stays the very same object. */

/** Maps a list and returns the list itself when no item changed. Lists that are always written are `null` when they are empty. */
export function mapShared<T>(items: readonly T[] | undefined, change: (item: T) => T): readonly T[] | undefined {
  if (!items) return items
  let copy: T[] | undefined
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as T
    const changed = change(item)
    if (changed !== item && copy === undefined) copy = items.slice(0, i)
    copy?.push(changed)
  }
  return copy ?? items
}

/** The record without one key. */
export function without<T extends object, K extends keyof T>(record: T, key: K): T {
  const copy = { ...record }
  delete copy[key]
  return copy
}
