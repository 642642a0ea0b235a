/** A binary heap: the smallest element first, equal ones in the order in which they came. */
export type Heap<T> = {
  readonly push: (order: number, value: T) => void
  readonly peek: () => { readonly order: number; readonly value: T } | undefined
  readonly pop: () => void
  /** Throws out all elements that are not `kept`; the others keep their order. */
  readonly retain: (kept: (value: T) => boolean) => void
  readonly size: () => number
}

type Item<T> = { readonly order: number; readonly turn: number; readonly value: T }

export function createHeap<T>(): Heap<T> {
  const items: Item<T>[] = []
  let turns = 0
  const at = (i: number): Item<T> => items[i] as Item<T>
  const before = (a: Item<T>, b: Item<T>): boolean => a.order < b.order || (a.order === b.order && a.turn < b.turn)

  function rise(from: number, item: Item<T>): void {
    let i = from
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(item, at(parent))) break
      items[i] = at(parent)
      i = parent
    }
    items[i] = item
  }

  function sink(item: Item<T>): void {
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= items.length) break
      if (child + 1 < items.length && before(at(child + 1), at(child))) child++
      if (!before(at(child), item)) break
      items[i] = at(child)
      i = child
    }
    items[i] = item
  }

  function put(item: Item<T>): void {
    items.push(item)
    rise(items.length - 1, item)
  }

  return {
    push: (order, value) => put({ order, turn: turns++, value }),
    peek: () => items[0],
    pop() {
      const last = items.pop()
      if (last !== undefined && items.length > 0) sink(last)
    },
    retain(kept) {
      const rest = items.filter(({ value }) => kept(value))
      items.length = 0
      for (const item of rest) put(item)
    },
    size: () => items.length,
  }
}
