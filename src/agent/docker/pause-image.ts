/**
 * The image of the container that holds a pod's namespaces, made here so that nothing has to be pulled: an archive with one
 * file, a program of two system calls.
 */
import { ok } from '../../base/index.ts'
import type { Answer, Engine } from './engine.ts'
import { pauseProgram } from './pause-program.ts'
import { tarOf } from './tar.ts'

/** The number goes up with the program. */
export const PAUSE_IMAGE = 'jobd-pause:1'

/** Gives the image to the engine; fails for machines that no program is known for. */
export async function importPause(engine: Engine): Answer<undefined> {
  const info = await engine.call<{ readonly Arch: string }>({ method: 'GET', path: '/version' })
  if (!info.ok) return info
  const program = pauseProgram(info.value.Arch)
  if (!program.ok) return { ok: false, error: { kind: 'Refused', status: 0, message: program.error } }
  const sent = await engine.stream({
    method: 'POST',
    path: '/images/create',
    // Podman leaves a tag of its own parameter away.
    query: { fromSrc: '-', repo: PAUSE_IMAGE, changes: 'ENTRYPOINT ["/pause"]' },
    body: tarOf([{ name: 'pause', mode: 0o555, content: program.value }]),
  })
  if (!sent.ok) return sent
  sent.value.resume()
  await new Promise<void>((resolve) => sent.value.once('close', resolve))
  return ok(undefined)
}

/** Takes the image away, if no container of anybody uses it. */
export async function removePause(engine: Engine): Promise<void> {
  await engine.call({ method: 'DELETE', path: `/images/${PAUSE_IMAGE}` })
}
