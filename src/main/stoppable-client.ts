/** The client of a program, which says so once its server has been stopped: the cache would go on telling what was true. */
import { type KubeObject, type Status, serviceUnavailable } from '../apimachinery/index.ts'
import { fail, type Result } from '../base/index.ts'
import type { Client, ObjectList, Ref, WatchHandle } from '../client/index.ts'

export const stoppedText = 'the server was stopped'

export function stoppableClient(client: Client, isStopped: () => boolean): Client {
  const unlessStopped = <T>(call: () => Promise<Result<T, Status>>): Promise<Result<T, Status>> =>
    isStopped() ? Promise.resolve(fail(serviceUnavailable(stoppedText))) : call()
  return {
    get: <T extends KubeObject>(ref: Ref) => unlessStopped<T>(() => client.get(ref)),
    list: <T extends KubeObject>(...given: Parameters<Client['list']>) =>
      unlessStopped<ObjectList<T>>(() => client.list(...given)),
    watch: (resource, request, observer) =>
      isStopped() ? endedWatch(observer) : client.watch(resource, request, observer),
    create: (resource, object, options) => unlessStopped(() => client.create(resource, object, options)),
    update: (resource, object, options) => unlessStopped(() => client.update(resource, object, options)),
    patch: <T extends KubeObject>(...given: Parameters<Client['patch']>) =>
      unlessStopped<T>(() => client.patch(...given)),
    delete: (...given) => unlessStopped(() => client.delete(...given)),
  }
}

/** Told in a turn of its own, as all that a watch tells: the caller has no handle yet. */
function endedWatch({ onEnd }: { readonly onEnd: (status?: Status) => void }): WatchHandle {
  let isWanted = true
  queueMicrotask(() => {
    if (isWanted) onEnd(serviceUnavailable(stoppedText))
  })
  return {
    stop: () => {
      isWanted = false
    },
  }
}
