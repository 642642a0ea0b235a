import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { podInput } from '../../../test/support/pod-input.ts'
import type { Container, ContainerStatus, Pod } from '../../apis/core/index.ts'
import { formatTime, instant } from '../../base/index.ts'
import type { Observed } from '../runtime/index.ts'
import { slotOf } from './containers.ts'
import { type PodPlan, planPod } from './lifecycle.ts'
import { newMemory, type PodMemory } from './pod-input.ts'

const start = Date.UTC(2026, 0, 1)

const asking = (operator: string, ...values: number[]): Partial<Container> => ({
  restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator, values } }],
})
const never = { restartPolicy: 'Never' }
const trigger = { name: 'main', ...never, ...asking('In', 42) }
const sidecar = { name: 'side', restartPolicy: 'Always' }

type Own = Partial<Container> & { readonly name: string }
type Spec = { readonly inits?: readonly Own[]; readonly apps?: readonly Own[]; readonly deadline?: number }

/** A pod whose containers run until a test ends them; the looks at it are carried out as an agent does. */
function podWorld({ inits = [], apps = [trigger, { name: 'other' }], deadline }: Spec = {}) {
  const full = (own: Own): Container => ({ image: 'busybox', resources: {}, ...own })
  let pod: Pod = {
    metadata: { name: 'p', namespace: 'ns', uid: 'u', resourceVersion: '1', generation: 1 },
    spec: {
      restartPolicy: 'Never',
      ...(deadline === undefined ? {} : { activeDeadlineSeconds: deadline }),
      initContainers: inits.map(full),
      containers: apps.map(full),
    },
    status: { phase: 'Pending', startTime: formatTime(instant(start)) },
  }
  let now = instant(start)
  let memory: PodMemory = newMemory
  const runs = new Map<string, Observed>()
  const done: string[] = []
  const events: string[] = []
  const written: Pod['status'][] = []
  /** Containers that take no notice of SIGTERM. */
  const deaf = new Set<string>()
  const newest = (container: string): Observed => {
    const found = [...runs.values()].filter(({ key }) => key.container === container).at(-1)
    assert.ok(found, `${container} has run`)
    return found
  }
  const exit = (run: Observed, exitCode: number): void => {
    if (run.state.kind !== 'Running') return
    const { startedAt } = run.state
    const reason = exitCode === 0 ? 'Completed' : 'Error'
    const state = { kind: 'Exited', exit: { exitCode, reason, startedAt, finishedAt: now } } as const
    runs.set(slotOf(run.key), { ...run, state })
  }
  const perform = (action: PodPlan['actions'][number]): void => {
    if (!('key' in action)) return
    const slot = slotOf(action.key)
    const run = runs.get(slot)
    // Where there is no time, there is none for a preStop hook.
    const how = action.kind === 'StopContainer' && action.killAt > now ? ' with time' : ''
    if (action.kind !== 'RemoveRun') done.push(`${action.kind.replace('Container', '').toLowerCase()} ${slot}${how}`)
    if (action.kind === 'StartContainer') {
      assert.equal(run, undefined, `${slot} runs once`)
      runs.set(slot, { key: action.key, id: `jobd://${slot}`, state: { kind: 'Running', startedAt: now } })
    } else if (action.kind === 'RemoveRun') runs.delete(slot)
    else if (run !== undefined && action.kind === 'KillContainer') exit(run, 137)
    else if (run !== undefined && action.kind === 'StopContainer') {
      if (!deaf.has(action.key.container)) exit(run, 143)
    }
  }
  /** One look; answers whether anything came of it. */
  const step = ({ isStatusLost = false } = {}): boolean => {
    const plan = planPod(podInput({ pod, runs: [...runs.values()], memory, now }))
    memory = plan.memory
    events.push(...plan.events.map(({ reason, message }) => `${reason}: ${message}`))
    for (const action of plan.actions) perform(action)
    const isNews = JSON.stringify(plan.status) !== JSON.stringify(pod.status)
    if (isNews && !isStatusLost) {
      pod = { ...pod, status: plan.status }
      written.push(plan.status)
    }
    return isNews || plan.actions.length > 0
  }
  const settle = (): void => {
    for (let looks = 0; step(); looks += 1) assert.ok(looks < 50, `it comes to rest: ${done.join(', ')}`)
  }
  const statuses = (status = pod.status): readonly ContainerStatus[] => [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
  ]
  settle()
  return {
    deaf,
    step,
    settle,
    /** What was done since this was last asked. */
    done: () => done.splice(0),
    events: () => events.splice(0),
    written: () => written.splice(0),
    end: (container: string, exitCode: number) => exit(newest(container), exitCode),
    pass: (seconds: number) => {
      now = instant(now + 1000 * seconds)
    },
    /** As after a restart of the server. */
    forget: () => {
      memory = newMemory
    },
    /** As after a restart of the machine. */
    loseRuns: () => runs.clear(),
    remove: (graceSeconds: number) => {
      const deletionTimestamp = formatTime(instant(now + 1000 * graceSeconds))
      pod = { ...pod, metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds } }
    },
    phase: () => pod.status.phase,
    counts: () => Object.fromEntries(statuses().map(({ name, restartCount }) => [name, restartCount])),
    states: (status = pod.status) =>
      statuses(status).map(
        ({ name, state }) =>
          `${name} ${state.waiting?.reason ?? state.terminated?.exitCode ?? (state.running === undefined ? '?' : 'Running')}`,
      ),
    statuses,
    condition: (status = pod.status) => status.conditions?.find(({ type }) => type === 'AllContainersRestarting'),
  }
}

