/** Reading a log over a connection that may break. */

/** Hands on what comes, no faster than it is taken; false when the connection broke before the end of the log. */
export async function readLog(
  log: AsyncIterable<Uint8Array>,
  take: (chunk: Uint8Array) => Promise<void> | undefined | void,
): Promise<boolean> {
  const iterator = log[Symbol.asyncIterator]()
  try {
    for (;;) {
      // Whatever the reason is, it is the connection's: the server says what is wrong with a log before the first byte of it.
      const next = await iterator.next().catch(() => undefined)
      if (next === undefined) return false
      if (next.done === true) return true
      await take(next.value)
    }
  } finally {
    await iterator.return?.()
  }
}
