/**
 * pods/exec, pods/attach and pods/portforward.
 */
import { badRequest } from '../../apimachinery/index.ts'
import type { Pod } from '../../apis/core/index.ts'
import { contextOf, type Exchange, sendStatus } from './exchange.ts'
import { containerOf, hostOf, noHost } from './pods.ts'
import { first } from './query.ts'
import type { Presenter } from './representation.ts'
import type { Route } from './routes.ts'

/** Answers a stream request that is no WebSocket: what is wrong with the Pod first, then that SPDY is not spoken. */
export async function refuseStream(x: Exchange, presenter: Presenter, route: Route): Promise<void> {
  const { namespace = '', name = '' } = route
  const pod = await presenter.api.get({ resource: 'pods', namespace, name }, {}, contextOf(x))
  if (!pod.ok) return sendStatus(x, pod.error)
  if (route.subresource !== 'portforward') {
    const container = containerOf(pod.value as Pod, first(x.query, 'container') ?? '')
    if (!container.ok) return sendStatus(x, container.error)
  }
  if (hostOf(pod.value as Pod) === '') return sendStatus(x, noHost(name))
  sendStatus(x, badRequest('Upgrade request required'))
}