describe('a container asks for all of its pod to be restarted', () => {
  const inits = [{ name: 'init' }, sidecar]

  test('all end, and start in order once more', () => {
    const world = podWorld({ inits })
    assert.deepEqual(world.done(), ['start init.0'])
    world.end('init', 0)
    world.settle()
    assert.deepEqual(world.done(), ['start side.0', 'start main.0', 'start other.0'])
    world.end('main', 42)
    world.settle()
    assert.deepEqual(world.done(), ['stop side.0', 'stop other.0', 'start init.1'])
    assert.equal(world.phase(), 'Pending')
    world.end('init', 0)
    world.settle()
    assert.deepEqual(world.done(), ['start side.1', 'start main.1', 'start other.1'])
    assert.deepEqual(world.counts(), { init: 1, side: 1, main: 1, other: 1 })
    assert.equal(world.phase(), 'Running')
    world.end('main', 0)
    world.end('other', 0)
    world.settle()
    assert.deepEqual(world.done(), ['stop side.1 with time'], 'what ended before does not count any more')
    assert.equal(world.phase(), 'Succeeded')
  })

  test('the status tells of it in the words of a kubelet', () => {
    const world = podWorld()
    assert.deepEqual(world.condition()?.status, 'False')
    world.end('main', 42)
    world.written()
    world.settle()
    const told = world.written().map((status) => ({ condition: world.condition(status), states: world.states(status) }))
    assert.deepEqual(
      told.map(({ condition, states }) => [condition?.status, condition?.reason, ...states]),
      [
        ['True', 'RestartAllContainersStarted', 'main 42', 'other Running'],
        ['False', undefined, 'main RestartingAllContainers', 'other RestartingAllContainers'],
        ['False', undefined, 'main ContainerCreating', 'other ContainerCreating'],
        ['False', undefined, 'main Running', 'other Running'],
      ],
    )
    assert.equal(told[0]?.condition?.message, 'container exited with restart policy rule')
    const message = 'The container is removed because RestartAllContainers in place'
    for (const { name, lastState } of world.statuses())
      assert.deepEqual(lastState.terminated, {
        exitCode: 137,
        reason: 'RestartingAllContainers',
        message,
        startedAt: null,
        finishedAt: null,
        containerID: `jobd://${name}.0`,
      })
    assert.deepEqual(world.events(), ['Killing: killing'])
  })

  test('a pod without such a rule has no such condition', () => {
    const world = podWorld({ apps: [{ name: 'main' }] })
    assert.equal(world.condition(), undefined)
  })

  const cases: readonly (readonly [string, Spec, readonly (readonly [string, number])[], object])[] = [
    [
      'an init container does, before any app has run',
      { inits: [sidecar, { name: 'init', ...never, ...asking('In', 7) }] },
      [['init', 7]],
      { side: 1, init: 1, main: 0, other: 0 },
    ],
    [
      'a sidecar does, before any app has run',
      { inits: [{ ...sidecar, ...asking('In', 7) }, { name: 'init' }] },
      [['side', 7]],
      { side: 1, init: 1, main: 0, other: 0 },
    ],
    [
      'a sidecar does, and the app that is ended for it is never to run again by itself',
      { inits: [{ ...sidecar, ...asking('In', 7) }], apps: [{ name: 'main' }] },
      [['side', 7]],
      { side: 1, main: 1 },
    ],
    [
      'those that have succeeded or failed for good run again too',
      { apps: [trigger, { name: 'good' }, { name: 'bad' }] },
      [
        ['good', 0],
        ['bad', 1],
        ['main', 42],
      ],
      { main: 1, good: 1, bad: 1 },
    ],
    [
      'by any other exit code',
      { apps: [{ name: 'main', ...never, ...asking('NotIn', 0) }] },
      [['main', 3]],
      { main: 1 },
    ],
    [
      'two of them at the same moment are restarted once',
      { apps: [trigger, { ...trigger, name: 'other' }] },
      [
        ['main', 42],
        ['other', 42],
      ],
      { main: 1, other: 1 },
    ],
    [
      'one whose end by the restart matches its own rule does not ask again',
      { apps: [trigger, { name: 'other', ...never, ...asking('In', 143) }] },
      [['main', 42]],
      { main: 1, other: 1 },
    ],
  ]
  for (const [name, spec, ends, counts] of cases)
    test(name, () => {
      const world = podWorld(spec)
      for (const [container, exitCode] of ends) world.end(container, exitCode)
      world.settle()
      assert.deepEqual(world.counts(), counts)
      assert.notEqual(world.phase(), 'Failed')
    })

  test('nobody who matters any more: the pod has come to its end', () => {
    const world = podWorld({ inits: [{ ...sidecar, ...asking('In', 143) }], apps: [{ name: 'main' }] })
    world.end('main', 0)
    world.settle()
    assert.deepEqual(world.done().slice(2), ['stop side.0 with time'])
    assert.equal(world.phase(), 'Succeeded')
    assert.equal(world.condition()?.reason, 'PodCompleted')
    assert.deepEqual(world.counts(), { side: 0, main: 0 })
  })

  test('what takes no notice is killed two seconds later', () => {
    const world = podWorld()
    world.deaf.add('other')
    world.end('main', 42)
    world.settle()
    world.pass(1)
    world.settle()
    assert.deepEqual(world.done().slice(2), ['stop other.0'])
    assert.equal(world.condition()?.status, 'True')
    world.pass(1)
    world.settle()
    assert.deepEqual(world.done(), ['kill other.0', 'start main.1', 'start other.1'])
  })

  test('a container that is restarted alone keeps its own count', () => {
    const again = { restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [5] } }] }
    const world = podWorld({ apps: [trigger, { name: 'other', ...never, ...again }] })
    world.end('other', 5)
    world.settle()
    world.end('main', 42)
    world.settle()
    world.pass(10)
    world.settle()
    assert.deepEqual(world.counts(), { main: 1, other: 2 })
    world.end('main', 0)
    world.end('other', 0)
    world.settle()
    assert.equal(world.phase(), 'Succeeded')
  })

  test('again and again, with longer pauses', () => {
    const world = podWorld({ apps: [trigger] })
    for (const pause of [0, 10, 20, 40]) {
      world.pass(1)
      world.end('main', 42)
      world.done()
      world.settle()
      if (pause > 0) {
        assert.deepEqual(world.states(), ['main CrashLoopBackOff'])
        world.pass(pause - 1)
        world.settle()
        assert.deepEqual(world.done(), [])
        world.pass(1)
        world.settle()
      }
      assert.equal(world.done().length, 1)
    }
    assert.deepEqual(world.counts(), { main: 4 })
  })

  test('a pod that is deleted meanwhile ends', () => {
    for (const looks of [0, 1, 2, 3]) {
      const world = podWorld()
      world.end('main', 42)
      for (let look = 0; look < looks; look += 1) world.step()
      world.remove(0)
      world.step()
      world.pass(5)
      world.settle()
      assert.equal(world.phase(), 'Failed')
      assert.equal(world.condition()?.status, 'False')
    }
  })

  test('a pod whose time is up meanwhile ends', () => {
    const world = podWorld({ deadline: 5 })
    world.deaf.add('other')
    world.pass(4)
    world.end('main', 42)
    world.settle()
    world.pass(1)
    world.settle()
    world.pass(1)
    world.settle()
    assert.equal(world.phase(), 'Failed')
    assert.equal(world.condition()?.reason, 'PodFailed')
  })
})

