/** Ctrl-C for what is followed: nothing of it runs on, and nothing of it is left. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { allPids, commandLineOf } from '../../src/agent/process/proc.ts'
import { jobd, temporaryDirectory } from '../support/executable.ts'

type Run = { readonly child: ChildProcess; readonly place: string; readonly said: () => string }

/** A private server whose pod runs a script that says `up` once it is there; `$PLACE` is for its files. */
async function startRun(t: TestContext, script: string): Promise<Run> {
  const { path: place, dispose } = temporaryDirectory()
  t.after(dispose)
  const child = spawn(jobd, ['run', '--', 'sh', '-c', `PLACE=${place}; ${script}`], {
    env: { ...process.env, TMPDIR: place, XDG_STATE_HOME: place },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => said.push(String(chunk)))
  const run = { child, place, said: () => said.join('') }
  await heard(run, 'up\n')
  return run
}

async function heard({ child, said }: Run, text: string): Promise<void> {
  const ended = once(child, 'exit')
  while (!said().includes(text)) {
    const next = [child.stdout, child.stderr].flatMap((stream) => (stream === null ? [] : [once(stream, 'data')]))
    await Promise.race([...next, ended])
    assert.equal(child.exitCode, null, said())
  }
}

const leftIn = ({ place }: Run): readonly string[] => readdirSync(place).filter((name) => name.startsWith('jobd-run-'))

/** Processes of the pod that run. */
const runningOf = ({ place }: Run): readonly number[] =>
  allPids().filter((pid) => commandLineOf(pid)?.includes(`PLACE=${place};`) === true)

describe('jobd run that is interrupted', () => {
  test('lets its pod end as it should, and leaves nothing', async (t) => {
    const run = await startRun(t, `trap 'echo ended > $PLACE/end; exit 0' TERM; echo up; while :; do sleep 0.1; done`)
    run.child.kill('SIGINT')
    const [code] = await once(run.child, 'exit')
    assert.equal(code, 130, run.said())
    assert.match(run.said(), /deleted: interrupted\n$/)
    assert.deepEqual(runningOf(run), [])
    assert.equal(readFileSync(join(run.place, 'end'), 'utf8'), 'ended\n')
    assert.deepEqual(leftIn(run), [])
  })

  test('kills, when told again, what does not want to end', async (t) => {
    const run = await startRun(t, `trap '' TERM; echo up; while :; do sleep 0.1; done`)
    assert.notDeepEqual(runningOf(run), [])
    run.child.kill('SIGINT')
    await heard(run, 'interrupt again')
    run.child.kill('SIGINT')
    const [code] = await once(run.child, 'exit')
    assert.equal(code, 130, run.said())
    assert.deepEqual(runningOf(run), [])
    assert.deepEqual(leftIn(run), [])
  })
})
