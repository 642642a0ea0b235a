import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { after, type TestContext } from 'node:test'
import { type RuntimeWorld, runRuntimeContract } from '../../../test/contract/runtime-contract.ts'
import { dockerdMissing, startDockerd, type TestEngine } from '../../../test/support/dockerd.ts'
import { podmanMissing, startPodman } from '../../../test/support/podman.ts'
import { realClock } from '../../../test/support/real-clock.ts'
import { silentLog } from '../../base/index.ts'
import { createDockerRuntime, type DockerRuntime } from './docker-runtime.ts'

const programs = new URL('../../../test/fixtures/programs', import.meta.url).pathname
const engines = [
  { name: 'docker', absent: dockerdMissing(), start: startDockerd, missing: {} },
  {
    name: 'podman',
    absent: podmanMissing(),
    start: startPodman,
    missing: {
      input: 'Podman 4.3 ends the input of a container with the first client that leaves',
      memory: 'Podman 4.3 does not tell that the kernel killed a process for memory when it was not the first one',
    },
  },
]

/** Processes with one of these containers in their control group. */
function processesIn(ids: readonly string[]): number {
  const isInside = (pid: string) => {
    try {
      const groups = readFileSync(`/proc/${pid}/cgroup`, 'latin1')
      return ids.some((id) => groups.includes(id))
    } catch {
      // It has ended in the meantime.
      return false
    }
  }
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isInside(name)).length
}

async function open(t: TestContext, { socketPath, cli, image }: TestEngine): Promise<RuntimeWorld> {
  const dir = mkdtempSync(`${realpathSync(tmpdir())}/jobd-docker-`)
  const opened: DockerRuntime[] = []
  const openAgain = async () => {
    const runtime = await createDockerRuntime({
      dir: `${dir}/runtime`,
      volatileDir: `${dir}/volatile`,
      socketPath,
      clock: realClock,
      log: silentLog,
      newOwner: randomUUID,
    })
    assert.ok(runtime.ok)
    opened.push(runtime.value)
    return runtime.value
  }
  const runtime = await openAgain()
  t.after(async () => {
    const last = await openAgain()
    for (const uid of await last.podUids()) await last.remove(uid)
    for (const each of opened) await each.close()
    assert.equal(cli('ps', '-aq'), '', 'no container is left')
    assert.equal(cli('network', 'ls', '-q', '--filter', 'label=jobd.dev/owner'), '', 'no network is left')
    assert.equal(cli('images', '-q', 'jobd-pause'), '', 'no image of ours is left')
    rmSync(dir, { recursive: true })
  })
  return {
    runtime,
    dir,
    open: openAgain,
    processes: () => processesIn(cli('ps', '-q', '--filter', 'label=jobd.dev/pod-uid').split('\n').filter(Boolean)),
    base: {
      image,
      env: { PATH: '/bin' },
      mounts: [
        { source: programs, target: programs, readOnly: true },
        { source: dir, target: dir, readOnly: false },
      ],
    },
  }
}

for (const { name, absent, start, missing } of engines) {
  const engine = absent === undefined ? await start() : undefined
  after(() => engine?.stop())
  const openOn = (t: TestContext) => {
    assert.ok(engine)
    return open(t, engine)
  }
  runRuntimeContract({ name, skip: absent ?? false, open: openOn, missing })
}
