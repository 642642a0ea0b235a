/** By what the containers of a runtime are known: names for people and for starting once, labels for the truth. */
import type { ContainerKey } from '../runtime/index.ts'

/** Label of every Docker object of ours; its value tells whose it is. */
export const OWNER = 'jobd.dev/owner'
/** Label of a Docker container: the uid of its pod. */
const POD_UID = 'jobd.dev/pod-uid'
/** Label of a Docker container: its name in the pod. */
const CONTAINER = 'jobd.dev/container'
/** Label of a Docker container: which run of it this is, from 0. */
const ATTEMPT = 'jobd.dev/attempt'

export type PodName = { readonly namespace: string; readonly name: string }
export type Labels = Readonly<Record<string, string>>

/** What a container of ours is: one run of a container of a pod, or the sandbox of a whole pod. */
export type Identity =
  | { readonly kind: 'Run'; readonly key: ContainerKey }
  | { readonly kind: 'Sandbox'; readonly podUid: string }

/** The labels of Kubernetes' own go along, since tools show them. */
export const runLabels = (owner: string, { podUid, container, attempt }: ContainerKey, pod: PodName): Labels => ({
  ...podLabels(owner, podUid, pod),
  [CONTAINER]: container,
  [ATTEMPT]: String(attempt),
  'io.kubernetes.container.name': container,
})

export const podLabels = (owner: string, podUid: string, { namespace, name }: PodName): Labels => ({
  [OWNER]: owner,
  [POD_UID]: podUid,
  'io.kubernetes.pod.name': name,
  'io.kubernetes.pod.namespace': namespace,
  'io.kubernetes.pod.uid': podUid,
})

/** Reads the labels; undefined for what is not ours. */
export function identityOf(owner: string, labels: Labels = {}): Identity | undefined {
  const podUid = labels[POD_UID]
  if (labels[OWNER] !== owner || podUid === undefined) return undefined
  const container = labels[CONTAINER]
  if (container === undefined) return { kind: 'Sandbox', podUid }
  return { kind: 'Run', key: { podUid, container, attempt: Number(labels[ATTEMPT]) } }
}

/**
 * The one name that a run can have: an engine refuses a second container of it, so that nothing is started twice. Like
 * those that kubelets gave: `jobd_<container>_<pod>_<namespace>_<uid>_<attempt>`.
 */
export const runContainerName = ({ podUid, container, attempt }: ContainerKey, { namespace, name }: PodName): string =>
  ['jobd', container, name, namespace, podUid, String(attempt)].map(nameSafe).join('_')

export const sandboxContainerName = (podUid: string, { namespace, name }: PodName): string =>
  ['jobd', 'POD', name, namespace, podUid].map(nameSafe).join('_')

const nameSafe = (text: string): string => text.replace(/[^A-Za-z0-9.-]/g, '-')
