/** What programs hand in: those in JavaScript may give anything, and what nobody reads must not be passed over in silence. */
import type { Log } from '../base/index.ts'
import { JobdError } from './program.ts'

/** Every name of an object of options, so that the compiler tells of one that is forgotten. */
export type NamesOf<T> = Readonly<Record<keyof T & string, true>>

/** Throws a JobdError unless `given` is absent, or an object that has only known names; `what`: who takes it. */
export function checkNames(what: string, given: unknown, known: Readonly<Record<string, true>>): void {
  if (given === undefined) return
  const names = Object.keys(known)
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new JobdError(`${what} takes { ${names.join(', ')} }, not ${told(given)}`)
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue
    const near = nearestOf(name, names)
    const remedy = near === undefined ? `it takes ${names.join(', ')}` : `did you mean ${near}?`
    throw new JobdError(`${what} has no option ${name}: ${remedy}`)
  }
}

/** Throws a JobdError where a value is there and is not what an option takes. */
export function checkValue(name: string, value: unknown, takes: string, isRight: (value: unknown) => boolean): void {
  if (value !== undefined && !isRight(value)) throw new JobdError(`${name} takes ${takes}, not ${told(value)}`)
}

const logLevels: NamesOf<Log> = { debug: true, info: true, warn: true, error: true }

/** The options that every server of a program has. */
export function checkCommon(options: {
  readonly exact?: unknown
  readonly log?: unknown
  readonly timeZone?: unknown
}) {
  const { exact, log, timeZone } = options
  checkValue('exact', exact, 'true or false', (value) => typeof value === 'boolean')
  checkValue('timeZone', timeZone, 'an IANA time zone such as Asia/Tokyo', (value) => typeof value === 'string')
  const levels = Object.keys(logLevels)
  checkValue('log', log, `{ ${levels.join(', ')} }, each a function`, (value) =>
    levels.every((level) => typeof (Object(value) as Record<string, unknown>)[level] === 'function'),
  )
}

/** A value in a message. */
export const told = (given: unknown): string =>
  given instanceof Promise ? 'a promise' : (JSON.stringify(given) ?? String(given))

/** The name that was likely meant, whatever its case; undefined when none is near. */
function nearestOf(name: string, names: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[-_]/g, '')
  const ranked = names
    .map((known) => ({ known, far: changesBetween(plain(name), plain(known)) }))
    .sort((a, b) => a.far - b.far)
  const [first] = ranked
  return first !== undefined && first.far <= Math.max(2, name.length / 3) && first.far < first.known.length
    ? first.known
    : undefined
}

/** How many letters must be added, left out or replaced to make one text of the other. */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (letter === to[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced))
    }
    row = next
  }
  return row[to.length] ?? 0
}
