/** The input of a container's main process, for a client that attaches; what the process says comes from its log. */
import type { ContainerInput, ContainerKey } from '../runtime/index.ts'
import { handleOf } from './exec.ts'
import type { Inspection } from './inspection.ts'
import { endOfRun, findRun, type State } from './state.ts'

export async function openInput(state: State, key: ContainerKey): Promise<ContainerInput | undefined> {
  const { engine } = state
  const run = findRun(state, key)
  if (run === undefined || endOfRun(run) !== undefined) return undefined
  const path = `/containers/${run.id}`
  const found = await engine.call<Inspection>({ method: 'GET', path: `${path}/json` })
  if (!found.ok || found.value.Config.OpenStdin !== true) return undefined
  const joined = await engine.hijack({ method: 'POST', path: `${path}/attach`, query: { stream: true, stdin: true } })
  if (!joined.ok) return undefined
  const socket = joined.value
  // Nothing comes but the end of the connection, and one that breaks ends as well.
  socket.on('error', () => undefined)
  socket.resume()
  const { write, endStdin } = handleOf(socket)
  return {
    write,
    endStdin,
    resize: ({ width, height }) =>
      void engine.call({ method: 'POST', path: `${path}/resize`, query: { w: width, h: height } }),
    close: () => void socket.destroy(),
  }
}
