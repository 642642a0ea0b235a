/** A network between a part and the server that loses, delays and repeats, as the seed says. */
import { type KubeObject, type Status, serviceUnavailable, timeout } from '../../src/apimachinery/index.ts'
import { type Clock, fail, millis, type Result } from '../../src/base/index.ts'
import type { Client, Ref, WatchHandle, WatchObserver } from '../../src/client/index.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Probabilities of each fault, for one call or event. All 0 once the system is to heal. */
export type FaultRates = {
  /** A call is answered with an error and was not carried out. */
  refuse: number
  /** A call was carried out, but its answer is lost. */
  loseAnswer: number
  /** A call waits before it is carried out. */
  delay: number
  /** A watch ends after an event. */
  dropWatch: number
  /** Events of a watch wait. */
  delayEvents: number
}

export type FaultCounts = Record<keyof FaultRates | 'crashes' | 'clockSteps', number>

export const newFaultCounts = (): FaultCounts => ({
  refuse: 0,
  loseAnswer: 0,
  delay: 0,
  dropWatch: 0,
  delayEvents: 0,
  crashes: 0,
  clockSteps: 0,
})

/** Everything that can be left out of a history with `--without`. */
export const faultNames: readonly (keyof FaultCounts)[] = Object.keys(newFaultCounts()) as (keyof FaultCounts)[]

export type Network = {
  readonly rates: FaultRates
  readonly counts: FaultCounts
  readonly random: SeededRandom
  readonly clock: Clock
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

function hit(network: Network, fault: keyof FaultRates): boolean {
  const happens = network.random.chance(network.rates[fault])
  if (happens) network.counts[fault]++
  return happens
}

const pause = (network: Network, most: number): Promise<void> =>
  new Promise((resolve) => void network.clock.wake(millis(network.random.between(1, most)), resolve))

/** The client as a part sees it through this network. `server` is asked anew for each call: it may have restarted. */
export function throughNetwork(server: () => Peer | undefined, network: Network): Client {
  const call = async <T extends Result<unknown, Status>>(
    what: () => string,
    act: (client: Client) => Promise<T>,
  ): Promise<T> => {
    if (!network.alive || !network.mayCall()) return never
    if (hit(network, 'delay')) await pause(network, 3000)
    const peer = server()
    if (!network.alive) return never
    if (peer === undefined || hit(network, 'refuse')) {
      network.tell?.(`${what()} → not carried out`)
      return fail(serviceUnavailable('simulated: the server does not answer')) as T
    }
    const broken = peer.died.then(() => fail(serviceUnavailable('simulated: the connection broke')) as T)
    const answer = await Promise.race([act(peer.client), broken])
    if (!network.alive) return never
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
        (client) => client.update(resource, object, options),
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
        if (hit(network, 'delayEvents')) await pause(network, 5000)
        if (!open || !network.alive) return
        for (const { type, object } of events) {
          network.tell?.(`hears ${type} ${resource} ${object.metadata.name} ${summaryOf(object)}`)
        }
        observer.onEvents(events)
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
