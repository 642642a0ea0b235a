/** The images of the engine: those that are there are used as they are, others are pulled. */
import type { Readable } from 'node:stream'
import { type Clock, fail, millis, ok, type Result } from '../../base/index.ts'
import type { ImageService, RegistryCredential } from '../runtime/index.ts'
import type { Engine } from './engine.ts'
import { readJsonLines } from './json-lines.ts'

/** A pull that says nothing for so long has stopped. */
const SILENCE = millis(300_000)

type Found = { readonly Id: string; readonly Size: number; readonly Config?: { readonly User?: string } | null }
type Progress = { readonly error?: string }

/** `{ok: undefined}` for an image that is not there. */
export async function inspectImage(engine: Engine, image: string): Promise<Result<Found | undefined, string>> {
  const found = await engine.call<Found>({ method: 'GET', path: `/images/${image}/json` })
  if (found.ok) return found
  return found.error.kind === 'Refused' && found.error.status === 404 ? ok(undefined) : fail(found.error.message)
}

export const imageService = (engine: Engine, clock: Clock): ImageService => ({
  find: async (image) => {
    const found = await inspectImage(engine, image)
    return found.ok ? ok(found.value && { id: found.value.Id }) : found
  },
  pull: async (image, credentials) => {
    const tries = credentials.length === 0 ? [undefined] : credentials
    let failure = ''
    for (const credential of tries) {
      const pulled = await pull(engine, clock, image, credential)
      if (pulled.ok) {
        const found = await inspectImage(engine, image)
        return found.ok ? ok({ bytes: found.value?.Size ?? 0 }) : found
      }
      failure = pulled.error
    }
    return fail(failure)
  },
})

async function pull(
  engine: Engine,
  clock: Clock,
  image: string,
  credential: RegistryCredential | undefined,
): Promise<Result<undefined, string>> {
  const begun = await engine.stream({
    method: 'POST',
    path: '/images/create',
    query: wanted(image),
    headers: credential === undefined ? {} : { 'X-Registry-Auth': authOf(credential) },
    timeout: SILENCE,
  })
  if (!begun.ok) return fail(begun.error.message)
  let failure: string | undefined
  const watchdog = watch(clock, begun.value)
  const broken = await readJsonLines<Progress>(begun.value, ({ error }) => {
    watchdog.calm()
    failure ??= error
  })
  watchdog.stop()
  const why = failure ?? broken
  return why === undefined ? ok(undefined) : fail(why)
}

/** Without a tag an engine would pull all there are. */
function wanted(image: string): { readonly fromImage: string; readonly tag?: string } {
  const at = image.indexOf('@')
  if (at !== -1) return { fromImage: image.slice(0, at).replace(/:[^:/]*$/, ''), tag: image.slice(at + 1) }
  return /:[^/]*$/.test(image) ? { fromImage: image } : { fromImage: image, tag: 'latest' }
}

const authOf = ({ registry, username, password, identityToken }: RegistryCredential): string =>
  Buffer.from(
    JSON.stringify(
      identityToken === undefined
        ? { username, password, serveraddress: registry }
        : { identitytoken: identityToken, serveraddress: registry },
    ),
  ).toString('base64url')

/** Breaks a stream that has stopped. */
function watch(clock: Clock, stream: Readable) {
  const begin = () => clock.wake(SILENCE, () => stream.destroy(new Error('the pull made no progress for 5 minutes')))
  let cancel = begin()
  return {
    calm: () => {
      cancel()
      cancel = begin()
    },
    stop: () => cancel(),
  }
}
