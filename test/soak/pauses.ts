/** Pauses of real time that all end at once when there is nothing more to wait for. */
export type Pauses = {
  /** Resolves after so many milliseconds, or as soon as all pauses are ended. */
  readonly pause: (ms: number) => Promise<void>
  readonly isOver: () => boolean
  readonly end: () => void
}

export function newPauses(): Pauses {
  const over = new AbortController()
  const wakes = new Set<() => void>()
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (over.signal.aborted) return resolve()
      const wake = (): void => {
        wakes.delete(wake)
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      wakes.add(wake)
    })
  return {
    pause,
    isOver: () => over.signal.aborted,
    end() {
      over.abort()
      for (const wake of [...wakes]) wake()
    },
  }
}
