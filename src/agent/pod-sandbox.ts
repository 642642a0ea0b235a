/** What the containers of a pod share, as its spec asks for it. */
import type { Pod, PodSpec } from '../apis/core/index.ts'
import { hostnameOf } from './env/index.ts'
import type { HostAlias, PodDns, PodSandbox } from './runtime/index.ts'

/** The full name of a Service, or of a pod of one: `db.default.svc.cluster.local`. */
export const clusterName = (name: string, namespace: string): string => `${name}.${namespace}.svc.cluster.local`

export type PodNetwork = {
  /** The names of the Services that lead to the pod. */
  readonly services: readonly string[]
  /** What else it finds by name, where its runtime has no name server that knows it. */
  readonly peers: readonly HostAlias[]
}

export function podSandbox(pod: Pod, { services, peers }: PodNetwork): PodSandbox {
  const { metadata, spec } = pod
  const namespace = metadata.namespace ?? ''
  const hostname = hostnameOf(pod)
  const { subdomain = '' } = spec
  const domain = subdomain === '' ? undefined : clusterName(subdomain, namespace)
  const named = subdomain === '' ? services : [...services, `${hostname}.${subdomain}`]
  return {
    podUid: metadata.uid ?? '',
    namespace,
    name: metadata.name ?? '',
    // A full name has its domain in it.
    ...(domain !== undefined && spec.setHostnameAsFQDN === true
      ? { hostname: `${hostname}.${domain}` }
      : { hostname, domain }),
    dns: dnsOf(spec, namespace),
    hostAliases: (spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => ({ ip, hostnames })),
    peers: usesClusterNames(spec) ? peers : [],
    names: named.map((name) => clusterName(name, namespace)),
    isSingle: isSingle(pod),
    network: spec.hostNetwork === true ? 'Host' : 'Pod',
    ipc: spec.hostIPC === true ? 'Host' : 'Pod',
    processes: spec.hostPID === true ? 'Host' : spec.shareProcessNamespace === true ? 'Pod' : 'Container',
  }
}

/**
 * What the policy gives, and behind it what the pod asks for itself; an option of the pod replaces one of its name.
 *
 * @source kubernetes v1.36 pkg/kubelet/network/dns/dns.go, GetPodDNS, appendDNSConfig
 */
function dnsOf(spec: PodSpec, namespace: string): PodDns {
  const { dnsPolicy, dnsConfig } = spec
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {}
  const ofCluster = usesClusterNames(spec)
  const given = ofCluster ? clusterDomains(namespace) : []
  const own = options.map(({ name = '', value }) => (value === undefined ? name : `${name}:${value}`))
  const ndots = ofCluster && !options.some(({ name }) => name === 'ndots') ? ['ndots:5'] : []
  const isOfHost = !ofCluster && dnsPolicy !== 'None' && searches.length === 0
  return {
    nameservers,
    searches: isOfHost ? undefined : [...new Set([...given, ...searches])],
    options: [...ndots, ...own],
  }
}

const usesClusterNames = ({ dnsPolicy = 'ClusterFirst', hostNetwork }: PodSpec): boolean =>
  dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && hostNetwork !== true)

/** Short names are looked for in the pod's own namespace first. */
const clusterDomains = (namespace: string): readonly string[] => [
  `${namespace}.svc.cluster.local`,
  'svc.cluster.local',
  'cluster.local',
]

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
