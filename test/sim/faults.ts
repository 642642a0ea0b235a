/** A network between a part and the server that loses, delays and repeats, as the seed says. */
import { type KubeObject, serviceUnavailable, timeout } from '../../src/apimachinery/index.ts'
import { type Clock, fail, millis } from '../../src/base/index.ts'
import type { Client, WatchHandle, WatchObserver } from '../../src/client/index.ts'
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

export type Network = {
  readonly rates: FaultRates
  readonly counts: FaultCounts
  readonly random: SeededRandom
  readonly clock: Clock
  /** False once the part behind this network has died: it hears and says nothing more. */
  alive: boolean
}

const never = new Promise<never>(() => {})

function hit(network: Network, fault: keyof FaultRates): boolean {
  const happens = network.random.chance(network.rates[fault])
  if (happens) network.counts[fault]++
  return happens
}

const pause = (network: Network, most: number): Promise<void> =>
  new Promise((resolve) => void network.clock.wake(millis(network.random.between(1, most)), resolve))

/** The client as a part sees it through this network. `server` is asked anew for each call: it may have restarted. */
export function throughNetwork(server: () => Client | undefined, network: Network): Client {
  const call = async <T>(act: (client: Client) => Promise<T>): Promise<T> => {
    if (!network.alive) return never
    if (hit(network, 'delay')) await pause(network, 3000)
    const client = server()
    if (!network.alive) return never
    if (client === undefined || hit(network, 'refuse'))
      return fail(serviceUnavailable('simulated: the server does not answer')) as T
    const answer = await act(client)
    if (!network.alive) return never
    if (hit(network, 'loseAnswer')) return fail(timeout('simulated: the answer was lost')) as T
    return answer
  }
  return {
    get: (ref) => call((client) => client.get(ref)),
    list: (resource, request) => call((client) => client.list(resource, request)),
    create: (resource, object, options) => call((client) => client.create(resource, object, options)),
    update: (resource, object, options) => call((client) => client.update(resource, object, options)),
    patch: (ref, type, patch, options) => call((client) => client.patch(ref, type, patch, options)),
    delete: (ref, request) => call((client) => client.delete(ref, request)),
    watch: (resource, request, observer) =>
      watchThrough(server, network, (client, through) => client.watch(resource, request, through), observer),
  }
}

function watchThrough<T extends KubeObject>(
  server: () => Client | undefined,
  network: Network,
  begin: (client: Client, observer: WatchObserver<T>) => WatchHandle,
  observer: WatchObserver<T>,
): WatchHandle {
  const client = server()
  let open = true
  let queue = Promise.resolve()
  let handle: WatchHandle | undefined
  const end = (): void => {
    if (!open) return
    open = false
    handle?.stop()
    if (network.alive) observer.onEnd()
  }
  // Nothing is told within the call, as over a real connection.
  const later = (act: () => void | Promise<void>): void => {
    queue = queue.then(async () => {
      if (open && network.alive) await act()
    })
  }
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
