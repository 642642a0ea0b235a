/** The logs of pods as the API serves them: the contract between the node agent and the server's `pods/log`. */
import type { Status } from '../../apimachinery/index.ts'
import type { Instant, Result } from '../../base/index.ts'

export type LogRequest = {
  readonly namespace: string
  readonly pod: string
  /** May be left out when the pod has one container. */
  readonly container?: string | undefined
  /** The run before the newest one. */
  readonly previous?: boolean | undefined
  /** Go on until the run ends. */
  readonly follow?: boolean | undefined
  readonly sinceSeconds?: number | undefined
  readonly sinceTime?: Instant | undefined
  /** Each line begins with its time in RFC 3339 and a space. */
  readonly timestamps?: boolean | undefined
  /** Only so many lines from the end; 0 is none, and follows all the same. */
  readonly tailLines?: number | undefined
  /** At most so many bytes in all. */
  readonly limitBytes?: number | undefined
}

/** The runs of a Job's pods, also of those that are gone. */
export type JobLogRequest = Pick<
  LogRequest,
  'sinceSeconds' | 'sinceTime' | 'timestamps' | 'tailLines' | 'limitBytes'
> & {
  readonly namespace: string
  readonly job: string
  /** Only runs of this container; of all when absent or empty. */
  readonly container?: string | undefined
}

export type PodLogs = {
  /** Opens what was written by all runs of a Job, one after the other; options hold for each run. Does not follow. */
  readonly openJob: (request: JobLogRequest) => Promise<Result<AsyncIterable<Uint8Array>, Status>>
  /**
   * Opens a log. The chunks end when everything was read, or with `follow` when the run has ended; ending the iteration
   * early lets go of everything. Fails with the `Status` that upstream answers (400, 404, 422).
   */
  readonly open: (request: LogRequest) => Promise<Result<AsyncIterable<Uint8Array>, Status>>
}
