import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { virtualClock } from '../../../test/support/virtual-clock.ts'
import type { Container, Probe } from '../../apis/core/index.ts'
import { createTimers, ok } from '../../base/index.ts'
import type { ExecHandle, Runtime } from '../runtime/index.ts'
import { probeRun } from './index.ts'

/** What is seen of a run whose probes find `answers`, one after the other and then the last for ever, by the second. */
async function watched(
  own: Partial<Container>,
  answers: readonly boolean[],
  seconds: number,
): Promise<readonly string[]> {
  const clock = virtualClock()
  const start = clock.now()
  const seen: string[] = []
  const see = (what: string) => void seen.push(`${(clock.now() - start) / 1000} ${what}`)
  let asked = 0
  const runtime = {
    exec: async (_key, _spec, { end }) => {
      see('asked')
      const answer = answers[Math.min(asked++, answers.length - 1)]
      end({ kind: 'Exited', exitCode: answer === true ? 0 : 1 })
      return ok({ close: () => {} } as ExecHandle)
    },
  } as Partial<Runtime> as Runtime
  const container: Container = { name: 'main', resources: {}, ...own }
  const key = { podUid: 'p', container: 'main', attempt: 0 }
  const stop = probeRun(
    { clock, runtime, timers: createTimers(clock) },
    { target: { container, key, host: '127.0.0.1' }, startedAt: start },
    {
      onFacts: ({ started, ready }) => see(`${started ? 'started' : 'starting'} ${ready ? 'ready' : 'unready'}`),
      onFailure: (kind) => see(`${kind} failed`),
      onDead: (kind, grace) => see(`${kind} dead${grace === undefined ? '' : ` within ${grace / 1000}`}`),
    },
  )
  for (const span of [0, ...Array.from({ length: seconds }, () => 1000)]) {
    await setImmediate()
    clock.advance(span)
    await setImmediate()
    // What begins at once.
    clock.advance(0)
  }
  await setImmediate()
  stop()
  return seen
}

const exec = (more: Partial<Probe>): Probe => ({ exec: { command: ['look'] }, ...more })

describe('the times of probes', () => {
  const cases: readonly (readonly [string, Partial<Container>, readonly boolean[], number, readonly string[]])[] = [
    [
      'periodSeconds: one is made so often',
      { livenessProbe: exec({ periodSeconds: 3 }) },
      [true],
      7,
      ['0 started ready', '0 asked', '3 asked', '6 asked'],
    ],
    [
      'initialDelaySeconds: the first is made so late',
      { livenessProbe: exec({ periodSeconds: 3, initialDelaySeconds: 5 }) },
      [true],
      9,
      ['0 started ready', '5 asked', '8 asked'],
    ],
    [
      'failureThreshold: so many failures in a row end a container',
      { livenessProbe: exec({ periodSeconds: 1, failureThreshold: 2 }) },
      [false, true, false, false, true],
      9,
      [
        ...['0 started ready', '0 asked', '0 Liveness failed', '1 asked', '2 asked', '2 Liveness failed'],
        ...['3 asked', '3 Liveness failed', '3 Liveness dead'],
      ],
    ],
    [
      'terminationGracePeriodSeconds: the container has so long to end',
      { livenessProbe: exec({ periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 7 }) },
      [false],
      2,
      ['0 started ready', '0 asked', '0 Liveness failed', '0 Liveness dead within 7'],
    ],
    [
      'successThreshold: so many successes in a row make it ready',
      { readinessProbe: exec({ periodSeconds: 1, successThreshold: 2 }) },
      [true, false, true, true],
      4,
      [
        ...['0 started unready', '0 asked', '1 asked', '1 Readiness failed', '2 asked', '3 asked'],
        ...['3 started ready', '4 asked'],
      ],
    ],
    [
      'a startup probe holds the others back, and ends what does not start',
      {
        startupProbe: exec({ periodSeconds: 1, failureThreshold: 2 }),
        livenessProbe: exec({ periodSeconds: 1 }),
      },
      [false, false, true],
      4,
      ['0 asked', '0 Startup failed', '1 asked', '1 Startup failed', '1 Startup dead'],
    ],
    [
      'once it has started, it is not asked for that again',
      {
        startupProbe: exec({ periodSeconds: 1, failureThreshold: 9 }),
        readinessProbe: exec({ periodSeconds: 2 }),
      },
      [false, true],
      4,
      ['0 asked', '0 Startup failed', '1 asked', '1 started unready', '1 asked', '1 started ready', '3 asked'],
    ],
  ]
  for (const [name, own, answers, seconds, expected] of cases)
    test(name, async () => assert.deepEqual(await watched(own, answers, seconds), expected))
})
