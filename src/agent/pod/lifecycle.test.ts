import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { podInput } from '../../../test/support/pod-input.ts'
import type { Container, Pod, PodSpec, PodStatus } from '../../apis/core/index.ts'
import { formatTime, instant, millis } from '../../base/index.ts'
import type { Exit, Observed } from '../runtime/index.ts'
import { planPod } from './lifecycle.ts'
import { newMemory, type PodInput, type PodMemory, shiftMemory } from './pod-input.ts'

const start = instant(Date.UTC(2026, 0, 1))
const at = (seconds: number) => instant(start + 1000 * seconds)

type Spec = Omit<Partial<PodSpec>, 'containers' | 'initContainers'> & {
  readonly apps?: readonly (string | Partial<Container>)[]
  readonly inits?: readonly (string | Partial<Container>)[]
}

function podOf({ apps = ['main'], inits = [], ...spec }: Spec = {}, more: Partial<Pod['metadata']> = {}): Pod {
  const full = (container: string | Partial<Container>): Container => {
    const given = typeof container === 'string' ? { name: container } : container
    return { name: 'main', image: 'busybox', resources: {}, ...given }
  }
  return {
    metadata: { name: 'p', namespace: 'ns', uid: 'u', resourceVersion: '1', ...more },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
      ...spec,
      ...(inits.length === 0 ? {} : { initContainers: inits.map(full) }),
      containers: apps.map(full),
    },
    status: { phase: 'Pending', startTime: formatTime(start) },
  }
}

const key = (container: string, attempt = 0) => ({ podUid: 'u', container, attempt })
const running = (container: string, attempt = 0, since = 0): Observed => ({
  key: key(container, attempt),
  id: `jobd://u_${container}_${attempt}`,
  state: { kind: 'Running', startedAt: at(since) },
})
const ended = (container: string, exitCode: number, { attempt = 0, from = 0, to = 1 } = {}): Observed => {
  const exit: Exit = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: at(from),
    finishedAt: at(to),
  }
  return { key: key(container, attempt), id: `jobd://u_${container}_${attempt}`, state: { kind: 'Exited', exit } }
}

function look(pod: Pod, runs: readonly Observed[], more: Partial<PodInput> = {}) {
  const input = podInput({ pod, runs, now: at(2), ...more })
  const plan = planPod(input)
  return {
    ...plan,
    does: plan.actions.map((action) =>
      'key' in action ? `${action.kind} ${action.key.container}.${action.key.attempt}` : action.kind,
    ),
    says: plan.events.map(({ reason, message }) => `${reason}: ${message}`),
    states: [...(plan.status.initContainerStatuses ?? []), ...(plan.status.containerStatuses ?? [])].map(
      ({ name, state }) =>
        `${name} ${state.waiting?.reason ?? state.terminated?.reason ?? (state.running === undefined ? '?' : 'Running')}`,
    ),
  }
}

/** A container that never runs again unless a rule says so. */
const ruled = (name: string, ...rules: readonly (readonly [string, string, ...number[]])[]): Partial<Container> => ({
  name,
  restartPolicy: 'Never',
  restartPolicyRules: rules.map(([action, operator, ...values]) => ({ action, exitCodes: { operator, values } })),
})

