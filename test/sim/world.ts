/**
 * A whole jobd in one thread on virtual time: the real registry on the real SQLite store, controllers and node agent, on
 * a disk, a network and containers that fail as the seed says. Parts die and come back; what must last is only what the
 * disk and the containers hold.
 */
import type { KubeObject } from '../../src/apimachinery/index.ts'
import { inProcessClient } from '../../src/apiserver/in-process/index.ts'
import { formatTime, type Log, type Millis, millis, silentLog } from '../../src/base/index.ts'
import type { Client } from '../../src/client/index.ts'
import {
  type FaultCounts,
  type FaultRates,
  type Network,
  newFaultCounts,
  type Peer,
  summaryOf,
  throughNetwork,
} from './faults.ts'
import { followHistory, type History } from './history.ts'
import { type Judge, newJudge } from './judge.ts'
import { allParts, type Ground, type Part, type Running, soon, starters } from './parts.ts'
import { type SeededRandom, seededRandom, seededUids } from './seeded-random.ts'
import { newSimClock, type SimClock, settle } from './sim-clock.ts'
import { newVirtualDisk } from './virtual-disk.ts'
import { newVirtualMachine, simStart, type VirtualMachine } from './virtual-runtime.ts'

export type World = {
  readonly time: SimClock
  readonly random: SeededRandom
  readonly rates: FaultRates
  readonly counts: FaultCounts
  readonly machine: VirtualMachine
  readonly history: History
  readonly judge: Judge
  /** A client that meets no faults, while the server runs. */
  readonly truth: () => Client | undefined
  readonly peer: () => Peer | undefined
  /** The clients' side of the network. */
  readonly user: Client
  /** Kills a part, which starts again `downFor` later. */
  readonly crash: (part: Part, downFor: Millis) => void
  /** Kills a part when it has passed so many more points at which it waits; it starts again by itself. */
  readonly lightFuse: (part: Part, points: number) => void
  /** Everything dies, containers too, and what was not synced is lost in part. */
  readonly cutPower: () => void
  /** The node is lost with its containers, and comes back. */
  readonly loseNode: (downFor: Millis) => void
  readonly start: (part: Part) => void
  /** Sets the wall clock forward or back. */
  readonly stepClock: (span: Millis) => void
  /** Lets virtual time pass; everything that falls due meanwhile happens. */
  readonly advance: (span: number) => Promise<void>
}

/** What a part can only log as a defect of its own is a violation. */
function watchedLog(log: Log, judge: Judge): Log {
  return {
    ...log,
    error(message, fields) {
      log.error(message, fields)
      judge.check('nothing-throws', !/thrown|defect/.test(message), () => `${message}: ${JSON.stringify(fields)}`)
    },
  }
}

/** More calls than this while no time passes are a circle. */
const mostCalls = 5000

/** Counts the calls of one part at one moment; tells once when there are too many. */
function callCounter(name: string, time: SimClock, judge: Judge, onCall: () => void): () => boolean {
  let at = -1
  let calls = 0
  return () => {
    if (time.monotonic() !== at) calls = 0
    at = time.monotonic()
    onCall()
    calls++
    if (calls === mostCalls) judge.check('nobody-runs-in-circles', false, () => `${name} calls without end at ${at} ms`)
    return calls < mostCalls
  }
}

const trusted = { groups: ['system:masters', 'system:authenticated'] }

export type WorldOptions = {
  readonly seed: number
  readonly rates: FaultRates
  /** Every call waits up to so many milliseconds. */
  readonly latency: number
  readonly trace?: ((line: string) => void) | undefined
  readonly log?: Log | undefined
}

/** Nothing runs in it yet. */
/** Without a version an update is to replace whatever is there; one that changes nothing makes no new version. */
function updateCheck(history: History, judge: Judge): Network['updated'] {
  return ({ metadata: { resourceVersion: version = '' } }, { kind = '', metadata }) => {
    if (version === '' || metadata.resourceVersion === version) return
    const change = history.of(kind).findLast(({ revision }) => String(revision) === metadata.resourceVersion)
    const replaced = change?.before?.metadata.resourceVersion
    judge.check('no-update-is-lost', replaced === version, () => {
      return `${kind} ${metadata.name} at ${metadata.resourceVersion} was made of ${version} and replaced ${replaced}`
    })
  }
}

