/** The calls of a program, carried out on the server that it started. */
import type { KubeObject } from '../apimachinery/index.ts'
import type { CronJob, Job } from '../apis/batch/index.ts'
import type { Pod } from '../apis/core/index.ts'
import { kubeconfigText } from '../apiserver/auth/index.ts'
import type { Clock, Log } from '../base/index.ts'
import {
  applyManifest,
  findKind,
  type Manifest,
  parseManifests,
  resourceNameOf,
  statusText,
  watchToEnd,
} from '../cli/index.ts'
import type { Client } from '../client/index.ts'
import { checkNames, type NamesOf } from './given.ts'
import { JobdError, type Manifests, type Place, type Program, unwrap } from './program.ts'
import type { Server } from './server.ts'
import { stoppableClient, stoppedText } from './stoppable-client.ts'

// The command line loads these when it needs them; a program always does, and wants its server soon after the call.
import '../apiserver/discovery/index.ts'
import '../apiserver/http/index.ts'
import '../apiserver/metrics/index.ts'
import '../apiserver/openapi/index.ts'

const placeNames: NamesOf<Place> = { namespace: true }
const removeNames: NamesOf<Place & { readonly resource?: string }> = { namespace: true, resource: true }

export type ProgramOptions = {
  readonly clock: Clock
  /** Told what the server warns of. */
  readonly log: Log
  /** Ends what the server does not know of, after it. */
  readonly close: () => Promise<void> | void
}

export function programOn(server: Server, { clock, log, close }: ProgramOptions): Program {
  const { http, certificates, core } = server
  if (http === undefined || certificates === undefined) throw new Error('a server without a listener has no program')
  let stopped: Promise<void> | undefined
  const client = stoppableClient(
    core.clientForPeople('program', (text) => log.warn(text)),
    () => stopped !== undefined,
  )
  const { url } = http.address
  /** Those that wait for a Job, each with the way to tell it that there is no use. */
  const waiting = new Set<() => void>()
  const stop = (): Promise<void> => {
    stopped ??= server.stop().then(close)
    for (const giveUp of [...waiting]) giveUp()
    return stopped
  }
  /** The namespace that a call is for. */
  const begin = (
    call: string,
    place: Place | undefined,
    names: Readonly<Record<string, true>> = placeNames,
  ): string => {
    if (stopped !== undefined) throw new JobdError(stoppedText)
    checkNames(call, place, names)
    return place?.namespace ?? 'default'
  }
  const getOf =
    <T extends KubeObject>(call: string, resource: string) =>
    async (name: string, place?: Place): Promise<T> =>
      unwrap(await client.get<T>({ resource, namespace: begin(call, place), name }))
  return {
    url,
    kubeconfig: kubeconfigText({
      server: url,
      ca: certificates.ca,
      cert: certificates.admin.cert,
      key: certificates.admin.key,
    }),
    client,
    apply: async (manifests, place) => await applyAll(client, manifests, begin('apply', place)),
    job: getOf<Job>('job', 'jobs.batch'),
    cronJob: getOf<CronJob>('cronJob', 'cronjobs.batch'),
    pod: getOf<Pod>('pod', 'pods'),
    jobs: async (place) => unwrap(await client.list<Job>('jobs.batch', { namespace: begin('jobs', place) })).items,
    finished: async (name, place) => await finished({ client, clock, waiting }, begin('finished', place), name),
    async remove(name, place) {
      const namespace = begin('remove', place, removeNames)
      const kind = findKind(String(place?.resource ?? 'jobs.batch'))
      if (!kind.ok) throw new JobdError(`remove: ${kind.error}`)
      unwrap(
        await client.delete(
          { resource: resourceNameOf(kind.value), namespace, name },
          { propagationPolicy: 'Background' },
        ),
      )
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function applyAll(client: Client, given: Manifests, namespace: string): Promise<readonly KubeObject[]> {
  const applied: KubeObject[] = []
  for (const manifest of manifestsOf(given)) {
    const done = await applyManifest(client, manifest, { namespace, fieldManager: 'jobd-program' })
    if (!done.ok) {
      const { kind, object, origin } = manifest
      const name = object.metadata.name ?? object.metadata.generateName ?? ''
      throw new JobdError(`${origin}: ${kind.kind} ${name} was refused: ${statusText(done.error)}`, done.error)
    }
    applied.push(done.value)
  }
  return applied
}

function manifestsOf(given: Manifests): readonly Manifest[] {
  if (given === undefined || given === null)
    throw new JobdError(`apply takes the text of manifests, an object or several, not ${given}`)
  const texts = typeof given === 'string' ? [given] : (Array.isArray(given) ? given : [given]).map(jsonOf)
  return texts.flatMap((text, i) => {
    const parsed = parseManifests(text, texts.length > 1 ? `manifest ${i + 1}` : 'the manifest')
    if (parsed.ok) return parsed.value
    throw new JobdError(parsed.error)
  })
}

/** JSON is YAML; what cannot be JSON is no manifest. */
const jsonOf = (object: unknown): string => JSON.stringify(object) ?? 'null'

type Waiter = { readonly client: Client; readonly clock: Clock; readonly waiting: Set<() => void> }

async function finished({ client, clock, waiting }: Waiter, namespace: string, name: string): Promise<Job> {
  const job = unwrap(await client.get<Job>({ resource: 'jobs.batch', namespace, name }))
  return await new Promise((resolve, reject) => {
    const giveUp = (): void =>
      settle(() => reject(new JobdError(`the server was stopped before job ${namespace}/${name} finished`)))
    waiting.add(giveUp)
    const settle = (act: () => void): void => {
      waiting.delete(giveUp)
      handle.stop()
      act()
    }
    const handle = watchToEnd(client, clock, job, {
      onEnd: (last) =>
        settle(() => {
          if (last !== undefined) resolve(last)
          else reject(new JobdError(`job ${namespace}/${name} was deleted before it finished`))
        }),
      onTrouble: (status) => settle(() => reject(new JobdError(statusText(status), status))),
    })
  })
}
