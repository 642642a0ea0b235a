/** Keeping up with the engine: its events tell at once what happened, and a look now and then what was missed. */
import type { Readable } from 'node:stream'
import { millis, pause } from '../../base/index.ts'
import type { Answer } from './engine.ts'
import { addressIn, type Inspection } from './inspection.ts'
import { readJsonLines } from './json-lines.ts'
import { identityOf, type Labels, OWNER } from './names.ts'
import { AGAIN, admit, mendLog, settle } from './settle.ts'
import { endOfRun, entryOf, type State, slotOf } from './state.ts'

const LOOK_EVERY = millis(30_000)

type Listed = { readonly Id: string; readonly State: string; readonly Labels?: Labels }
type EngineEvent = {
  readonly Action?: string
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Labels }
}

export type Follower = { readonly stop: () => void }

/** Follows until it is stopped, also over times in which the engine is away. */
export function followEngine(state: State): Follower {
  const following: { stream?: Readable | undefined; cancel?: (() => void) | undefined } = {}
  const lookLater = () => {
    following.cancel = state.options.clock.wake(LOOK_EVERY, () => {
      void takeStock(state).then(() => {
        if (!state.closed) lookLater()
      })
    })
  }
  const follow = async () => {
    let wasAway = false
    while (!state.closed) {
      const opened = await openEvents(state)
      if (opened.ok) {
        following.stream = opened.value
        // What happened between two streams is told by neither.
        await takeStock(state)
        if (wasAway) state.options.log.info('the container engine is back')
        wasAway = false
        await readJsonLines<EngineEvent>(opened.value, (event) => onEvent(state, event))
      } else if (!wasAway) {
        wasAway = true
        state.options.log.warn('the container engine is away; containers are looked after when it is back', {
          because: opened.error.message,
        })
      }
      if (!state.closed) await pause(state.options.clock, AGAIN)
    }
  }
  void follow()
  lookLater()
  return {
    stop: () => {
      following.cancel?.()
      following.stream?.destroy()
    },
  }
}

function openEvents({ engine, place }: State): Answer<Readable> {
  // Podman says `die` as Docker does, but looks for its own word when it is asked for some events only.
  const event = ['die', 'died']
  const filters = JSON.stringify({ type: ['container'], event, label: [`${OWNER}=${place.owner}`] })
  return engine.stream({ method: 'GET', path: '/events', query: { filters } })
}

function onEvent(state: State, { Action, Actor }: EngineEvent): void {
  if (Action !== 'die') return
  const run = state.byId.get(Actor?.ID ?? '')
  if (run !== undefined) void settle(state, run)
  const identity = identityOf(state.place.owner, Actor?.Attributes)
  if (identity?.kind === 'Sandbox') markDown(state, identity.podUid, Actor?.ID ?? '')
}

/** The next start brings it up again. */
function markDown({ pods }: State, podUid: string, id: string): void {
  const entry = pods.get(podUid)
  if (entry?.sandboxId === id) entry.isSandboxUp = false
}

/** Compares what the engine has with what is known here; false when the engine could not be asked. */
export function takeStock(state: State): Promise<boolean> {
  state.stock ??= compare(state).finally(() => {
    state.stock = undefined
  })
  return state.stock
}

async function compare(state: State): Promise<boolean> {
  const { engine, place } = state
  for (const [id, removal] of state.removed) if (removal === 'Done') state.removed.delete(id)
  const before = [...state.byId.values()]
  const filters = JSON.stringify({ label: [`${OWNER}=${place.owner}`] })
  const listed = await engine.call<readonly Listed[]>({
    method: 'GET',
    path: '/containers/json',
    query: { all: true, filters },
  })
  if (!listed.ok || state.closed) return false
  const running = new Set(listed.value.flatMap(({ Id, State }) => (isUp(State) ? [Id] : [])))
  for (const run of before) if (running.has(run.id)) mendLog(state, run)
  const missed = before.filter((run) => endOfRun(run) === undefined && !running.has(run.id))
  await Promise.all([
    ...missed.map((run) => settle(state, run)),
    ...listed.value.map((container) => state.gate(() => take(state, container))),
  ])
  return true
}

const isUp = (text: string): boolean => text === 'running' || text === 'paused'

/** Takes what an earlier daemon has left. */
async function take(state: State, { Id, State, Labels }: Listed): Promise<void> {
  const identity = identityOf(state.place.owner, Labels)
  if (identity === undefined || state.byId.has(Id) || state.removed.has(Id)) return
  const entry = entryOf(state, identity.kind === 'Run' ? identity.key.podUid : identity.podUid)
  if (identity.kind === 'Sandbox') {
    if (entry.sandboxId === Id && !isUp(State)) entry.isSandboxUp = false
    if (entry.sandboxId !== undefined) return
  }
  const found = await state.engine.call<Inspection>({ method: 'GET', path: `/containers/${Id}/json` })
  if (!found.ok || state.removed.has(Id)) return
  if (identity.kind === 'Sandbox') {
    entry.sandboxId ??= Id
    entry.isSandboxUp ??= found.value.State.Running
    entry.address ??= addressIn(found.value)
    return
  }
  if (entry.starting.has(slotOf(identity.key))) return
  const run = admit(state, identity.key, found.value)
  if (run === undefined) entry.strays.add(Id)
  else if (!found.value.State.Running) await settle(state, run)
}
