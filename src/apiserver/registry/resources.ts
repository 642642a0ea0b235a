/** The table of all stored resources, made from the schema and the strategies. */
import { allKinds, type KindSchema, type TypeName } from '../../apimachinery/index.ts'
import type { Strategy } from '../../apis/index.ts'
import type { ResourceName } from '../../client/index.ts'
import { eventsView } from './events-view.ts'
import { type Resource, resourceNameOf, root } from './registry.ts'

/** Places in the store that are not named like their resource. @source kubernetes v1.36 pkg/registry/core (facts) */
const storedAs: Readonly<Record<string, string>> = { nodes: 'minions', services: 'services/specs' }

/** Every resource that can be listed. A kind without a strategy is a defect of the program. */
export function resourceTable(strategies: ReadonlyMap<TypeName, Strategy>): ReadonlyMap<ResourceName, Resource> {
  const table = new Map<ResourceName, Resource>()
  for (const kind of allKinds) {
    if (kind.resource.includes('/') || !kind.verbs.includes('list') || kind.type === undefined) continue
    const strategy = strategies.get(kind.type)
    if (strategy === undefined) throw new Error(`${kind.type} has no strategy`)
    const name = resourceNameOf(kind)
    const isView = kind.group === 'events.k8s.io'
    const place = storedAs[kind.resource] ?? kind.resource
    table.set(name, {
      name,
      kind,
      subresources: subresourcesOf(kind),
      strategy,
      stored: { name: isView ? 'events' : name, prefix: `${root}${place}/`, onDisk: strategy.onDisk !== undefined },
      ...(isView ? { view: eventsView } : {}),
    })
  }
  return table
}

function subresourcesOf({ group, version, resource }: KindSchema): ReadonlyMap<string, KindSchema> {
  const prefix = `${resource}/`
  return new Map(
    allKinds
      .filter((kind) => kind.group === group && kind.version === version && kind.resource.startsWith(prefix))
      .map((kind) => [kind.resource.slice(prefix.length), kind]),
  )
}