describe('what is started', () => {
  const sidecar = { name: 'side', restartPolicy: 'Always' }
  const cases: readonly (readonly [string, Spec, readonly Observed[], readonly string[], readonly string[]])[] = [
    [
      'all app containers of a new pod at once',
      { apps: ['a', 'b'] },
      [],
      ['StartContainer a.0', 'StartContainer b.0'],
      ['a ContainerCreating', 'b ContainerCreating'],
    ],
    [
      'the first init container, and nothing else',
      { inits: ['i', 'j'] },
      [],
      ['StartContainer i.0'],
      ['i PodInitializing', 'j PodInitializing', 'main PodInitializing'],
    ],
    [
      'nothing while an init container runs',
      { inits: ['i', 'j'] },
      [running('i')],
      [],
      ['i Running', 'j PodInitializing', 'main PodInitializing'],
    ],
    [
      'the second init container after the first has succeeded',
      { inits: ['i', 'j'] },
      [ended('i', 0)],
      ['StartContainer j.0'],
      ['i Completed', 'j PodInitializing', 'main PodInitializing'],
    ],
    [
      'the app containers after all init containers',
      { inits: ['i'] },
      [ended('i', 0)],
      ['StartContainer main.0'],
      ['i Completed', 'main PodInitializing'],
    ],
    [
      'nothing after an init container that failed for good',
      { inits: ['i'] },
      [ended('i', 1)],
      [],
      ['i Error', 'main PodInitializing'],
    ],
    [
      'a failed init container again with OnFailure',
      { inits: ['i'], restartPolicy: 'OnFailure' },
      [ended('i', 1)],
      ['StartContainer i.1'],
      ['i Error', 'main PodInitializing'],
    ],
    [
      'a successful init container not again with Always',
      { inits: ['i'], restartPolicy: 'Always' },
      [ended('i', 0)],
      ['StartContainer main.0'],
      ['i Completed', 'main PodInitializing'],
    ],
    [
      'what follows a sidecar as soon as it runs',
      { inits: [sidecar] },
      [running('side')],
      ['StartContainer main.0'],
      ['side Running', 'main PodInitializing'],
    ],
    [
      'a sidecar again whatever the policy of the pod',
      { inits: [sidecar] },
      [ended('side', 0), running('main')],
      ['StartContainer side.1'],
      ['side Completed', 'main Running'],
    ],
    [
      'no init container again once the apps have run',
      { inits: ['i'] },
      [running('main')],
      [],
      ['i PodInitializing', 'main Running'],
    ],
    ['nothing that is being started', {}, [], ['StartContainer main.0'], ['main ContainerCreating']],
    [
      'an app that succeeded not again with OnFailure',
      { restartPolicy: 'OnFailure', apps: ['a', 'b'] },
      [ended('a', 0), running('b')],
      [],
      ['a Completed', 'b Running'],
    ],
    [
      'an app that succeeded again with Always',
      { restartPolicy: 'Always' },
      [ended('main', 0)],
      ['StartContainer main.1'],
      ['main Completed'],
    ],
    [
      'an init container by its rule, which says more than the policies',
      { inits: [ruled('i', ['Restart', 'In', 3])] },
      [ended('i', 3)],
      ['StartContainer i.1'],
      ['i Error', 'main PodInitializing'],
    ],
    [
      'nothing when the rule is about other exit codes',
      { inits: [ruled('i', ['Restart', 'In', 3])] },
      [ended('i', 4)],
      [],
      ['i Error', 'main PodInitializing'],
    ],
    [
      'a container by the first of its rules that speaks of its exit code',
      { apps: [ruled('a', ['Restart', 'NotIn', 0, 3], ['RestartAllContainers', 'NotIn', 0]), 'b'] },
      [ended('a', 4), running('b')],
      ['StartContainer a.1'],
      ['a Error', 'b Running'],
    ],
    [
      'nothing for the exit codes that a rule leaves out',
      { apps: [ruled('a', ['Restart', 'NotIn', 0, 3])] },
      [ended('a', 3)],
      [],
      ['a Error'],
    ],
    [
      'a container by rules of its own',
      { apps: [ruled('a', ['Restart', 'In', 42])] },
      [ended('a', 42)],
      ['StartContainer a.1'],
      ['a Error'],
    ],
  ]
  for (const [name, spec, runs, does, states] of cases) {
    test(name, () => {
      const plan = look(podOf(spec), runs)
      assert.deepEqual(plan.does, does)
      assert.deepEqual(plan.states, states)
    })
  }

  test('nothing before the volumes are there', () => {
    assert.deepEqual(look(podOf(), [], { isPrepared: false }).does, ['PrepareVolumes'])
  })

  test('nothing whose run only the status still knows', () => {
    const before = look(podOf(), [running('main')])
    const after = look({ ...podOf(), status: before.status }, [], { now: at(100) })
    assert.deepEqual(after.does, [])
    assert.deepEqual(after.states, ['main ContainerStatusUnknown'])
    assert.equal(after.status.phase, 'Failed')
    const again = look({ ...podOf({ restartPolicy: 'OnFailure' }), status: before.status }, [], { now: at(100) })
    assert.deepEqual(again.does, ['StartContainer main.1'])
  })

  test('nothing twice', () => {
    const { does, status } = look(podOf(), [], { starting: new Map([['main', 0]]) })
    assert.deepEqual(does, [])
    assert.equal(status.phase, 'Pending')
  })
})

