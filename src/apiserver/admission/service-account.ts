/**
 * Pods run as a ServiceAccount, and find its token where clients look for it.
 *
 * @source kubernetes v1.36 plugin/pkg/admission/serviceaccount/admission.go
 */
import type { Container, Pod, ServiceAccount, Volume, VolumeMount } from '../../apis/core/index.ts'
import { below, fail, millis, ok, pause, type Random } from '../../base/index.ts'
import { mirrorAnnotation } from './node-restriction.ts'
import type { AdmissionPlugin, AdmissionWorld, Admitted, Attributes } from './plugin.ts'
import { podOf, withSpec } from './pods.ts'
import { refused } from './refusal.ts'

const defaultName = 'default'
const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
/** A new Namespace gets its ServiceAccount a moment later: how often, and after how long, to look again. */
const looks = 10
const between = millis(100)

/** Shared by all Pods: what the token volume holds. */
const sources: NonNullable<Volume['projected']>['sources'] = [
  { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
  {
    downwardAPI: {
      items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
    },
  },
]

export const serviceAccount = (world: AdmissionWorld): AdmissionPlugin => ({
  name: 'ServiceAccount',
  admit(attributes) {
    const pod = podOf(attributes)
    if (attributes.operation !== 'CREATE' || pod === undefined) return ok(attributes.object)
    if (pod.metadata.annotations?.[mirrorAnnotation] !== undefined) return ok(pod)
    const name = pod.spec.serviceAccountName || defaultName
    const account = world.get('serviceaccounts', attributes.namespace, name) as ServiceAccount | undefined
    if (account !== undefined) return ok(runAs(pod, name, account, world.random))
    return name === defaultName ? whenThere(world, attributes, pod) : fail(missing(attributes, name))
  },
})

const missing = (attributes: Attributes, name: string) =>
  refused(
    attributes,
    `error looking up service account ${attributes.namespace}/${name}: serviceaccount "${name}" not found`,
  )

async function whenThere(world: AdmissionWorld, attributes: Attributes, pod: Pod): Promise<Admitted> {
  for (let i = 0; i < looks; i++) {
    await pause(world.clock, between)
    const account = world.get('serviceaccounts', attributes.namespace, defaultName) as ServiceAccount | undefined
    if (account !== undefined) return ok(runAs(pod, defaultName, account, world.random))
  }
  return fail(missing(attributes, defaultName))
}

function runAs(pod: Pod, name: string, account: ServiceAccount, random: Random): Pod {
  const { imagePullSecrets = [] } = pod.spec
  const borrowed = imagePullSecrets.length === 0 ? account.imagePullSecrets : undefined
  const named = withSpec(pod, {
    serviceAccountName: name,
    serviceAccount: name,
    ...(borrowed === undefined ? {} : { imagePullSecrets: borrowed }),
  })
  const mounts = pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
  return mounts ? mountToken(named, random) : named
}

const hasToken = ({ volumeMounts = [] }: Container): boolean =>
  volumeMounts.some(({ mountPath }) => mountPath === tokenPath)

/** Mounts the token in every container that has nothing mounted there. */
function mountToken(pod: Pod, random: Random): Pod {
  const { containers, initContainers = [], volumes = [] } = pod.spec
  if ([...containers, ...initContainers].every(hasToken)) return pod
  let name = 'kube-api-access-'
  for (let i = 0; i < 5; i++) name += alphabet[below(random, alphabet.length)]
  const mount: VolumeMount = { name, readOnly: true, mountPath: tokenPath }
  const mounted = (container: Container): Container =>
    hasToken(container) ? container : { ...container, volumeMounts: [...(container.volumeMounts ?? []), mount] }
  return withSpec(pod, {
    volumes: [...volumes, { name, projected: { sources, defaultMode: 420 } }],
    ...(initContainers.length === 0 ? {} : { initContainers: initContainers.map(mounted) }),
    containers: containers.map(mounted),
  })
}
