/** Tells of a pod's life as Event objects. A repeated event counts up instead of being told anew. */
import type { Event, ObjectReference, Pod } from '../apis/core/index.ts'
import { type Clock, formatMicroTime, formatTime, type Instant, type Log } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import type { PodEvent } from './pod/index.ts'

export type EventRecorder = {
  /** Sends and forgets: a failure to tell is logged and changes nothing. */
  readonly record: (pod: Pod, event: PodEvent) => void
  /** The same for the Job, or what else the pod belongs to: what its owner looks at first. */
  readonly recordForOwner: (pod: Pod, event: PodEvent) => void
  /** The scheduler's word on a pod. */
  readonly recordScheduling: (pod: Pod, event: PodEvent & { readonly action: string }) => void
}

type Told = { readonly name: string; readonly namespace: string; count: number; sending: Promise<void> }

/** A time that is always written stands as null while it is unset. */
const UNSET = null as unknown as undefined

/** Repeats are recognised among this many of the newest events. */
const REMEMBERED = 4096

export type EventRecorderOptions = {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  readonly nodeName: string
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const told = new Map<string, Told>()
  let serial = 0
  const nameOf = (about: ObjectReference, now: Instant) => {
    serial += 1
    const stamp = (BigInt(Math.floor(now)) * 1_000_000n + BigInt(serial % 1_000_000)).toString(16)
    return `${about.name ?? ''}.${stamp}`
  }
  const record = (pod: Pod, event: PodEvent, about: ObjectReference) => {
    const key = JSON.stringify([about.uid, event.type, event.reason, event.message, event.fieldPath])
    const known = told.get(key)
    const now = options.clock.now()
    if (known !== undefined) {
      known.count += 1
      const { count, namespace, name } = known
      const patch = { count, lastTimestamp: formatTime(now) }
      known.sending = known.sending.then(() => send(options, { namespace, name, patch }))
      return
    }
    const object = eventObject(options, { about, event, now, name: nameOf(about, now) })
    const sending = sendNew(options, object)
    const namespace = pod.metadata.namespace ?? ''
    told.set(key, { name: object.metadata.name ?? '', namespace, count: 1, sending })
    if (told.size > REMEMBERED) for (const oldest of told.keys()) if (told.delete(oldest)) break
  }
  return {
    record: (pod, event) => record(pod, event, referenceTo(pod, event.fieldPath)),
    recordForOwner: (pod, { fieldPath: _path, ...event }) => {
      const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true)
      if (owner === undefined) return
      const { apiVersion, kind, name, uid } = owner
      record(pod, event, { kind, namespace: pod.metadata.namespace, name, uid, apiVersion })
    },
    recordScheduling: (pod, { action, ...event }) => {
      const now = options.clock.now()
      const {
        firstTimestamp: _first,
        lastTimestamp: _last,
        count: _count,
        ...object
      } = eventObject(options, {
        about: referenceTo(pod),
        event,
        now,
        name: nameOf(referenceTo(pod), now),
      })
      const reporting = {
        reportingComponent: 'default-scheduler',
        reportingInstance: `default-scheduler-${options.nodeName}`,
      }
      const times = { firstTimestamp: UNSET, lastTimestamp: UNSET, eventTime: formatMicroTime(now) }
      void sendNew(options, { ...object, ...reporting, ...times, source: {}, action })
    },
  }
}

function referenceTo({ metadata }: Pod, fieldPath?: string): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata
  const about = { kind: 'Pod', namespace, name, uid, apiVersion: 'v1', resourceVersion }
  return fieldPath === undefined ? about : { ...about, fieldPath }
}

type EventFacts = {
  readonly about: ObjectReference
  readonly event: PodEvent
  readonly now: Instant
  readonly name: string
}

function eventObject({ nodeName }: EventRecorderOptions, { about, event, now, name }: EventFacts): Event {
  const at = formatTime(now)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: about.namespace },
    involvedObject: about,
    reason: event.reason,
    message: event.message.slice(0, 1024),
    source: { component: 'kubelet', host: nodeName },
    firstTimestamp: at,
    lastTimestamp: at,
    eventTime: UNSET,
    count: 1,
    type: event.type,
    reportingComponent: 'kubelet',
    reportingInstance: nodeName,
  }
}

async function sendNew({ client, log }: EventRecorderOptions, event: Event): Promise<void> {
  const sent = await client.create('events', event)
  if (!sent.ok) log.debug('an event could not be told', { reason: event.reason, because: sent.error.message })
}

type Repeat = { readonly namespace: string; readonly name: string; readonly patch: unknown }

async function send({ client, log }: EventRecorderOptions, { namespace, name, patch }: Repeat): Promise<void> {
  const sent = await client.patch({ resource: 'events', namespace, name }, 'merge', patch)
  if (!sent.ok) log.debug('a repeated event could not be told', { name, because: sent.error.message })
}
