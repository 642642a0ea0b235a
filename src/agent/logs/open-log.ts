/** Opening the log of a pod's container: which run it is, whether it has a log, and which part of it is asked for. */
import { open } from 'node:fs/promises'
import {
  badRequest,
  type FieldError,
  forbiddenField,
  invalid,
  invalidFields,
  type Status,
} from '../../apimachinery/index.ts'
import type { Container, ContainerStatus, Pod } from '../../apis/core/index.ts'
import { after, type Clock, fail, type Instant, millis, ok, parseTime, type Result } from '../../base/index.ts'
import type { ContainerKey } from '../runtime/index.ts'
import { lastAttemptOf } from './kept-run.ts'
import { lineStart, tailOffset } from './log-file.ts'
import type { LogSpace } from './log-space.ts'
import { type RunEnd, streamLog } from './log-stream.ts'
import { readNotes, sizeBefore, stampOfByte } from './log-times.ts'
import type { LogRequest } from './pod-logs.ts'

export type LogSource = {
  readonly clock: Clock
  readonly logPath: (key: ContainerKey) => string
  readonly runEnd: (key: ContainerKey) => RunEnd
  readonly space: LogSpace
}

export type Opened = Result<AsyncIterable<Uint8Array>, Status>

/** Opens the log of a container of `pod`, whose status is the newest that the node knows. */
export async function openLog(source: LogSource, pod: Pod, request: LogRequest): Promise<Opened> {
  const wrong = optionsStatus(request)
  if (wrong !== undefined) return fail(wrong)
  const container = containerOf(pod, request.container)
  if (!container.ok) return container
  if ((pod.spec.nodeName ?? '') === '') return ok(nothing)
  const run = runOf(pod, container.value, request.previous === true)
  if (!run.ok) return run
  const key = { podUid: pod.metadata.uid ?? '', container: container.value, attempt: run.value.attempt }
  const end = request.follow === true ? source.runEnd(key) : undefined
  return ok(await openFile(source, { path: source.logPath(key), finishedAt: run.value.finishedAt, end }, request))
}

const nothing: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} }

/** @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidatePodLogOptions */
function optionsStatus({ tailLines, limitBytes, sinceSeconds, sinceTime, pod }: LogRequest): Status | undefined {
  const isSinceBelow = sinceSeconds !== undefined && sinceSeconds < 1
  const errors: readonly FieldError[] = [
    ...(tailLines !== undefined && tailLines < 0
      ? [invalid('tailLines', tailLines, 'must be greater than or equal to 0')]
      : []),
    ...(limitBytes !== undefined && limitBytes < 1
      ? [invalid('limitBytes', limitBytes, 'must be greater than 0')]
      : []),
    ...(sinceSeconds !== undefined && sinceTime !== undefined
      ? [forbiddenField('', 'at most one of `sinceTime` or `sinceSeconds` may be specified')]
      : isSinceBelow
        ? [invalid('sinceSeconds', sinceSeconds, 'must be greater than 0')]
        : []),
  ]
  return errors.length === 0 ? undefined : invalidFields({ group: '', kind: 'PodLogOptions' }, pod, errors)
}

/** @source kubernetes v1.36 pkg/registry/core/pod/strategy.go, LogLocation */
function containerOf({ metadata, spec }: Pod, wanted: string | undefined): Result<string, Status> {
  const names = (list: readonly Container[]) => list.map(({ name }) => name)
  const apps = names(spec.containers)
  const inits = names(spec.initContainers ?? [])
  if (wanted !== undefined && wanted !== '') {
    const isKnown = apps.includes(wanted) || inits.includes(wanted)
    return isKnown ? ok(wanted) : fail(badRequest(`container ${wanted} is not valid for pod ${metadata.name}`))
  }
  const [only] = apps
  if (apps.length === 1 && only !== undefined) return ok(only)
  const more = inits.length === 0 ? '' : ` or one of the init containers: [${inits.join(' ')}]`
  const choice = `choose one of: [${apps.join(' ')}]${more}`
  return fail(badRequest(`a container name must be specified for pod ${metadata.name}, ${choice}`))
}

