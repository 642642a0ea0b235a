/** Tells of changes of the ConfigMaps and Secrets that volumes of pods are made of, while those pods are there. */
import type { KubeObject } from '../apimachinery/index.ts'
import type { Pod } from '../apis/core/index.ts'
import type { Clock, Log } from '../base/index.ts'
import type { Client } from '../client/index.ts'
import { isInjected } from './pod-volumes.ts'
import { reflect } from './reflector.ts'

export type VolumeSources = {
  /** Calls back after each change, and when changes may have been missed, until the returned function is called. */
  readonly follow: (pod: Pod, onChange: () => void) => () => void
  readonly stop: () => void
}

type Kind = 'configmaps' | 'secrets'
type Followers = Map<string, Set<() => void>>

export function followVolumeSources(options: {
  readonly client: Client
  readonly clock: Clock
  readonly log: Log
}): VolumeSources {
  const kinds = new Map<Kind, { readonly followers: Followers; readonly stop: () => void }>()
  /** Nobody watches a kind before a pod has a volume of it. */
  const followersOf = (kind: Kind): Followers => {
    const known = kinds.get(kind)
    if (known !== undefined) return known.followers
    const followers: Followers = new Map()
    const tell = (key: string): void => {
      for (const callback of followers.get(key) ?? []) callback()
    }
    const { stop } = reflect<KubeObject>({
      ...options,
      resource: kind,
      selection: {},
      onList: () => {
        for (const key of followers.keys()) tell(key)
      },
      onEvents: (events) => {
        for (const { object } of events) tell(keyOf(object.metadata))
      },
    })
    kinds.set(kind, { followers, stop })
    return followers
  }
  return {
    follow: (pod, onChange) => {
      const ends = sourcesOf(pod).map(({ kind, name }) => {
        const followers = followersOf(kind)
        const key = keyOf({ namespace: pod.metadata.namespace, name })
        const callbacks = followers.get(key) ?? new Set()
        followers.set(key, callbacks.add(onChange))
        return () => {
          callbacks.delete(onChange)
          if (callbacks.size === 0 && followers.get(key) === callbacks) followers.delete(key)
        }
      })
      return () => {
        for (const end of ends) end()
      }
    },
    stop: () => {
      for (const { stop } of kinds.values()) stop()
    },
  }
}

const keyOf = ({ namespace = '', name = '' }: Pick<KubeObject['metadata'], 'namespace' | 'name'>): string =>
  `${namespace}/${name}`

type Source = { readonly kind: Kind; readonly name: string }

/** What the volumes of a pod are made of. The certificate that every pod gets is none: it never changes under a pod. */
function sourcesOf({ spec }: Pod): readonly Source[] {
  const parts = (spec.volumes ?? [])
    .filter((volume) => !isInjected(volume))
    .flatMap(({ configMap, secret, projected }) => [
      { configMap, secret: secret && { name: secret.secretName } },
      ...(projected?.sources ?? []),
    ])
  return parts.flatMap(({ configMap, secret }) => [
    ...(configMap?.name === undefined ? [] : [{ kind: 'configmaps' as const, name: configMap.name }]),
    ...(secret?.name === undefined ? [] : [{ kind: 'secrets' as const, name: secret.name }]),
  ])
}

/** Whether a volume of the pod shows its labels or annotations, which may change while it runs. */
export const showsItself = ({ spec }: Pod): boolean =>
  (spec.volumes ?? []).some(
    ({ downwardAPI, projected }) =>
      downwardAPI !== undefined || projected?.sources?.some((source) => source.downwardAPI !== undefined) === true,
  )
