/** What the containers of a pod share, as its spec asks for it. */
import type { Pod } from '../apis/core/index.ts'
import { hostnameOf } from './env/index.ts'
import type { PodSandbox } from './runtime/index.ts'

/** The full name of a Service, or of a pod of one: `db.default.svc.cluster.local`. */
export const clusterName = (name: string, namespace: string): string => `${name}.${namespace}.svc.cluster.local`

/** @param services the names of the Services that lead to the pod */
export function podSandbox(pod: Pod, services: readonly string[]): PodSandbox {
  const { metadata, spec } = pod
  const namespace = metadata.namespace ?? ''
  const hostname = hostnameOf(pod)
  const { subdomain = '' } = spec
  const named = subdomain === '' ? services : [...services, `${hostname}.${subdomain}`]
  return {
    podUid: metadata.uid ?? '',
    namespace,
    name: metadata.name ?? '',
    hostname,
    names: named.map((name) => clusterName(name, namespace)),
    isSingle: isSingle(pod),
    network: spec.hostNetwork === true ? 'Host' : 'Pod',
    ipc: spec.hostIPC === true ? 'Host' : 'Pod',
    processes: spec.hostPID === true ? 'Host' : spec.shareProcessNamespace === true ? 'Pod' : 'Container',
  }
}

/** One container that runs once, and need not know its address before it starts. */
function isSingle({ spec }: Pod): boolean {
  const [container, ...more] = spec.containers
  if (container === undefined || more.length > 0 || (spec.initContainers ?? []).length > 0) return false
  if (spec.restartPolicy !== 'Never' || spec.shareProcessNamespace === true) return false
  if ((container.restartPolicy ?? 'Never') !== 'Never' || container.restartPolicyRules !== undefined) return false
  return !asksForAddress(spec.volumes) && !asksForAddress(container.env)
}

/** Whether the downward API is asked for `status.podIP` anywhere in a part of a spec. */
const asksForAddress = (part: unknown): boolean => JSON.stringify(part ?? '').includes('"status.podIP')
