/** How containers go: as the test's own function says, or as they do without one. */
import type { ContainerConfig } from '../../agent/runtime/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { fail, type Millis, millis, ok, type Result } from '../../base/index.ts'
import { checkNames, type NamesOf, told } from '../given.ts'
import { JobdError } from '../program.ts'
import { durationOf } from './duration.ts'

/** How a container goes: for how long it runs, with what code it ends, and what it writes to its log when it starts. */
export type Course = {
  /** `'90s'`, `'1h30m'`, or milliseconds of the cluster's clock; 0 ends it at once. */
  readonly duration: string | number
  /** 0 to 255; 0 when absent. */
  readonly exitCode?: number | undefined
  readonly log?: string | undefined
}

/** Told of each container that starts, with its pod as the API has it. */
export type Run = (pod: Pod, container: ContainerConfig) => Course | undefined

export type KnownCourse = { readonly duration: Millis; readonly exitCode: number; readonly log: string | undefined }

/** What is wrong with the function of a test: it runs where nobody waits for it, so whoever waits next is told. */
export type Defects = {
  readonly found: (container: ContainerConfig, cause: Error) => void
  /** Throws the first that was found. */
  readonly check: () => void
  /** Rejected with the first that is found; else pending. */
  readonly first: Promise<never>
}

export function newDefects(): Defects {
  let defect: JobdError | undefined
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  return {
    found({ pod, key }, cause) {
      if (defect !== undefined) return
      const what = `run failed for container ${key.container} of pod ${pod.namespace}/${pod.name}`
      defect = new JobdError(`${what}: ${cause.message}`, undefined, { cause })
      reject(defect)
    },
    check() {
      if (defect !== undefined) throw defect
    },
    first: promise,
  }
}

/** The course of a container; undefined where the test ends it. Fails with what is wrong with the test's own function. */
export function courseOf(
  run: Run | undefined,
  pod: Pod,
  container: ContainerConfig,
): Result<KnownCourse | undefined, Error> {
  try {
    const given = run?.(pod, container)
    return ok(known(given) ?? usualCourse(pod, container))
  } catch (error) {
    return fail(error instanceof Error ? error : new Error(String(error)))
  }
}

/** Init containers are in the way of what a test is about; sidecars are none. */
function usualCourse(pod: Pod, { key }: ContainerConfig): KnownCourse | undefined {
  const init = pod.spec.initContainers?.find(({ name }) => name === key.container)
  if (init === undefined || init.restartPolicy === 'Always') return undefined
  return { duration: millis(0), exitCode: 0, log: undefined }
}

const courseNames: NamesOf<Course> = { duration: true, exitCode: true, log: true }

/** Programs in JavaScript may answer anything. */
function known(given: Course | null | undefined): KnownCourse | undefined {
  if (given === undefined || given === null) return undefined
  if (typeof given !== 'object' || !('duration' in given))
    throw new TypeError(`it must answer { duration, exitCode, log } or undefined, not ${told(given)}`)
  checkNames('a course', given, courseNames)
  const { duration, exitCode = 0, log } = given
  if (!(Number.isInteger(exitCode) && exitCode >= 0 && exitCode < 256))
    throw new RangeError(`an exitCode is 0 to 255, not ${told(exitCode)}`)
  if (log !== undefined && typeof log !== 'string') throw new TypeError(`a log is a text, not ${told(log)}`)
  return { duration: durationOf(duration), exitCode, log }
}
