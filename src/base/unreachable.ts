/** Ends an exhaustive switch: compiles only while every case has been handled. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`)
}

/** States what must hold where going on would corrupt data. Stays on in production. */
export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`assertion failed: ${what}`)
}
