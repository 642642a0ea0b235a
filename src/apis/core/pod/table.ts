/**
 * How pods stand in tables.
 *
 * @source kubernetes v1.36 pkg/printers/internalversion/printers.go, printPod (facts: columns, status texts)
 */
import { dictionary, type Instant, parseTime } from '../../../base/index.ts'
import type { Column, RowCondition, TableDefinition } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import { isSidecar } from '../podspec/pod-resources.ts'
import type { ContainerStateTerminated, ContainerStatus, Pod } from '../types.gen.ts'

const columns: readonly Column[] = [
  nameColumn,
  column('Ready', 'string', 'How many containers are ready, of how many that run side by side.'),
  column('Status', 'string', 'What the pod is doing, or why it does not run.'),
  column('Restarts', 'string', 'How often containers were started again, and when last.'),
  ageColumn,
  column('IP', 'string', 'The address of the pod.', { priority: 1 }),
  column('Node', 'string', 'The node that the pod is bound to.', { priority: 1 }),
  column('Nominated Node', 'string', 'The node that is being cleared for the pod.', { priority: 1 }),
  column('Readiness Gates', 'string', 'How many of the extra conditions for readiness are true.', { priority: 1 }),
]

/** What the statuses of one pod add up to. */
type Tally = { reason: string; ready: number; restarts: number; lastRestart: string | undefined }

const completed = (reason: string, message: string): readonly RowCondition[] => [
  { type: 'Completed', status: 'True', reason, message },
]
const rowConditions = dictionary<readonly RowCondition[]>({
  Succeeded: completed('Succeeded', 'The pod has completed successfully.'),
  Failed: completed('Failed', 'The pod failed.'),
})

const later = (a: string | undefined, b: string | undefined): string | undefined => {
  if (!a || !b) return a || b || undefined
  return (parseTime(b) ?? 0) > (parseTime(a) ?? 0) ? b : a
}

function endReason({ reason, signal, exitCode }: ContainerStateTerminated): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`)
}

const hasTrueCondition = (pod: Pod, type: string): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true

/** The text of an init container that holds the pod back, or nothing when it does not. */
function initReason(status: ContainerStatus, index: number, pod: Pod): string | undefined {
  const { state, name } = status
  if (state?.terminated?.exitCode === 0) return undefined
  const container = pod.spec.initContainers?.find((candidate) => candidate.name === name)
  if (container !== undefined && isSidecar(container) && status.started === true) return undefined
  if (state?.terminated !== undefined) return `Init:${endReason(state.terminated)}`
  const waiting = state?.waiting?.reason
  if (waiting && waiting !== 'PodInitializing') return `Init:${waiting}`
  return `Init:${index}/${pod.spec.initContainers?.length ?? 0}`
}

/** Goes through the init containers up to the one that holds the pod back; true when there is one. */
function tallyInit(pod: Pod, all: Tally, sidecars: Tally): boolean {
  const statuses = pod.status?.initContainerStatuses ?? []
  for (const [index, status] of statuses.entries()) {
    const container = pod.spec.initContainers?.find(({ name }) => name === status.name)
    const sidecar = container !== undefined && isSidecar(container)
    for (const tally of sidecar ? [all, sidecars] : [all]) {
      tally.restarts += status.restartCount
      tally.lastRestart = later(tally.lastRestart, status.lastState?.terminated?.finishedAt)
    }
    const reason = initReason(status, index, pod)
    if (reason !== undefined) {
      all.reason = reason
      return true
    }
    if (sidecar && status.state?.terminated?.exitCode !== 0 && status.ready) all.ready++
  }
  return false
}

function tallyMain(pod: Pod, tally: Tally): void {
  let running = false
  let failure = ''
  for (const { restartCount, lastState, state, ready } of (pod.status?.containerStatuses ?? []).toReversed()) {
    tally.restarts += restartCount
    tally.lastRestart = later(tally.lastRestart, lastState?.terminated?.finishedAt)
    if (state?.waiting?.reason) tally.reason = state.waiting.reason
    else if (state?.terminated !== undefined) {
      tally.reason = endReason(state.terminated)
      if (state.terminated.exitCode !== 0) failure = tally.reason
    } else if (ready && state?.running !== undefined) {
      running = true
      tally.ready++
    }
  }
  if (tally.reason !== 'Completed') return
  if (running && hasTrueCondition(pod, 'Ready')) tally.reason = 'Running'
  else if (failure !== '') tally.reason = failure
  else if (running) tally.reason = 'NotReady'
}

function tallyPod(pod: Pod): Tally {
  const status = pod.status ?? {}
  const gated = status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')
  const reason = gated === true ? 'SchedulingGated' : status.reason || (status.phase ?? '')
  const all: Tally = { reason, ready: 0, restarts: 0, lastRestart: undefined }
  const sidecars: Tally = { reason: '', ready: 0, restarts: 0, lastRestart: undefined }
  const initializing = tallyInit(pod, all, sidecars)
  if (!initializing || hasTrueCondition(pod, 'Initialized')) {
    all.restarts = sidecars.restarts
    all.lastRestart = sidecars.lastRestart
    tallyMain(pod, all)
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') all.reason = 'Unknown'
    else if (status.phase !== 'Succeeded' && status.phase !== 'Failed') all.reason = 'Terminating'
  }
  return all
}

/** The text that `kubectl get pods` shows as the status of a pod. */
export const podStatusText = (pod: Pod): string => tallyPod(pod).reason

function restartsText({ restarts, lastRestart }: Tally, now: Instant): string {
  return restarts !== 0 && lastRestart !== undefined
    ? `${restarts} (${humanDuration(lastRestart, now)} ago)`
    : String(restarts)
}

function gatesText(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? []
  if (gates.length === 0) return '<none>'
  const met = gates.filter(({ conditionType }) => {
    const first = pod.status?.conditions?.find(({ type }) => type === conditionType)
    return first?.status === 'True'
  })
  return `${met.length}/${gates.length}`
}

export const podTable: TableDefinition<Pod> = tableOf(columns, (pod, now) => {
  const tally = tallyPod(pod)
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).length
  const cells = [
    pod.metadata.name ?? '',
    `${tally.ready}/${pod.spec.containers.length + sidecars}`,
    tally.reason,
    restartsText(tally, now),
    humanDuration(pod.metadata.creationTimestamp, now),
    pod.status?.podIPs?.[0]?.ip || '<none>',
    pod.spec.nodeName || '<none>',
    pod.status?.nominatedNodeName || '<none>',
    gatesText(pod),
  ]
  const conditions = rowConditions[pod.status?.phase ?? '']
  return conditions === undefined ? { cells } : { cells, conditions }
})
