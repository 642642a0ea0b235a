import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ContainerStatus } from '../../apis/core/index.ts'
import { lastAttemptOf } from './kept-run.ts'

describe('which run the last state of a container tells of', () => {
  const ended = (reason: string): ContainerStatus['state'] => ({ terminated: { exitCode: 137, reason } })
  const running: ContainerStatus['state'] = { running: {} }
  const waiting: ContainerStatus['state'] = { waiting: { reason: 'CrashLoopBackOff' } }
  const cases: readonly (readonly [string, ContainerStatus['state'], ContainerStatus['lastState'], number])[] = [
    ['the one before the one that runs', running, ended('Error'), 2],
    ['the one before the one that has ended', ended('Completed'), ended('Error'), 2],
    ['the newest while the next one waits', waiting, ended('Error'), 3],
    [
      'the newest while it waits with all others of its pod, counted already',
      waiting,
      ended('RestartingAllContainers'),
      2,
    ],
    ['the one before all containers of the pod were restarted', running, ended('RestartingAllContainers'), 2],
  ]
  for (const [name, state, lastState, attempt] of cases)
    test(name, () => {
      const status = { name: 'main', image: 'host', imageID: '', ready: false, restartCount: 3, state, lastState }
      assert.equal(lastAttemptOf(status), attempt)
    })
})