describe('a server that starts anew while all containers of a pod are restarted', () => {
  const spec = { inits: [{ name: 'init' }, { ...sidecar, ...asking('In', 7) }] }
  const restarted = (
    source: string,
    exitCode: number,
    interrupt: (world: ReturnType<typeof podWorld>, look: number) => void,
  ) => {
    const world = podWorld(spec)
    world.end('init', 0)
    world.settle()
    world.end(source, exitCode)
    for (let look = 0; look < 8; look += 1) interrupt(world, look)
    world.pass(20)
    world.settle()
    world.end('init', 0)
    world.settle()
    world.pass(20)
    world.settle()
    assert.deepEqual(world.states(), ['init 0', 'side Running', 'main Running', 'other Running'])
    return world
  }
  for (const [source, exitCode] of [
    ['main', 42],
    ['side', 7],
  ] as const)
    for (const at of [0, 1, 2, 3, 4, 5]) {
      test(`goes on, restarted for ${source} before look ${at} and after it`, () => {
        const world = restarted(source, exitCode, (world, look) => {
          if (look === at) world.forget()
          world.step()
          if (look === at) world.forget()
        })
        assert.deepEqual(world.counts(), { init: 1, side: 1, main: 1, other: 1 })
      })

      test(`goes on, killed before the status of look ${at} was written, for ${source}`, () => {
        const world = restarted(source, exitCode, (world, look) => {
          world.step({ isStatusLost: look === at })
          if (look === at) world.forget()
        })
        assert.deepEqual(world.counts(), { init: 1, side: 1, main: 1, other: 1 })
      })

      if (at > 2) continue
      test(`goes on, on a machine that was restarted after look ${at}, for ${source}`, () => {
        const world = podWorld(spec)
        world.end('init', 0)
        world.settle()
        world.end(source, exitCode)
        for (let look = 0; look <= at; look += 1) world.step()
        world.forget()
        world.loseRuns()
        world.settle()
        assert.equal(world.done().at(-1), 'start init.1')
        assert.equal(world.states()[0], 'init Running')
      })
    }
})
