/**
 * What every namespace has: the service account `default`, and the certificate of the server for pods to trust.
 *
 * @source kubernetes v1.36 pkg/controller/serviceaccount/serviceaccounts_controller.go;
 * certificates/rootcacertpublisher/publisher.go
 */
import type { ConfigMap, Namespace, ServiceAccount } from '../../apis/core/index.ts'

export const defaultServiceAccount = 'default'
export const rootCaConfigMap = 'kube-root-ca.crt'

export type NamespaceContent = {
  readonly namespace: Namespace
  readonly serviceAccount: ServiceAccount | undefined
  readonly rootCa: ConfigMap | undefined
}

export type NamespaceAction =
  | { readonly kind: 'CreateServiceAccount'; readonly object: ServiceAccount }
  | { readonly kind: 'CreateRootCa'; readonly object: ConfigMap }
  | { readonly kind: 'UpdateRootCa'; readonly object: ConfigMap }

const describing = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
}

/** What is missing or was changed. Namespaces that are being deleted get nothing; without `rootCa` no certificate. */
export function planNamespaceContent(
  content: NamespaceContent,
  rootCa: string | undefined,
): readonly NamespaceAction[] {
  const { namespace, serviceAccount } = content
  if (namespace.metadata.deletionTimestamp !== undefined || namespace.status?.phase === 'Terminating') return []
  const name = namespace.metadata.name ?? ''
  const actions: NamespaceAction[] = []
  if (serviceAccount === undefined) {
    const metadata = { name: defaultServiceAccount, namespace: name }
    actions.push({ kind: 'CreateServiceAccount', object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } })
  }
  const certificate = rootCa === undefined ? undefined : planRootCa(name, content.rootCa, rootCa)
  return certificate === undefined ? actions : [...actions, certificate]
}

function planRootCa(namespace: string, there: ConfigMap | undefined, rootCa: string): NamespaceAction | undefined {
  const data = { 'ca.crt': rootCa }
  if (there === undefined) {
    const metadata = { name: rootCaConfigMap, namespace, annotations: describing }
    return { kind: 'CreateRootCa', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } }
  }
  const isSame = Object.keys(there.data ?? {}).length === 1 && there.data?.['ca.crt'] === rootCa
  if (isSame) return undefined
  return {
    kind: 'UpdateRootCa',
    object: {
      ...there,
      metadata: { ...there.metadata, annotations: { ...there.metadata.annotations, ...describing } },
      data,
    },
  }
}
