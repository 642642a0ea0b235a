/** Lets only so many works go on at once; the others wait in the order in which they came. */

export type Gate = <T>(work: () => Promise<T>) => Promise<T>

export function createGate(places: number): Gate {
  const waiting: (() => void)[] = []
  const state = { free: places }
  const leave = () => {
    const next = waiting.shift()
    if (next === undefined) state.free += 1
    else next()
  }
  return async (work) => {
    if (state.free > 0) state.free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      leave()
    }
  }
}
