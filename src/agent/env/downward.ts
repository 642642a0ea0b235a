/** What a container may learn of its own pod: fields by path, and its resources. */
import { quantityMilliValue } from '../../apimachinery/index.ts'
import { type Container, type Pod, quantityOf } from '../../apis/core/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'

export type DownwardFacts = {
  readonly pod: Pod
  readonly hostIP: string
  readonly podIP: string
  /** What the node has to give: the limit of a container that sets none. */
  readonly allocatable: Readonly<Record<string, string>>
}

const KEYED = /^metadata\.(labels|annotations)\['(.+)'\]$/

/**
 * The value of a field path.
 *
 * @source kubernetes v1.36 pkg/fieldpath/fieldpath.go, ExtractFieldPathAsString
 */
export function fieldValue(path: string, { pod, hostIP, podIP }: DownwardFacts): Result<string, string> {
  const { metadata, spec } = pod
  const keyed = KEYED.exec(path)
  if (keyed !== null) {
    const map = keyed[1] === 'labels' ? metadata.labels : metadata.annotations
    return ok(map?.[keyed[2] ?? ''] ?? '')
  }
  switch (path) {
    case 'metadata.name':
      return ok(metadata.name ?? '')
    case 'metadata.namespace':
      return ok(metadata.namespace ?? '')
    case 'metadata.uid':
      return ok(metadata.uid ?? '')
    case 'metadata.labels':
      return ok(formatMap(metadata.labels ?? {}))
    case 'metadata.annotations':
      return ok(formatMap(metadata.annotations ?? {}))
    case 'spec.nodeName':
      return ok(spec.nodeName ?? '')
    case 'spec.serviceAccountName':
      return ok(spec.serviceAccountName ?? '')
    case 'status.hostIP':
    case 'status.hostIPs':
      return ok(hostIP)
    case 'status.podIP':
    case 'status.podIPs':
      return ok(podIP)
    default:
      return fail(`unsupported fieldPath: ${path}`)
  }
}

/** `key="value"` lines in order of keys. @source kubernetes v1.36 pkg/fieldpath/fieldpath.go, FormatMap */
function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key] ?? '')}`)
    .join('\n')
}

/**
 * The value of `limits.cpu` and the like, in whole divisors, rounded up.
 *
 * @source kubernetes v1.36 pkg/api/v1/resource/helpers.go, ExtractContainerResourceValue
 */
export function resourceValue(
  { resource, divisor }: { readonly resource: string; readonly divisor?: string | number | undefined },
  container: Container,
  { allocatable }: Pick<DownwardFacts, 'allocatable'>,
): Result<string, string> {
  const [list = '', ...rest] = resource.split('.')
  const name = rest.join('.')
  const own = list === 'limits' ? container.resources?.limits : container.resources?.requests
  if ((list !== 'limits' && list !== 'requests') || name === '') {
    return fail(`unsupported container resource : ${resource}`)
  }
  const isSet = own?.[name] !== undefined
  const amount = milliOf(isSet ? own[name] : list === 'limits' ? allocatable[name] : '0')
  const unit = milliOf(divisor) || 1000n
  return ok(String((amount + unit - 1n) / unit))
}

/** Thousandths of an amount; none for one that is absent. */
const milliOf = (amount: string | number | undefined): bigint => quantityMilliValue(quantityOf(amount))
