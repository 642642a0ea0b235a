/**
 * A whole jobd in one thread on virtual time: the real registry, controllers and node agent, on a disk, a network and
 * containers that fail as the seed says. Parts die and come back; what must last is only what the disk and the
 * containers hold.
 */
import { startAgent } from '../../src/agent/index.ts'
import { strategies } from '../../src/apis/index.ts'
import { inProcessClient } from '../../src/apiserver/in-process/index.ts'
import { createApi, type RunningApi } from '../../src/apiserver/registry/index.ts'
import { type Clock, formatTime, type Log, type Millis, millis, revision, silentLog } from '../../src/base/index.ts'
import type { Client } from '../../src/client/index.ts'
import { startManager } from '../../src/manager/index.ts'
import { createMemoryStore } from '../../src/storage/memory/index.ts'
import type { Store } from '../../src/storage/revision/index.ts'
import type { Violation } from './checkers.ts'
import {
  type FaultCounts,
  type FaultRates,
  type Network,
  newFaultCounts,
  type Peer,
  summaryOf,
  throughNetwork,
} from './faults.ts'
import { type SeededRandom, seededRandom, seededUids } from './seeded-random.ts'
import { newSimClock, type SimClock, settle } from './sim-clock.ts'
import { newVirtualMachine, simStart, type VirtualMachine } from './virtual-runtime.ts'

export type Part = 'server' | 'controllers' | 'node'

export type World = {
  readonly time: SimClock
  readonly random: SeededRandom
  readonly rates: FaultRates
  readonly counts: FaultCounts
  readonly machine: VirtualMachine
  /** What is durable; the checkers' own view of the truth. */
  readonly disk: Store
  /** What the world itself found wrong. */
  readonly violations: readonly Violation[]
  /** A client that meets no faults, while the server runs. */
  readonly truth: () => Client | undefined
  readonly api: () => RunningApi | undefined
  /** The clients' side of the network. */
  readonly user: Client
  readonly crash: (part: Part) => void
  readonly start: (part: Part) => Promise<void>
  readonly isUp: (part: Part) => boolean
  /** Sets the wall clock forward or back. */
  readonly stepClock: (span: Millis) => void
  /** Lets virtual time pass; everything that falls due meanwhile happens. */
  readonly advance: (span: number) => Promise<void>
}

/** What a part can only log as a defect of its own is a violation. */
function watchedLog(log: Log, tell: (violation: Violation) => void): Log {
  return {
    ...log,
    error(message, fields) {
      log.error(message, fields)
      if (message.includes('thrown') || message.includes('defect'))
        tell({ invariant: 'nothing-throws', what: `${message}: ${JSON.stringify(fields)}` })
    },
  }
}

/** More calls than this while no time passes are a circle. */
const mostCalls = 5000

/** Counts the calls of one part at one moment; tells once when there are too many. */
function callCounter(name: string, time: SimClock, tell: (violation: Violation) => void): () => boolean {
  let at = -1
  let calls = 0
  return () => {
    if (time.monotonic() !== at) calls = 0
    at = time.monotonic()
    calls++
    if (calls === mostCalls)
      tell({ invariant: 'nobody-runs-in-circles', what: `${name} calls without end at ${at} ms` })
    return calls < mostCalls
  }
}

type Running = { readonly die: () => void }

const never = new Promise<never>(() => {})
const trusted = { groups: ['system:masters', 'system:authenticated'] }

export type WorldOptions = {
  readonly seed: number
  readonly rates: FaultRates
  readonly trace?: ((line: string) => void) | undefined
  readonly log?: Log | undefined
}

