/** Starting a run: its container is made and started, each once however often it is asked for. */
import { closeSync, fchmodSync, mkdirSync, openSync } from 'node:fs'
import { fail, ok, type Result } from '../../base/index.ts'
import type { ContainerConfig, Observed, StartFailure } from '../runtime/index.ts'
import { runBody } from './container-body.ts'
import type { EngineError } from './engine.ts'
import { inspectImage } from './images.ts'
import { type Inspection, judge } from './inspection.ts'
import { makeContainer, SLOW } from './make-container.ts'
import { runContainerName } from './names.ts'
import { admit, endUnstarted, settle } from './settle.ts'
import { entryOf, fileOf, type PodEntry, podDirectory, type State, slotOf } from './state.ts'

type Started = Result<Observed, StartFailure>

export function startRun(state: State, config: ContainerConfig): Promise<Started> {
  const entry = entryOf(state, config.key.podUid)
  const slot = slotOf(config.key)
  const known = entry.runs.get(slot)
  if (known !== undefined) return Promise.resolve(ok(known.observed))
  const underWay = entry.starting.get(slot)
  if (underWay !== undefined) return underWay
  const work = state
    .gate(() => start(state, entry, config))
    .finally(() => {
      entry.starting.delete(slot)
    })
  entry.starting.set(slot, work)
  return work
}

const notMade = (message: string) => fail<StartFailure>({ reason: 'CreateContainerError', message })

async function start(state: State, entry: PodEntry, config: ContainerConfig): Promise<Started> {
  const { sandbox } = entry
  if (sandbox === undefined) return notMade('the pod has no sandbox')
  const image = await imageUserOf(state, config)
  if (!image.ok) return notMade(image.error)
  const forbidden = userRefusal(config, image.value)
  if (forbidden !== undefined) return fail({ reason: 'CreateContainerConfigError', message: forbidden })
  makeFiles(state, config)
  const made = await makeContainer(state, {
    name: runContainerName(config.key, sandbox),
    body: runBody(state.place, {
      config,
      sandbox,
      sandboxId: entry.sandboxId,
      messagePath: fileOf(state, config.key, 'message'),
      imageUser: image.value,
    }),
  })
  if (!made.ok) return notMade(made.error.message)
  const { id, found } = made.value
  if (found !== undefined && judge(found, state.options.clock.now()).kind !== 'Unstarted') {
    return begun(state, config, found)
  }
  entry.strays.add(id)
  const started = await state.engine.call({ method: 'POST', path: `/containers/${id}/start`, timeout: SLOW })
  if (!started.ok && started.error.kind === 'Unreachable') return notMade(started.error.message)
  const inspection = await state.engine.call<Inspection>({ method: 'GET', path: `/containers/${id}/json` })
  if (!inspection.ok) return notMade(inspection.error.message)
  const refusal = started.ok ? undefined : refusedProgram(inspection.value, started.error)
  if (refusal !== undefined) return neverRan(state, config, refusal)
  const answer = await begun(state, config, inspection.value)
  if (answer.ok) entry.strays.delete(id)
  return answer.ok || started.ok ? answer : notMade(started.error.message)
}

/** The container with what kept its program from running: Podman tells that only to who asked for the start. */
function refusedProgram(inspection: Inspection, { message }: EngineError): Inspection | undefined {
  const { State } = inspection
  const isProgram = /executable file not found|no such file or directory|permission denied|exec format error/.test(
    message,
  )
  const isTold = State.Status !== 'created' || State.Error !== ''
  return isTold || !isProgram || !message.includes('OCI ')
    ? undefined
    : { ...inspection, State: { ...State, Error: message } }
}

function neverRan(state: State, { key }: ContainerConfig, inspection: Inspection): Started {
  const run = admit(state, key, inspection)
  if (run === undefined) return notMade('the container was not started')
  endUnstarted(state, run, inspection)
  return ok(run.observed)
}

async function begun(state: State, { key }: ContainerConfig, inspection: Inspection): Promise<Started> {
  const run = admit(state, key, inspection)
  if (run === undefined) return notMade('the container was not started')
  if (!inspection.State.Running) await settle(state, run)
  return ok(run.observed)
}

/** The directory of the pod, its log, and the file that becomes the termination message. */
function makeFiles(state: State, { key }: ContainerConfig): void {
  mkdirSync(podDirectory(state, key.podUid), { recursive: true, mode: 0o700 })
  // Whoever sees the container run finds its log.
  closeSync(openSync(fileOf(state, key, 'log'), 'a', 0o600))
  const file = openSync(fileOf(state, key, 'message'), 'a', 0o666)
  // Whoever the program runs as may leave a word.
  fchmodSync(file, 0o666)
  closeSync(file)
}

/** The user that the image names; only asked for when the answer matters. */
async function imageUserOf({ engine }: State, { image, runAs }: ContainerConfig): Promise<Result<string, string>> {
  if (runAs === undefined || runAs.uid !== undefined) return ok('')
  const found = await inspectImage(engine, image)
  return found.ok ? ok(found.value?.Config?.User ?? '') : found
}

/** @source kubernetes v1.36 pkg/kubelet/kuberuntime/security_context.go, verifyRunAsNonRoot */
function userRefusal({ key, pod, runAs }: ContainerConfig, imageUser: string): string | undefined {
  if (runAs?.nonRoot !== true) return undefined
  const where = `(pod: "${pod.name}_${pod.namespace}(${key.podUid})", container: ${key.container})`
  if (runAs.uid !== undefined) {
    return runAs.uid === 0 ? `container's runAsUser breaks non-root policy ${where}` : undefined
  }
  const [user = ''] = imageUser.split(':')
  if (user === '' || user === '0') return `container has runAsNonRoot and image will run as root ${where}`
  return /^\d+$/.test(user)
    ? undefined
    : `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`
}
