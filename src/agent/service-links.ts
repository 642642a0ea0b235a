/** Keeps up with the Services that containers are told of in their environment. */
import type { Pod, Service } from '../apis/core/index.ts'
import type { Clock, Log } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { serviceVariables } from './env/index.ts'
import { reflect } from './reflector.ts'

export type ServiceLinks = {
  /** The variables for a container of this pod; waits until the Services have been read once. */
  readonly variablesFor: (pod: Pod) => Promise<Readonly<Record<string, string>>>
  /** The names of the Services that select this pod; waits as well. */
  readonly leadingTo: (pod: Pod) => Promise<readonly string[]>
  /** All Services; waits as well. */
  readonly all: () => Promise<readonly Service[]>
  /** Calls back whenever a Service has come, gone or changed. */
  readonly onChange: (callback: () => void) => void
  readonly stop: () => void
}

export type ServiceLinksOptions = {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
  /** Where the pods behind a Service are found. */
  readonly addressOf: (service: Service) => string
}

const none: Readonly<Record<string, string>> = {}

export function followServices({ client, clock, log, addressOf }: ServiceLinksOptions): ServiceLinks {
  const services = new Map<string, Map<string, Service>>()
  const variables = new Map<string, Readonly<Record<string, string>>>()
  const take = (service: Service, isGone: boolean) => {
    const { namespace = '', name = '' } = service.metadata
    const known = services.get(namespace) ?? new Map<string, Service>()
    if (isGone) known.delete(name)
    else known.set(name, service)
    services.set(namespace, known)
    variables.delete(namespace)
  }
  const listeners: (() => void)[] = []
  let stop = () => {}
  const read = new Promise<void>((resolve) => {
    const reflector = reflect<Service>({
      client,
      clock,
      log,
      resource: 'services',
      selection: {},
      onList: (items) => {
        services.clear()
        variables.clear()
        for (const service of items) take(service, false)
        for (const listener of listeners) listener()
        resolve()
      },
      onEvents: (events) => {
        for (const { type, object } of events) take(object, type === 'DELETED')
        for (const listener of listeners) listener()
      },
    })
    stop = reflector.stop
  })
  return {
    variablesFor: async ({ metadata, spec }) => {
      if (spec.enableServiceLinks === false) return none
      await read
      const namespace = metadata.namespace ?? ''
      const known = variables.get(namespace)
      if (known !== undefined) return known
      const made = serviceVariables(services.get(namespace)?.values() ?? [], addressOf)
      variables.set(namespace, made)
      return made
    },
    leadingTo: async ({ metadata }) => {
      await read
      const { namespace = '', labels = {} } = metadata
      return [...(services.get(namespace)?.values() ?? [])]
        .filter(({ spec }) => selects(spec.selector, labels))
        .map((service) => service.metadata.name ?? '')
    },
    all: async () => {
      await read
      return [...services.values()].flatMap((known) => [...known.values()])
    },
    onChange: (callback) => listeners.push(callback),
    stop,
  }
}

type Labels = Readonly<Record<string, string>>

/** A Service without a selector has no pods of its own. */
function selects(selector: Labels | undefined, labels: Labels): boolean {
  const wanted = Object.entries(selector ?? {})
  return wanted.length > 0 && wanted.every(([name, value]) => labels[name] === value)
}