describe('the phase', () => {
  const cases: readonly (readonly [string, Spec, readonly Observed[], string])[] = [
    ['is Pending before the start', {}, [], 'Pending'],
    ['is Pending while initialising', { inits: ['i'] }, [running('i')], 'Pending'],
    ['is Running while one app runs', { apps: ['a', 'b'] }, [running('a'), ended('b', 1)], 'Running'],
    ['is Pending while one app has never run', { apps: ['a', 'b'] }, [running('a')], 'Pending'],
    ['is Succeeded when all apps ended with 0', { apps: ['a', 'b'] }, [ended('a', 0), ended('b', 0)], 'Succeeded'],
    ['is Failed when one app did not', { apps: ['a', 'b'] }, [ended('a', 0), ended('b', 1)], 'Failed'],
    ['is Running between two attempts', { restartPolicy: 'OnFailure' }, [ended('main', 1)], 'Running'],
    ['is Failed when an init container failed for good', { inits: ['i'] }, [ended('i', 1)], 'Failed'],
    [
      'waits for sidecars to end',
      { inits: [{ name: 's', restartPolicy: 'Always' }] },
      [running('s'), ended('main', 0)],
      'Running',
    ],
    [
      'does not ask how sidecars ended',
      { inits: [{ name: 's', restartPolicy: 'Always' }] },
      [ended('s', 143), ended('main', 0)],
      'Succeeded',
    ],
  ]
  for (const [name, spec, runs, phase] of cases) {
    test(name, () => assert.equal(look(podOf(spec), runs).status.phase, phase))
  }
})

