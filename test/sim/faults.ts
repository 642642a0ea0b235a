/** A network between a part and the server that loses, delays and repeats, as the seed says. */
import { conflict, type KubeObject, type Status, serviceUnavailable, timeout } from '../../src/apimachinery/index.ts'
import { type Clock, fail, millis, pause, type Result } from '../../src/base/index.ts'
import type { Client, Ref, WatchHandle, WatchObserver } from '../../src/client/index.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Probabilities of each fault, for one call, event or commit. All 0 once the system is to heal. */
export type FaultRates = {
  /** A call is answered with an error and was not carried out. */
  refuse: number
  /** A call was carried out, but its answer is lost. */
  loseAnswer: number
  /** A call waits before it is carried out. */
  delay: number
  /** A call is carried out twice, as by a proxy that tries again; the second answer counts. */
  repeatCall: number
  /** A write is refused as if somebody else had been faster. */
  conflict: number
  /** A watch ends after an event. */
  dropWatch: number
  /** Events of a watch wait. */
  delayEvents: number
  /** Events of a watch come twice. */
  repeatEvents: number
  /** The disk takes its time to sync. */
  slowDisk: number
  /** The disk is full for one commit. */
  fullDisk: number
}

export const noFaults: Readonly<FaultRates> = {
  refuse: 0,
  loseAnswer: 0,
  delay: 0,
  repeatCall: 0,
  conflict: 0,
  dropWatch: 0,
  delayEvents: 0,
  repeatEvents: 0,
  slowDisk: 0,
  fullDisk: 0,
}

/** What else happens to the parts, drawn by the course of events. */
const blows = {
  /** A part is killed while it waits for nothing. */
  kill: 0,
  /** A part is killed between two of its calls, disk operations or starts of containers. */
  killAtAwait: 0,
  /** All parts and all containers die, and what was not synced is lost. */
  powerCut: 0,
  /** Records that a power cut took. */
  lostRecords: 0,
  /** The machine of the node is lost with its containers and comes back. */
  nodeLoss: 0,
  clockStep: 0,
  /** A pod did not fit into a quota. */
  quotaRefusal: 0,
}

export type FaultCounts = Record<keyof FaultRates | keyof typeof blows, number>

export const newFaultCounts = (): FaultCounts => ({ ...noFaults, ...blows })

/** Everything that can be left out of a history with `--without`. */
export const faultNames: readonly (keyof FaultCounts)[] = Object.keys(newFaultCounts()) as (keyof FaultCounts)[]

export type Network = {
  readonly rates: FaultRates
  readonly counts: FaultCounts
  readonly random: SeededRandom
  readonly clock: Clock
  /** Asked around each call: true when the part behind this network is killed here. */
  readonly diesNow: () => boolean
  /** Every call waits up to so many milliseconds. */
  readonly latency: number
  /** Takes every object that the server shows. */
  readonly sees: (object: KubeObject) => void
  /** Takes every update that was carried out: what was sent, and what was answered. */
  readonly updated: (sent: KubeObject, answered: KubeObject) => void
  /** Counts a call; false once the part calls without end while no time passes: it is heard no more. */
  readonly mayCall: () => boolean
  /** Takes a line on each call and event, when somebody looks; see `Trace`. */
  readonly tell?: ((line: string) => void) | undefined
  /** False once the part behind this network has died: it hears and says nothing more. */
  alive: boolean
}

const never = new Promise<never>(() => {})

/** A server that can be called. `died` is fulfilled when its connections break. */
export type Peer = { readonly client: Client; readonly died: Promise<void> }

export function hit(network: Pick<Network, 'rates' | 'counts' | 'random'>, fault: keyof FaultRates): boolean {
  const happens = network.random.chance(network.rates[fault])
  if (happens) network.counts[fault]++
  return happens
}

const delay = ({ clock, random }: Network, most: number): Promise<void> => pause(clock, millis(random.between(1, most)))

