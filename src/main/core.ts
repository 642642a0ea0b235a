/** The heart of a server without HTTP and without a node: store, registry and controllers. */
import { type ApiOptions, strategies } from '../apis/index.ts'
import { inProcessClient } from '../apiserver/in-process/index.ts'
import { type ApiConfig, createApi, type RunningApi, type User } from '../apiserver/registry/index.ts'
import { fail, type Log, ok, type Result } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { type Manager, type ManagerOptions, startManager } from '../manager/index.ts'
import type { Store } from '../storage/revision/index.ts'
import { realSurroundings, type Surroundings } from './real.ts'

export type CoreOptions = {
  readonly store: Store
  readonly log: Log
  /** The real ones when absent. */
  readonly surroundings?: Surroundings | undefined
  readonly api: ApiOptions
  readonly manager: Omit<ManagerOptions, 'exact'>
  readonly disabledAdmission?: readonly string[] | undefined
  readonly handlers?: ApiConfig['handlers']
  readonly plugins?: ApiConfig['plugins']
  readonly eventTtl?: ApiConfig['eventTtl']
}

export type Core = {
  readonly api: RunningApi
  /** A client of this process for a part of it, which acts in its own name. */
  readonly clientFor: (part: string) => Client
  /** The same for what people hand in: their objects are read as those of requests are, and what is to be said of them is told. */
  readonly clientForPeople: (part: string, warn: (text: string) => void) => Client
  readonly manager: Manager
  readonly stop: () => Promise<void>
}

/** The parts of this process are trusted: what keeps them in bounds is what they do, not what they may. */
const trusted = (part: string): User => ({
  name: `system:jobd:${part}`,
  groups: ['system:masters', 'system:authenticated'],
})

export async function startCore(options: CoreOptions): Promise<Result<Core, string>> {
  const { clock, random, newUid } = options.surroundings ?? realSurroundings
  const api = await createApi({
    store: options.store,
    strategies,
    clock,
    random,
    newUid,
    options: options.api,
    log: options.log,
    disabledAdmission: options.disabledAdmission,
    handlers: options.handlers,
    plugins: options.plugins,
    eventTtl: options.eventTtl,
  })
  if (!api.ok) return fail(messageOf(api.error))
  const running = api.value
  const clientFor = (part: string): Client => inProcessClient(running, { user: trusted(part), userAgent: part })
  const clientForPeople: Core['clientForPeople'] = (part, warn) =>
    inProcessClient(running, { user: trusted(part), userAgent: part, isUntyped: true, warn })
  const manager = startManager({
    client: clientFor('jobd-controllers'),
    clock,
    random,
    log: options.log,
    options: {
      exact: options.api.exact,
      longestSleep: options.surroundings?.longestSleep,
      ...options.manager,
    },
  })
  return ok({
    api: running,
    clientFor,
    clientForPeople,
    manager,
    async stop() {
      await manager.stop()
      running.close()
      await options.store.close()
    },
  })
}

const messageOf = (error: { readonly message?: string | undefined } | { readonly kind: string }): string =>
  'message' in error && error.message !== undefined
    ? error.message
    : `the store cannot be read: ${JSON.stringify(error)}`