describe('restarts', () => {
  test('come at once, then after 10 s, 20 s, … up to 300 s', () => {
    const pod = podOf({ restartPolicy: 'OnFailure' })
    let memory: PodMemory = newMemory
    let now = 0
    const waits: number[] = []
    for (let attempt = 0; attempt < 8; attempt += 1) {
      now += 1
      const run = ended('main', 1, { attempt, from: now - 1, to: now })
      let plan = look(pod, [run], { memory, now: at(now) })
      if (plan.wakeAt !== undefined) {
        assert.deepEqual(plan.states, ['main CrashLoopBackOff'])
        assert.equal(plan.status.phase, 'Running')
        waits.push((plan.wakeAt - at(now)) / 1000)
        now += waits.at(-1) ?? 0
        plan = look(pod, [run], { memory: plan.memory, now: at(now) })
      } else waits.push(0)
      assert.deepEqual(plan.does, [`StartContainer main.${attempt + 1}`])
      memory = plan.memory
    }
    assert.deepEqual(waits, [0, 10, 20, 40, 80, 160, 300, 300])
  })

  test('come at once again after a run of more than ten minutes', () => {
    const memory: PodMemory = { ...newMemory, backOff: { main: { delay: 300_000 as never, restartedAt: at(0) } } }
    const run = ended('main', 1, { attempt: 5, from: 0, to: 601 })
    const plan = look(podOf({ restartPolicy: 'OnFailure' }), [run], { memory, now: at(601) })
    assert.deepEqual(plan.does, ['StartContainer main.6'])
  })

  test('keep their pace when the memory was lost', () => {
    const run = ended('main', 1, { attempt: 3, from: 0, to: 1 })
    const plan = look(podOf({ restartPolicy: 'OnFailure' }), [run], { now: at(2) })
    assert.equal(plan.wakeAt, at(41))
    assert.equal(
      plan.status.containerStatuses?.[0]?.state.waiting?.message,
      'back-off 40s restarting failed container=main pod=p_ns(u)',
    )
    assert.deepEqual(plan.says, ['BackOff: Back-off restarting failed container main in pod p_ns(u)'])
    const again = look(podOf({ restartPolicy: 'OnFailure' }), [run], { now: at(3), memory: plan.memory })
    assert.deepEqual(again.says, [], 'told once for each wait')
  })

  test('are as far away after the clock was set as before', () => {
    const pod = podOf({ restartPolicy: 'OnFailure' })
    const run = ended('main', 1, { attempt: 3, from: 0, to: 1 })
    const before = look(pod, [run], { now: at(2) })
    assert.equal(before.wakeAt, at(41))
    const hour = millis(-3_600_000)
    const after = look(pod, [run], { now: at(2 - 3600), memory: shiftMemory(before.memory, hour) })
    assert.equal(after.wakeAt, at(41 - 3600))
  })

  test('of a run that seems to have ended in the future wait for the delay and no longer', () => {
    const run = ended('main', 1, { attempt: 3, from: 3600, to: 3601 })
    const plan = look(podOf({ restartPolicy: 'OnFailure' }), [run], { now: at(2) })
    assert.equal(plan.wakeAt, at(42))
    const later = look(podOf({ restartPolicy: 'OnFailure' }), [run], { now: at(30), memory: plan.memory })
    assert.equal(later.wakeAt, at(42), 'a later look does not begin anew')
  })

  test('show the last run, and forget older ones', () => {
    const runs = [ended('main', 1), ended('main', 2, { attempt: 1 }), running('main', 2)]
    const plan = look(podOf({ restartPolicy: 'OnFailure' }), runs)
    assert.deepEqual(plan.does, ['RemoveRun main.0'])
    const [status] = plan.status.containerStatuses ?? []
    assert.equal(status?.restartCount, 2)
    assert.equal(status?.lastState.terminated?.exitCode, 2)
  })
})