type Run = { readonly attempt: number; readonly finishedAt?: Instant | undefined }

/** @source kubernetes v1.36 pkg/kubelet/kubelet_pods.go, validateContainerLogStatus */
function runOf({ metadata, status }: Pod, container: string, previous: boolean): Result<Run, Status> {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
  const found: ContainerStatus | undefined = all.find(({ name }) => name === container)
  const where = `container "${container}" in pod "${metadata.name}"`
  if (found === undefined) return fail(badRequest(`${where} is waiting to start: ContainerCreating`))
  const { state, lastState, restartCount } = found
  const last = lastState.terminated
  if (previous) {
    if (last?.containerID === undefined) return fail(badRequest(`previous terminated ${where} not found`))
    return ok({ attempt: lastAttemptOf(found), finishedAt: timeOf(last.finishedAt) })
  }
  if (state.running !== undefined) return ok({ attempt: restartCount })
  // One that was never to run again shows the run before.
  const ran = state.terminated?.containerID === undefined ? undefined : state.terminated
  const ended = ran ?? last ?? state.terminated
  if (ended === undefined) return fail(badRequest(`${where} is waiting to start: ${waitingFor(state.waiting?.reason)}`))
  if (ended.containerID === undefined) return fail(badRequest(`${where} is terminated`))
  const attempt = state.terminated === undefined ? lastAttemptOf(found) : restartCount
  return ok({ attempt, finishedAt: timeOf(ended.finishedAt) })
}

function waitingFor(reason = 'ContainerCreating'): string {
  if (reason === 'ErrImagePull') return "image can't be pulled"
  return reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason
}

const timeOf = (text: string | undefined): Instant | undefined => (text === undefined ? undefined : parseTime(text))

/** A run's log file, and the end of the run where it is known. */
export type LogFile = {
  readonly path: string
  readonly finishedAt?: Instant | undefined
  /** The run may still go on: set to follow it. */
  readonly end?: RunEnd | undefined
}
export type LogPart = Pick<LogRequest, 'sinceSeconds' | 'sinceTime' | 'timestamps' | 'tailLines' | 'limitBytes'>

/** The asked part of one file; nothing when the run has written nothing, as one that could not be executed. */
export async function openFile(
  { clock, space }: Pick<LogSource, 'clock' | 'space'>,
  { path, finishedAt, end }: LogFile,
  request: LogPart,
): Promise<AsyncIterable<Uint8Array>> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return nothing
  const now = clock.now()
  const since = sinceOf(request, now)
  const notes = request.timestamps === true || since !== undefined ? readNotes(path) : []
  const last = finishedAt ?? now
  const { size } = await file.stat()
  // Times of ends are told in whole seconds, so the second that is asked for may hold the end.
  const isAllBefore = since !== undefined && finishedAt !== undefined && after(finishedAt, millis(1000)) <= since
  const asked = since === undefined ? 0 : isAllBefore ? size : await lineStart(file, sizeBefore(notes, since))
  const first = Math.max(asked, space.freed(path))
  const { tailLines } = request
  const from = tailLines === undefined ? first : await tailOffset(file, { from: first, to: size }, tailLines)
  return streamLog({
    ...{ file, path, from, space },
    follow: end,
    limitBytes: request.limitBytes,
    stampOf:
      request.timestamps === true
        ? (offset) =>
            // What comes while this is followed comes now: the notes are those of before.
            offset < size || finishedAt !== undefined ? stampOfByte(notes, offset, last) : { at: clock.now(), nanos: 0 }
        : undefined,
  })
}

const sinceOf = ({ sinceSeconds, sinceTime }: LogPart, now: Instant): Instant | undefined =>
  sinceSeconds === undefined ? sinceTime : after(now, millis(-1000 * sinceSeconds))
