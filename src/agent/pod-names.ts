/** The names by which pods find Services and each other where all of them have the address of the host. */
import type { Pod, Service } from '../apis/core/index.ts'
import { millis, type Timers } from '../base/index.ts'
import { hostnameOf } from './env/index.ts'
import { clusterName } from './pod-sandbox.ts'
import { HOST_ADDRESS, type HostAlias } from './runtime/index.ts'
import type { ServiceLinks } from './service-links.ts'

export type PodNames = {
  /** What a pod finds; waits until the Services have been read once. */
  readonly peersOf: (pod: Pod) => Promise<readonly HostAlias[]>
  /** A pod of this node is there, or is there no more. */
  readonly take: (pod: Pod) => void
  readonly drop: (pod: Pod) => void
}

export type PodNamesOptions = {
  readonly services: ServiceLinks
  readonly timers: Timers
  /** Called some time after names have come or gone, once for all that have until then. */
  readonly onChange: () => void
}

/** As long as a name server of a cluster may take. @source coredns plugin/kubernetes, ttl */
const DELAY = millis(5000)

export function createPodNames({ services, timers, onChange }: PodNamesOptions): PodNames {
  /** Those with a subdomain, by uid. */
  const named = new Map<string, Pod>()
  /** What all pods of a namespace find, until something changes. */
  const found = new Map<string, readonly HostAlias[]>()
  let isPending = false
  const change = (): void => {
    found.clear()
    if (isPending) return
    isPending = true
    timers.after(DELAY, () => {
      isPending = false
      onChange()
    })
  }
  services.onChange(change)
  const aliasOf = (name: string, namespace: string, viewer: string): HostAlias => ({
    ip: HOST_ADDRESS,
    hostnames: namesOf(name, namespace, viewer),
  })
  const find = (all: readonly Service[], viewer: string): readonly HostAlias[] => {
    const shown = all.filter(({ spec }) => spec.type !== 'ExternalName')
    const isDomain = new Set(shown.map(keyOf))
    const pods = [...named.values()].filter((pod) => isDomain.has(`${pod.metadata.namespace}/${pod.spec.subdomain}`))
    return [
      ...shown.map((service) => aliasOf(service.metadata.name ?? '', service.metadata.namespace ?? '', viewer)),
      ...pods.map((pod) => aliasOf(`${hostnameOf(pod)}.${pod.spec.subdomain}`, pod.metadata.namespace ?? '', viewer)),
    ]
  }
  return {
    peersOf: async ({ metadata: { namespace = '' } }) => {
      const all = await services.all()
      const known = found.get(namespace) ?? find(all, namespace)
      found.set(namespace, known)
      return known
    },
    take: (pod) => {
      const { uid = '' } = pod.metadata
      if ((pod.spec.subdomain ?? '') === '' || named.has(uid)) return
      named.set(uid, pod)
      change()
    },
    drop: ({ metadata }) => {
      if (named.delete(metadata.uid ?? '')) change()
    },
  }
}

const keyOf = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`

/** All forms of a name that are looked up in a namespace, the full one first. */
function namesOf(name: string, namespace: string, viewer: string): readonly string[] {
  const long = [clusterName(name, namespace), `${name}.${namespace}.svc`, `${name}.${namespace}`]
  return namespace === viewer ? [...long, name] : long
}
