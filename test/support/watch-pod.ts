import type { KubeObject } from '../../src/apimachinery/index.ts'
import type { Event, Pod, PodStatus } from '../../src/apis/core/index.ts'
import type { Client } from '../../src/client/index.ts'

const STUCK = ['CreateContainerConfigError', 'CreateContainerError']

export type Watched = {
  readonly status: PodStatus
  /** What the first look of the readiness probe found, where there is one. */
  readonly found: 'ready' | 'unready' | undefined
}

/** A pod at its end, or where it gets stuck, or once its readiness probe has had a look. */
export function watchPod(client: Client, pod: Pod): Promise<Watched> {
  const { name, namespace } = pod.metadata
  const isProbed = pod.spec.containers.some(({ readinessProbe }) => readinessProbe !== undefined)
  return new Promise((resolve, reject) => {
    let last = pod.status
    const settle = (found: Watched['found']): void => {
      for (const handle of handles) handle.stop()
      resolve({ status: last, found })
    }
    const watch = <T extends KubeObject>(resource: string, fieldSelector: string, see: (object: T) => void) =>
      client.watch<T>(
        resource,
        { namespace, fieldSelector, resourceVersion: '0' },
        {
          onEvents: (events) => events.forEach(({ object }) => void see(object)),
          onEnd: (status) => reject(new Error(status?.message ?? `the watch of ${resource} ended`)),
        },
      )
    const handles = [
      watch<Pod>('pods', `metadata.name=${name}`, ({ status }) => {
        last = status
        const isReady = (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')
        const isStuck = status.containerStatuses?.some(({ state }) => STUCK.includes(state?.waiting?.reason ?? ''))
        if (isProbed && isReady) settle('ready')
        else if (status.phase === 'Succeeded' || status.phase === 'Failed' || isStuck === true) settle(undefined)
      }),
      watch<Event>('events', `involvedObject.name=${name}`, ({ reason }) => {
        if (isProbed && reason === 'Unhealthy') settle('unready')
        if (reason === 'FailedMount') settle(undefined)
      }),
    ]
  })
}
