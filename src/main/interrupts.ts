/** SIGINT and SIGTERM for commands that follow something to its end. */

export type Interrupts = {
  /** The first: end what is followed. */
  readonly aborted: AbortSignal
  /** The second: do not wait for that. */
  readonly hurried: AbortSignal
}

/** Takes the signals of this process while something goes on. */
export async function withInterrupts<T>(act: (interrupts: Interrupts) => Promise<T>): Promise<T> {
  const abort = new AbortController()
  const hurry = new AbortController()
  const onSignal = (): void => (abort.signal.aborted ? hurry : abort).abort()
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    return await act({ aborted: abort.signal, hurried: hurry.signal })
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}