export async function newWorld({ seed, rates, trace, ...options }: WorldOptions): Promise<World> {
  const random = seededRandom(seed)
  const time = newSimClock(simStart)
  const disk = createMemoryStore()
  const counts = newFaultCounts()
  const violations: Violation[] = []
  const log = watchedLog(options.log ?? silentLog, (what) => void violations.push(what))
  const machine = newVirtualMachine(time.forPart().clock)
  const tell = trace === undefined ? undefined : (line: string): void => trace(`${stampOf(time)} ${line}`)
  if (tell !== undefined) traceDisk(disk, tell)
  const newUid = seededUids(random.fork('uids'))
  const running = new Map<Part, Running>()
  const current: { api?: RunningApi | undefined; died?: Promise<void> } = {}
  const clientOf = (name: string): Client | undefined =>
    current.api === undefined
      ? undefined
      : inProcessClient(current.api, { user: { name, ...trusted }, userAgent: name })
  const peerOf = (name: string) => (): Peer | undefined => {
    const client = clientOf(name)
    return client === undefined || current.died === undefined ? undefined : { client, died: current.died }
  }
  const networkFor = (name: string, clock: Clock): Network => ({
    rates,
    counts,
    random: random.fork(name),
    clock,
    mayCall: callCounter(name, time, (what) => void violations.push(what)),
    tell: tell === undefined ? undefined : (line) => tell(`${name}: ${line}`),
    alive: true,
  })

  const starters: Record<Part, () => Promise<Running>> = {
    async server() {
      const { clock, silence } = time.forPart()
      const gate = { open: true }
      const api = await createApi({
        store: gated(disk, gate),
        strategies,
        clock,
        random: random.fork('names'),
        newUid,
        options: { exact: false, isTimeZone: () => true },
        log,
        disabledAdmission: ['ServiceAccount'],
      })
      if (!api.ok) throw new Error(`the server cannot start: ${JSON.stringify(api.error)}`)
      current.api = api.value
      const { promise: died, resolve: breakConnections } = Promise.withResolvers<void>()
      current.died = died
      const die = (): void => {
        gate.open = false
        silence()
        current.api = undefined
        breakConnections()
        api.value.close()
      }
      return { die }
    },
    async controllers() {
      const { clock, silence } = time.forPart()
      const network = networkFor('controllers', clock)
      startManager({
        client: throughNetwork(peerOf('controllers'), network),
        clock,
        random: random.fork('controllers-own'),
        log,
        options: { exact: false },
      })
      return deathOf(network, silence)
    },
    async node() {
      const { clock, silence } = time.forPart()
      const network = networkFor('node', clock)
      const hands = machine.runtime()
      startAgent({
        client: throughNetwork(peerOf('node'), network),
        clock,
        random: random.fork('node-own'),
        log,
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
    },
  }

  const userClock = time.forPart().clock
  return {
    time,
    random,
    rates,
    counts,
    machine,
    violations,
    disk,
    truth: () => clientOf('truth'),
    api: () => current.api,
    user: throughNetwork(peerOf('user'), networkFor('user', userClock)),
    isUp: (part) => running.has(part),
    crash(part) {
      tell?.(`${part} dies`)
      running.get(part)?.die()
      running.delete(part)
      counts.crashes++
    },
    async start(part) {
      if (running.has(part)) return
      tell?.(`${part} starts`)
      running.set(part, await starters[part]())
    },
    stepClock(span) {
      tell?.(`the clock is set by ${span} ms`)
      time.step(span)
      counts.clockSteps++
    },
    async advance(span) {
      const end = time.monotonic() + span
      await settle()
      for (let at = time.nextAt(); at !== undefined && at <= end; at = time.nextAt()) {
        time.runUntil(at)
        await settle()
      }
      time.runUntil(end)
    },
  }
}

/** Monotonic seconds, then the wall clock. */
const stampOf = (time: SimClock): string => `${(time.monotonic() / 1000).toFixed(3)} ${formatTime(time.now())}`

function traceDisk(disk: Store, tell: (line: string) => void): void {
  disk.watch('/', revision(0), {
    onChanges(changes) {
      for (const change of changes) {
        if (change.kind === 'Delete') tell(`disk: ${change.revision} Delete ${change.previous.key}`)
        else {
          const { key, value } = change.entry
          tell(`disk: ${change.revision} Put ${key} ${summaryOf(JSON.parse(value))}`)
        }
      }
    },
    onEnd() {},
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

/** The disk as one server process sees it: after its death nothing of what it still wanted is carried out or told. */
function gated(disk: Store, gate: { readonly open: boolean }): Store {
  const only =
    <Args extends unknown[], T>(act: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      if (!gate.open) return never
      const answer = await act(...args)
      return gate.open ? answer : never
    }
  return {
    ...disk,
    get: only(disk.get),
    list: only(disk.list),
    create: only(disk.create),
    update: only(disk.update),
    delete: only(disk.delete),
    compact: only(disk.compact),
    watch: (prefix, from, observer) =>
      disk.watch(prefix, from, {
        onChanges: (changes) => (gate.open ? observer.onChanges(changes) : undefined),
        onEnd: (error) => (gate.open ? observer.onEnd(error) : undefined),
      }),
    close: async () => {},
  }
}

export const noFaults = (): FaultRates => ({ refuse: 0, loseAnswer: 0, delay: 0, dropWatch: 0, delayEvents: 0 })
export const minute = millis(60_000)