/** The client as a part sees it through this network. `server` is asked anew for each call: it may have restarted. */
export function throughNetwork(server: () => Peer | undefined, network: Network): Client {
  const call = async <T extends Result<unknown, Status>>(
    what: () => string,
    act: (client: Client) => Promise<T>,
    writes = false,
  ): Promise<T> => {
    if (!network.alive || !network.mayCall() || network.diesNow()) return never
    if (hit(network, 'delay')) await delay(network, 3000)
    else if (network.latency > 0) await delay(network, network.latency)
    const peer = server()
    if (!network.alive) return never
    if (peer === undefined || hit(network, 'refuse')) {
      network.tell?.(`${what()} → not carried out`)
      return fail(serviceUnavailable('simulated: the server does not answer')) as T
    }
    if (writes && hit(network, 'conflict')) {
      network.tell?.(`${what()} → refused as a conflict`)
      return fail(conflict(target, 'simulated: somebody else was faster')) as T
    }
    const carryOut = async (): Promise<T> => {
      const broken = peer.died.then(() => fail(serviceUnavailable('simulated: the connection broke')) as T)
      const answer = await Promise.race([act(peer.client), broken])
      if (answer.ok) show(network, answer.value)
      else if (answer.error.message?.includes('exceeded quota') === true) network.counts.quotaRefusal++
      return answer
    }
    const first = await carryOut()
    const answer = hit(network, 'repeatCall') && network.alive ? await carryOut() : first
    if (!network.alive || network.diesNow()) return never
    const lost = hit(network, 'loseAnswer')
    network.tell?.(`${what()} → ${answer.ok ? summaryOf(answer.value) : answer.error.message}${lost ? ', lost' : ''}`)
    return lost ? (fail(timeout('simulated: the answer was lost')) as T) : answer
  }
  const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name ?? metadata.generateName}`
  return {
    get: (ref) =>
      call(
        () => `get ${refText(ref)}`,
        (client) => client.get(ref),
      ),
    list: (resource, request) =>
      call(
        () => `list ${resource}`,
        (client) => client.list(resource, request),
      ),
    create: (resource, object, options) =>
      call(
        () => `create ${resource}/${options?.subresource ?? ''} ${nameOf(object)}`,
        (client) => client.create(resource, object, options),
      ),
    update: (resource, object, options) =>
      call(
        () =>
          `update ${resource}/${options?.subresource ?? ''} ${nameOf(object)} ${JSON.stringify((object as { readonly status?: unknown }).status)}`,
        async (client) => {
          const answer = await client.update(resource, object, options)
          if (answer.ok) network.updated(object, answer.value)
          return answer
        },
        true,
      ),
    patch: (ref, type, patch, options) =>
      call(
        () => `patch ${refText(ref)} ${JSON.stringify(patch)}`,
        (client) => client.patch(ref, type, patch, options),
      ),
    delete: (ref, request) =>
      call(
        () => `delete ${refText(ref)} ${JSON.stringify(request ?? {})}`,
        (client) => client.delete(ref, request),
      ),
    watch: (resource, request, observer) =>
      watchThrough(
        { server, network, resource },
        (client, through) => client.watch(resource, request, through),
        observer,
      ),
  }
}

const target = { group: '', resource: 'simulated', name: '' }

function show(network: Network, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if ('items' in value) for (const item of value.items as readonly KubeObject[]) network.sees(item)
  else if ('metadata' in value) network.sees(value as KubeObject)
}

const refText = ({ resource, namespace, name }: Ref): string => `${resource} ${namespace}/${name}`

/** The little of an object that tells its state. */
export function summaryOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return ''
  const { metadata, status } = value as KubeObject & { readonly status?: { readonly phase?: string } }
  const { resourceVersion, deletionTimestamp, finalizers = [] } = metadata
  const going = deletionTimestamp === undefined ? '' : ` going since ${deletionTimestamp}`
  return `@${resourceVersion}${status?.phase === undefined ? '' : ` ${status.phase}`}${going} [${finalizers}]`
}

type Line = { readonly server: () => Peer | undefined; readonly network: Network; readonly resource: string }

function watchThrough<T extends KubeObject>(
  { server, network, resource }: Line,
  begin: (client: Client, observer: WatchObserver<T>) => WatchHandle,
  observer: WatchObserver<T>,
): WatchHandle {
  const client = server()?.client
  let open = true
  let queue = Promise.resolve()
  let handle: WatchHandle | undefined
  const end = (): void => {
    if (!open) return
    open = false
    handle?.stop()
    network.tell?.(`watch ${resource} ends`)
    if (network.alive) observer.onEnd()
  }
  // Nothing is told within the call, as over a real connection.
  const later = (act: () => void | Promise<void>): void => {
    queue = queue.then(async () => {
      if (open && network.alive) await act()
    })
  }
  network.tell?.(`watch ${resource} ${client === undefined ? 'in vain' : 'begins'}`)
  if (client === undefined) {
    network.clock.wake(millis(500), end)
    return {
      stop() {
        open = false
      },
    }
  }
  handle = begin(client, {
    onEvents(events) {
      later(async () => {
        if (hit(network, 'delayEvents')) await delay(network, 5000)
        if (!open || !network.alive || network.diesNow()) return
        for (const { type, object } of events) {
          if (type !== 'BOOKMARK') network.sees(object)
          network.tell?.(`hears ${type} ${resource} ${object.metadata.name} ${summaryOf(object)}`)
        }
        observer.onEvents(events)
        if (hit(network, 'repeatEvents')) observer.onEvents(events)
        if (hit(network, 'dropWatch')) end()
      })
    },
    onEnd(status) {
      later(() => {
        open = false
        observer.onEnd(status)
      })
    },
  })
  return {
    stop() {
      open = false
      handle?.stop()
    },
  }
}
