/** Looking up by names that come from outside: `constructor` and `__proto__` are names like others. */

/** A table whose lookup finds what is in it and nothing that every object has. */
export const dictionary = <T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.assign(Object.create(null) as Record<string, T>, entries)

/** The value of a key in an object that was read from outside; undefined when it is not there, or there is no object. */
export const ownValue = <T>(entries: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  entries !== undefined && Object.hasOwn(entries, key) ? entries[key] : undefined