export function newWorld({ seed, rates, latency, trace, log = silentLog }: WorldOptions): World {
  const random = seededRandom(seed)
  const time = newSimClock(simStart)
  const disk = newVirtualDisk()
  const counts = newFaultCounts()
  const judge = newJudge()
  const machine = newVirtualMachine(time.forPart().clock)
  const history = followHistory(disk.follow, time, judge)
  const tell = trace === undefined ? undefined : (line: string): void => trace(`${stampOf(time)} ${line}`)
  if (tell !== undefined) traceHistory(history, tell)
  let calls = 0
  const signs = (): number => calls + disk.questions()
  const own = { clock: time.forPart().clock, random: random.fork('world') }
  const running = new Map<Part, Running>()
  const fuses = new Map<Part, number>()
  const current: Ground['current'] = {}
  const clientOf = (name: string): Client | undefined =>
    current.api && inProcessClient(current.api, { user: { name, ...trusted }, userAgent: name })
  const peerOf = (name: string) => (): Peer | undefined => {
    const client = clientOf(name)
    return client === undefined || current.died === undefined ? undefined : { client, died: current.died }
  }
  const sees = ({ kind, metadata: { name, uid = '', resourceVersion = '' } }: KubeObject): void => {
    if (uid === '' || resourceVersion === '') return
    judge.check('nothing-undurable-is-shown', history.has(uid, resourceVersion), () => {
      return `${kind} ${name} at ${resourceVersion} was shown and is not on the disk`
    })
  }
  const networkOf = (name: string, diesNow: () => boolean, clock: Network['clock']): Network => ({
    rates,
    counts,
    random: random.fork(name),
    clock,
    latency,
    diesNow,
    sees,
    updated: updateCheck(history, judge),
    mayCall: callCounter(name, time, judge, () => calls++),
    tell: tell === undefined ? undefined : (line) => tell(`${name}: ${line}`),
    alive: true,
  })
  const start = (part: Part): void => {
    if (running.has(part)) return
    tell?.(`${part} starts`)
    // It may be killed while it starts.
    let isDead = false
    const stillborn = (): void => {
      isDead = true
    }
    running.set(part, { die: stillborn })
    const started = starters[part](ground)
    if (isDead) started.die()
    else running.set(part, started)
  }
  const die = (part: Part): void => {
    tell?.(`${part} dies`)
    fuses.delete(part)
    running.get(part)?.die()
    running.delete(part)
  }
  const comeBack = (part: Part, after: Millis): void => void own.clock.wake(after, () => start(part))
  const someTime = (): Millis => millis(own.random.between(0, 20_000))
  const cutPower = (): void => {
    counts.powerCut++
    for (const part of allParts) die(part)
    machine.cutPower()
    counts.lostRecords += disk.cutPower(own.random)
    for (const part of allParts) comeBack(part, someTime())
  }
  const ground: Ground = {
    time,
    random,
    rates,
    counts,
    disk,
    machine,
    current,
    peerOf,
    newUid: seededUids(random.fork('uids')),
    log: watchedLog(log, judge),
    networkOf: (name, part, clock) => networkOf(name, () => ground.diesNow(part), clock),
    onEnd(part) {
      die(part)
      comeBack(part, soon)
    },
    diesNow(part) {
      const left = fuses.get(part)
      if (left === undefined) return false
      if (left > 0) {
        fuses.set(part, left - 1)
        return false
      }
      counts.killAtAwait++
      if (part === 'server' && own.random.chance(0.6)) cutPower()
      else {
        die(part)
        comeBack(part, someTime())
      }
      return true
    },
  }
  return {
    time,
    random,
    rates,
    counts,
    machine,
    history,
    judge,
    truth: () => clientOf('truth'),
    peer: peerOf('audit'),
    user: throughNetwork(
      peerOf('user'),
      networkOf('user', () => false, time.forPart().clock),
    ),
    start,
    crash(part, downFor) {
      counts.kill++
      die(part)
      comeBack(part, downFor)
    },
    lightFuse: (part, points) => void fuses.set(part, points),
    cutPower,
    loseNode(downFor) {
      counts.nodeLoss++
      die('node')
      machine.cutPower()
      comeBack('node', downFor)
    },
    stepClock(span) {
      tell?.(`the clock is set by ${span} ms`)
      time.step(span)
      counts.clockStep++
    },
    async advance(span) {
      const end = time.monotonic() + span
      await settle(signs)
      for (let at = time.nextAt(); at !== undefined && at <= end; at = time.nextAt()) {
        time.runUntil(at)
        await settle(signs)
      }
      time.runUntil(end)
    },
  }
}

/** Monotonic seconds, then the wall clock. */
const stampOf = (time: SimClock): string => `${(time.monotonic() / 1000).toFixed(3)} ${formatTime(time.now())}`

function traceHistory(history: History, tell: (line: string) => void): void {
  history.onRecord(({ revision, key, after }) => {
    tell(after === undefined ? `disk: ${revision} Delete ${key}` : `disk: ${revision} Put ${key} ${summaryOf(after)}`)
  })
}

export const minute = millis(60_000)