describe('the end', () => {
  const deleted = { deletionTimestamp: formatTime(at(31)), deletionGracePeriodSeconds: 30 }

  test('of a deleted pod is asked for, and enforced when its time is over', () => {
    const pod = podOf({}, deleted)
    const first = look(pod, [running('main')], { now: at(1) })
    assert.deepEqual(first.does, ['StopContainer main.0'])
    assert.deepEqual(first.says, ['Killing: Stopping container main'])
    const asked = new Set(['main.0'])
    const second = look(pod, [running('main')], { now: at(2), memory: first.memory, asked })
    assert.deepEqual(second.does, [], 'asked once')
    assert.equal(second.wakeAt, at(31))
    const third = look(pod, [running('main')], { now: at(31), memory: second.memory })
    assert.deepEqual(third.does, ['KillContainer main.0'])
    const last = look(pod, [ended('main', 137)], { now: at(32), memory: third.memory })
    assert.equal(last.status.phase, 'Failed')
    assert.deepEqual(last.does, ['DeletePod'])
  })

  test('leaves two seconds after SIGTERM, also when a preStop hook has used up the time', () => {
    const pod = podOf({}, deleted)
    const first = look(pod, [running('main')], { now: at(1) })
    const second = look(pod, [running('main')], { now: at(31), memory: first.memory })
    assert.deepEqual([second.does, second.wakeAt], [[], at(33)], 'the hook has just been given up')
    const asked = new Set(['main.0'])
    const third = look(pod, [running('main')], { now: at(32), memory: second.memory, asked })
    assert.deepEqual([third.does, third.wakeAt], [[], at(34)])
    const moved = shiftMemory(third.memory, millis(60_000))
    assert.deepEqual(look(pod, [running('main')], { now: at(93), memory: moved, asked }).does, [])
    assert.deepEqual(look(pod, [running('main')], { now: at(94), memory: moved, asked }).does, ['KillContainer main.0'])
  })

  test('of a deleted pod that ends well is success', () => {
    const plan = look(podOf({}, deleted), [ended('main', 0)])
    assert.equal(plan.status.phase, 'Succeeded')
    assert.deepEqual(plan.does, ['DeletePod'])
  })

  test('of a deleted pod that never ran is failure', () => {
    const plan = look(podOf({}, deleted), [])
    assert.equal(plan.status.phase, 'Failed')
    assert.deepEqual(plan.states, ['main ContainerStatusUnknown'])
  })

  test('of a pod that is deleted with force is left to the API server', () => {
    const plan = look(podOf({}, { ...deleted, deletionGracePeriodSeconds: 0 }), [ended('main', 1)])
    assert.deepEqual(plan.does, [])
  })

  test('of sidecars comes after the apps, the last one first', () => {
    const sidecars = ['s', 't'].map((name) => ({ name, restartPolicy: 'Always' }))
    const pod = podOf({ inits: sidecars })
    const both = [running('s'), running('t'), ended('main', 0)]
    assert.deepEqual(look(pod, both).does, ['StopContainer t.0'])
    assert.deepEqual(look(pod, [running('s'), ended('t', 143), ended('main', 0)]).does, ['StopContainer s.0'])
    const going = look(podOf({ inits: sidecars }, deleted), [running('s'), running('t'), running('main')])
    assert.deepEqual(going.does, ['StopContainer main.0'])
  })

  test('of a pod past its deadline is failure, whatever it says', () => {
    const pod = podOf({ activeDeadlineSeconds: 10 })
    assert.equal(look(pod, [running('main')], { now: at(9) }).wakeAt, at(10))
    const plan = look(pod, [running('main')], { now: at(10) })
    assert.deepEqual(plan.does, ['StopContainer main.0'])
    assert.equal(plan.status.phase, 'Pending', 'not final before the process has ended')
    const last = look(pod, [ended('main', 0)], { now: at(11), memory: plan.memory })
    assert.equal(last.status.phase, 'Failed')
    assert.equal(last.status.reason, 'DeadlineExceeded')
    const made = look(pod, [ended('main', 0)], { now: at(11) })
    assert.equal(made.status.phase, 'Succeeded', 'a pod that made it is not taken down')
  })

  test('of a pod for another operating system is its rejection, before anything of it starts', () => {
    const plan = look(podOf({ os: { name: 'windows' } }), [], { now: at(0) })
    assert.deepEqual(plan.does, [])
    assert.equal(plan.status.phase, 'Failed')
    assert.equal(plan.status.reason, 'PodOSNotSupported')
    assert.equal(plan.status.containerStatuses, undefined)
    assert.match(plan.says[0] ?? '', /^PodOSNotSupported: Failed to admit pod as the OS field/)
    assert.deepEqual(look(podOf({ os: { name: 'linux' } }), []).does, ['StartContainer main.0'])
  })

  test('of a pod that has taken too much of the node is eviction, at once', () => {
    const eviction = 'Usage of EmptyDir volume "work" exceeds the limit "1Mi". '
    const plan = look(podOf(), [running('main')], { now: at(10), eviction })
    assert.deepEqual(plan.does, ['StopContainer main.0'])
    assert.equal(plan.says[0], `Evicted: ${eviction}`)
    assert.equal(look(podOf(), [running('main')], { eviction, now: at(11), memory: plan.memory }).wakeAt, at(13))
    const last = look(podOf(), [ended('main', 143)], { now: at(11), eviction, memory: plan.memory })
    assert.deepEqual([last.status.phase, last.status.reason, last.status.message], ['Failed', 'Evicted', eviction])
    assert.deepEqual(last.says, [], 'told once')
  })

  test('of an unhealthy container is restart or failure, as its policy says', () => {
    const unhealthy = new Map([['main.0', { message: 'Container main failed liveness probe, will be restarted' }]])
    const plan = look(podOf(), [running('main')], { unhealthy })
    assert.deepEqual(plan.does, ['StopContainer main.0'])
    assert.deepEqual(plan.says, ['Killing: Container main failed liveness probe, will be restarted'])
  })

  test('is final: nothing is written or started after it', () => {
    const pod = podOf()
    const over: Pod = { ...pod, status: { ...pod.status, phase: 'Failed' } as PodStatus }
    const plan = look(over, [])
    assert.deepEqual(plan.does, [])
    assert.equal(plan.status, over.status)
  })
})

