/** The lease that goes with a node, by which clients such as `kubectl describe node` see who keeps it. */
import { isNotFound, type KubeObject, type Status } from '../apimachinery/index.ts'
import type { Node } from '../apis/core/index.ts'
import { formatMicroTime, type Instant, ok, type Result } from '../base/index.ts'
import type { Client } from '../client/index.ts'

const refOf = (name: string) => ({ resource: 'leases.coordination.k8s.io', namespace: 'kube-node-lease', name })

/**
 * Takes the lease for the node. As with its status that one write is all, so the lease has no duration after which another
 * might take it: `renewTime` tells when the agent came.
 */
export async function holdNodeLease(
  client: Client,
  { metadata: { name = '', uid } }: Node,
  now: Instant,
): Promise<Result<KubeObject, Status>> {
  const time = formatMicroTime(now)
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
    spec: { holderIdentity: name, acquireTime: time, renewTime: time },
  }
  return client.patch(refOf(name), 'apply', lease, { fieldManager: 'jobd-node', force: true })
}

/** Removes the lease of a node that was deleted. The garbage collector would take the next one for it. */
export async function dropNodeLease(client: Client, name: string): Promise<Result<unknown, Status>> {
  const deleted = await client.delete(refOf(name))
  return deleted.ok || !isNotFound(deleted.error) ? deleted : ok(undefined)
}
