import { notFound } from '../../apimachinery/index.ts'
import { fail, ok } from '../../base/index.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'
import { refused } from './refusal.ts'

/** Namespaces that nobody may delete. */
const immortal: readonly string[] = ['default', 'kube-system', 'kube-public']

/**
 * Nothing is made in a Namespace that is missing or going, and the first Namespaces stay.
 * Reviews and the like (kinds without storage) do not ask for their Namespace.
 *
 * @source kubernetes v1.36 apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go, Admit
 */
export const namespaceLifecycle = (world: AdmissionWorld): AdmissionPlugin => ({
  name: 'NamespaceLifecycle',
  admit(attributes) {
    const { operation, kind, namespace, name, object } = attributes
    const isNamespace = kind.group === '' && kind.resource === 'namespaces'
    if (operation === 'DELETE' && isNamespace && immortal.includes(name)) {
      return fail(refused(attributes, 'this namespace may not be deleted'))
    }
    if (operation !== 'CREATE' || namespace === '' || isNamespace) return ok(object)
    if (kind.resource === 'localsubjectaccessreviews') return ok(object)
    const parent = world.get('namespaces', '', namespace) as { status?: { phase?: string } } | undefined
    if (parent === undefined) return fail(notFound({ resource: 'namespaces', group: '', name: namespace }))
    if (parent.status?.phase !== 'Terminating') return ok(object)
    return fail(
      refused(attributes, `unable to create new content in namespace ${namespace} because it is being terminated`, [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ]),
    )
  },
})
