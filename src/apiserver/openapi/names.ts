/** How types, groups and operations are named in OpenAPI documents. */
import type { TypeName } from '../../apimachinery/index.ts'

/** Values that are no struct in JSON and still have a schema of their own. */
const scalarNames: Readonly<Record<string, string>> = {
  time: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  microTime: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
  fieldsV1: 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  intOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  rawExtension: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
}
export const patchName = 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch'

/** The schema's name of a value that is no struct; undefined for plain texts, numbers and truth values. */
export const scalarName = (type: string): string | undefined => scalarNames[type]

/** `batch.v1.Job` → `io.k8s.api.batch.v1.Job`; types of ours begin with our own domain. */
export const schemaName = (type: TypeName): string =>
  type.startsWith('meta.')
    ? `io.k8s.apimachinery.pkg.apis.${type}`
    : type.startsWith('jobs.')
      ? `dev.jobd.${type}`
      : `io.k8s.api.${type}`

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** `rbac.authorization.k8s.io` → `RbacAuthorization`, `''` → `Core`. */
export function groupToken(group: string): string {
  const name = group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')
  return name.split('.').map(capital).join('')
}

const uncapital = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** `batch_v1`, by which operations are sorted into sections. */
export const tagOf = (group: string, version?: string): string =>
  [uncapital(groupToken(group)), version].filter((part) => part !== undefined).join('_')

export { capital }
