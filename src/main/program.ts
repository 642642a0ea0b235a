/** What a program gets of a server that it has started: the API in plain calls, which throw where they fail. */
import type { KubeObject, Status } from '../apimachinery/index.ts'
import type { CronJob, Job } from '../apis/batch/index.ts'
import type { Pod } from '../apis/core/index.ts'
import type { Result } from '../base/index.ts'
import { statusText } from '../cli/index.ts'
import type { Client } from '../client/index.ts'

/** Why a call failed, in one sentence; `status` is the server's own answer, where it gave one. */
export class JobdError extends Error {
  readonly status: Status | undefined
  constructor(message: string, status?: Status, options?: ErrorOptions) {
    super(message, options)
    this.name = 'JobdError'
    this.status = status
  }
}

/** A manifest as YAML or JSON text, which may hold several, or as an object, or objects. */
export type Manifests = string | object | readonly object[]

export type Place = { readonly namespace?: string | undefined }

/** The API of a running server, for the program that started it. Names without a namespace are in `default`. */
export type Program = {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string
  /** The text of an administrator's kubeconfig: for `KubeConfig.loadFromString` of @kubernetes/client-node, or a file. */
  readonly kubeconfig: string
  /** Every call of the API, in process; what fails is a value, not an exception. */
  readonly client: Client
  /** Applies manifests (server-side, by force) in order and answers the objects; the first that is refused throws. */
  readonly apply: (manifests: Manifests, place?: Place) => Promise<readonly KubeObject[]>
  readonly job: (name: string, place?: Place) => Promise<Job>
  readonly cronJob: (name: string, place?: Place) => Promise<CronJob>
  readonly pod: (name: string, place?: Place) => Promise<Pod>
  /** All Jobs of a namespace, by name. */
  readonly jobs: (place?: Place) => Promise<readonly Job[]>
  /** Waits until a Job is complete or failed, and answers it; throws when it is not there, or goes away. */
  readonly finished: (name: string, place?: Place) => Promise<Job>
  /** Deletes a Job with its pods, or whatever `resource` names, such as `cronjob` or `cronjobs.batch`. */
  readonly remove: (name: string, place?: Place & { readonly resource?: string }) => Promise<void>
  /** Ends the server in order. */
  readonly stop: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** The value, or its failure thrown. */
export function unwrap<T>(result: Result<T, Status>): T {
  if (result.ok) return result.value
  throw new JobdError(statusText(result.error), result.error)
}
