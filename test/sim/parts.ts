/** The parts of jobd as processes that start and die: each has its own clock, network and gate to what outlives it. */
import { startAgent } from '../../src/agent/index.ts'
import { strategies } from '../../src/apis/index.ts'
import { createApi, type RunningApi } from '../../src/apiserver/registry/index.ts'
import { type Log, millis, type Random } from '../../src/base/index.ts'
import { startManager } from '../../src/manager/index.ts'
import { openSqliteStore } from '../../src/storage/sqlite/index.ts'
import { type FaultCounts, type FaultRates, hit, type Network, type Peer, throughNetwork } from './faults.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { SimClock } from './sim-clock.ts'
import type { VirtualDisk } from './virtual-disk.ts'
import type { VirtualMachine } from './virtual-runtime.ts'

export type Part = 'server' | 'controllers' | 'node'
export const allParts: readonly Part[] = ['server', 'controllers', 'node']

export type Running = { readonly die: () => void }

/** What the parts share because it outlives them. */
export type Ground = {
  readonly time: SimClock
  readonly random: SeededRandom
  readonly rates: FaultRates
  readonly counts: FaultCounts
  readonly disk: VirtualDisk
  readonly machine: VirtualMachine
  readonly newUid: () => string
  readonly log: Log
  /** True when the part is killed at this very point. */
  readonly diesNow: (part: Part) => boolean
  /** The part has ended by itself. */
  readonly onEnd: (part: Part) => void
  readonly networkOf: (name: string, part: Part, clock: Network['clock']) => Network
  readonly peerOf: (name: string) => () => Peer | undefined
  /** Where clients find the server that runs. */
  readonly current: { api?: RunningApi | undefined; died?: Promise<void> | undefined }
}

export const starters: Readonly<Record<Part, (ground: Ground) => Running>> = {
  server: startServer,
  controllers: startControllers,
  node: startNode,
}

function startServer(ground: Ground): Running {
  const { time, random, current } = ground
  const { clock, silence } = time.forPart()
  const gate = { open: true }
  const { promise: died, resolve: breakConnections } = Promise.withResolvers<void>()
  let api: RunningApi | undefined
  const faults = diskFaults(ground, random.fork('disk'))
  const names = random.fork('names')
  const die = (): void => {
    gate.open = false
    silence()
    if (current.died === died) {
      current.api = undefined
      current.died = undefined
    }
    breakConnections()
    api?.close()
  }
  void boot()
  return { die }

  async function boot(): Promise<void> {
    const store = await openSqliteStore('simulated', ground.disk.open(gate, clock, faults))
    const opened = store.ok ? await openApi(ground, store.value, clock, names) : store
    if (!gate.open) return
    if (!opened.ok) return ground.onEnd('server')
    api = opened.value
    current.api = api
    current.died = died
  }
}

const openApi = (
  ground: Ground,
  store: Parameters<typeof createApi>[0]['store'],
  clock: Network['clock'],
  random: Random,
) =>
  createApi({
    store,
    strategies,
    clock,
    random,
    newUid: ground.newUid,
    options: { exact: false, isTimeZone: (zone) => zone === 'Asia/Tokyo' || zone === 'Europe/Berlin' },
    log: ground.log,
    disabledAdmission: ['ServiceAccount'],
  })

const diskFaults = (ground: Ground, random: SeededRandom) => {
  const { rates, counts } = ground
  return {
    slowness: () => (hit({ rates, counts, random }, 'slowDisk') ? random.between(1, 3000) : 0),
    refuses: () => hit({ rates, counts, random }, 'fullDisk'),
    diesNow: () => ground.diesNow('server'),
  }
}

function startControllers(ground: Ground): Running {
  const { clock, silence } = ground.time.forPart()
  const network = ground.networkOf('controllers', 'controllers', clock)
  startManager({
    client: throughNetwork(ground.peerOf('controllers'), network),
    clock,
    random: ground.random.fork('controllers-own'),
    log: ground.log,
    options: { exact: false },
  })
  return deathOf(network, silence)
}

function startNode(ground: Ground): Running {
  const { clock, silence } = ground.time.forPart()
  const network = ground.networkOf('node', 'node', clock)
  const hands = ground.machine.runtime(() => ground.diesNow('node'))
  startAgent({
    client: throughNetwork(ground.peerOf('node'), network),
    clock,
    random: ground.random.fork('node-own'),
    log: ground.log,
    runtime: hands.runtime,
    dataDir: '/nonexistent/sim',
    nodeName: 'sim',
    version: 'sim',
    hostEnv: {},
  })
  return deathOf(network, () => {
    silence()
    hands.die()
  })
}

function deathOf(network: Network, silence: () => void): Running {
  return {
    die() {
      network.alive = false
      silence()
    },
  }
}

/** How soon a supervisor starts a part again that has ended by itself. */
export const soon = millis(1000)