describe('a postStart hook', () => {
  const lifecycle = { postStart: { exec: { command: ['true'] } } }
  const hooked = { name: 'a', lifecycle }

  test('holds back the containers after its own', () => {
    assert.deepEqual(look(podOf({ apps: [hooked, 'b'] }), []).does, ['StartContainer a.0'])
    const starting = new Map([['a', 0]])
    assert.deepEqual(look(podOf({ apps: [hooked, 'b'] }), [], { starting }).does, [])
    assert.deepEqual(look(podOf({ apps: ['b', hooked] }), []).does, ['StartContainer b.0', 'StartContainer a.0'])
    assert.deepEqual(look(podOf({ apps: [hooked, 'b'] }), [running('a')]).does, ['StartContainer b.0'])
  })

  test('has to end before its container is shown as running', () => {
    const plan = look(podOf({ apps: [hooked, 'b'] }), [running('a')], { hooking: new Set(['a.0']) })
    assert.deepEqual(plan.does, [])
    assert.deepEqual(plan.states, ['a ContainerCreating', 'b ContainerCreating'])
    assert.equal(plan.status.phase, 'Pending')
    assert.equal(plan.status.containerStatuses?.[0]?.ready, false)
  })

  test('of a sidecar has to end before the pod goes on', () => {
    const pod = podOf({ inits: [{ ...hooked, restartPolicy: 'Always' }] })
    assert.deepEqual(look(pod, [running('a')], { hooking: new Set(['a.0']) }).does, [])
    assert.deepEqual(look(pod, [running('a')]).does, ['StartContainer main.0'])
  })

  test('does not keep its container from being ended', () => {
    const plan = look(podOf({ apps: [hooked] }, { deletionTimestamp: formatTime(at(31)) }), [running('a')], {
      hooking: new Set(['a.0']),
    })
    assert.deepEqual(plan.does, ['StopContainer a.0'])
  })
})

describe('conditions', () => {
  const shown = (plan: { readonly status: PodStatus }) =>
    Object.fromEntries(
      (plan.status.conditions ?? []).map(({ type, status, reason, message }) => [type, [status, reason, message]]),
    )

  test('of a starting pod name what is missing', () => {
    assert.deepEqual(shown(look(podOf({ apps: ['a', 'b'], inits: ['i'] }), [])), {
      PodReadyToStartContainers: ['True', undefined, undefined],
      Initialized: ['False', 'ContainersNotInitialized', 'containers with incomplete status: [i]'],
      Ready: ['False', 'ContainersNotReady', 'containers with unready status: [a b]'],
      ContainersReady: ['False', 'ContainersNotReady', 'containers with unready status: [a b]'],
      PodScheduled: ['True', undefined, undefined],
    })
  })

  test('keep their transition time while their status stays', () => {
    const pod = podOf()
    const first = look(pod, [running('main')], { now: at(5) })
    const later = look({ ...pod, status: first.status }, [running('main')], { now: at(9) })
    assert.deepEqual(later.status.conditions, first.status.conditions)
  })

  test('of others are kept', () => {
    const pod = podOf()
    const target = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }
    const plan = look({ ...pod, status: { ...pod.status, conditions: [target] } }, [running('main')])
    assert.deepEqual(plan.status.conditions?.at(-1), target)
  })

  test('wait for readiness gates', () => {
    const plan = look(podOf({ readinessGates: [{ conditionType: 'x/y' }] }), [running('main')])
    assert.deepEqual(shown(plan)['Ready'], [
      'False',
      'ReadinessGatesNotReady',
      'corresponding condition of pod readiness gate "x/y" does not exist.',
    ])
    assert.equal(shown(plan)['ContainersReady']?.[0], 'True')
  })
})
