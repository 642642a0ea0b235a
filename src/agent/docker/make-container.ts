/** Making a container under a name that only one can have. */
import { fail, millis, ok, type Result } from '../../base/index.ts'
import type { ContainerBody } from './container-body.ts'
import type { EngineError } from './engine.ts'
import type { Inspection } from './inspection.ts'
import { OWNER } from './names.ts'
import type { State } from './state.ts'

/** Making or starting a container takes tenths of a second, on a machine that is busy many of them. */
export const SLOW = millis(120_000)

/** `found` is the container as it was met, when it had been made before. */
export type Made = { readonly id: string; readonly found?: Inspection | undefined }

/** Makes the container, or finds the one of ours that an earlier call has made. */
export async function makeContainer(
  { engine, place }: State,
  { name, body }: { readonly name: string; readonly body: ContainerBody },
): Promise<Result<Made, EngineError>> {
  const made = await engine.call<{ readonly Id: string }>({
    method: 'POST',
    path: '/containers/create',
    query: { name },
    body,
    timeout: SLOW,
  })
  if (made.ok) return ok({ id: made.value.Id })
  if (made.error.kind !== 'Refused') return made
  // A name that is taken is 409 to Docker, 500 to some versions of Podman: whether it is there tells.
  const found = await engine.call<Inspection>({ method: 'GET', path: `/containers/${name}/json` })
  if (!found.ok) return found.error.kind === 'Refused' ? made : found
  if (found.value.Config.Labels?.[OWNER] !== place.owner) {
    const message = `a container of the name ${name} is there already and is not ours; remove it`
    return fail({ kind: 'Refused', status: 409, message })
  }
  return ok({ id: found.value.Id, found: found.value })
}
