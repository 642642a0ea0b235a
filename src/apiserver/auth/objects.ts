/** The objects that decisions depend on, read from the memory of a running registry. */
import type { RunningApi } from '../registry/index.ts'
import type { AuthObjects } from './auth.ts'

/** Hand the result to `Auth.connect` once the registry runs. */
export function authObjects({ registry: { cache } }: RunningApi): AuthObjects {
  return {
    get: (resource, namespace, name) =>
      cache.resource(resource).objects.get(namespace === '' ? name : `${namespace}/${name}`),
    list: (resource, namespace) => cache.resource(resource).objects.list(namespace === '' ? '' : `${namespace}/`),
    onChange(resource, callback) {
      const watched = cache.resource(resource)
      const selection = { prefix: '', exact: false }
      watched.watchers.add({ selection, after: cache.revision(), onEvents: callback, onEnd: callback })
    },
  }
}
