/** Pods whose end a test decides on. */

import type { ContainerConfig } from '../../agent/runtime/index.ts'
import type { VirtualRun, VirtualRuntime } from '../../agent/virtual/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { checkNames, type NamesOf } from '../given.ts'
import { JobdError } from '../program.ts'

export type EndOptions = {
  /** Which container ends; all that run when absent. */
  readonly container?: string | undefined
  /** What the program leaves in its termination message file. */
  readonly message?: string | undefined
}

/** A pod whose containers run until the test ends them. */
export type TestPod = {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  /** Of the Job that owns it. */
  readonly job: string | undefined
  /** Of an Indexed Job. */
  readonly index: number | undefined
  /** The containers that run now, each with its command and environment as a program would see them. */
  readonly containers: readonly ContainerConfig[]
  /** Its containers end with 0. Resolves once everything that follows from it without time passing has happened. */
  readonly succeed: (options?: EndOptions) => Promise<void>
  /** Its containers end with a code other than 0: 1 when absent. Resolves as `succeed` does. */
  readonly fail: (exitCode?: number, options?: EndOptions) => Promise<void>
  /** Appends to the log of a container: of the first that runs when none is named. */
  readonly log: (text: string, container?: string) => void
}

const endNames: NamesOf<EndOptions> = { container: true, message: true }

type PodContext = {
  readonly runtime: VirtualRuntime
  /** Resolves when everything has happened that happens without time passing. */
  readonly settled: () => Promise<void>
  /** Throws once the cluster was stopped. */
  readonly checkRuns: () => void
}

/** The pod as a test sees it, with the runs that are up at the time of each call. */
export function testPod(pod: Pod, { runtime, settled, checkRuns }: PodContext): TestPod {
  const { name = '', namespace = '', uid = '', labels = {} } = pod.metadata
  const index = labels['batch.kubernetes.io/job-completion-index']
  const running = (container?: string): readonly VirtualRun[] => {
    checkRuns()
    const found = runtime
      .running()
      .filter(({ config: { key } }) => key.podUid === uid && (container === undefined || key.container === container))
    if (found.length > 0) return found
    const what = container === undefined ? 'no running container' : `no running container ${container}`
    throw new JobdError(`pod ${namespace}/${name} has ${what}: it has ended, or time must pass before it starts again`)
  }
  const end = async (exitCode: number, options: EndOptions): Promise<void> => {
    checkNames(exitCode === 0 ? 'succeed' : 'fail', options, endNames)
    const { container, message } = options
    for (const { config } of running(container)) runtime.end(config.key, exitCode, message)
    await settled()
  }
  return {
    name,
    namespace,
    uid,
    job: labels['batch.kubernetes.io/job-name'],
    index: index === undefined ? undefined : Number(index),
    get containers() {
      return runtime
        .running()
        .filter(({ config: { key } }) => key.podUid === uid)
        .map(({ config }) => config)
    },
    succeed: (options = {}) => end(0, options),
    fail: (exitCode = 1, options = {}) => {
      if (!(Number.isInteger(exitCode) && exitCode > 0 && exitCode < 256))
        throw new RangeError(`an exit code that fails is 1 to 255, not ${exitCode}`)
      return end(exitCode, options)
    },
    log: (text, container) => {
      const [first] = running(container)
      if (first !== undefined) runtime.write(first.config.key, text)
    },
  }
}
