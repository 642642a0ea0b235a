/**
 * LimitRanges: what containers get when they do not say, and how little or much they may ask for.
 *
 * @source kubernetes v1.36 plugin/pkg/admission/limitranger/admission.go
 */
import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
} from '../../apimachinery/index.ts'
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '../../apis/core/index.ts'
import { aggregateContainerLimits, aggregateContainerRequests } from '../../apis/core/index.ts'
import { fail, ok } from '../../base/index.ts'
import type { AdmissionPlugin, AdmissionWorld, Attributes } from './plugin.ts'
import { withSpec } from './pods.ts'
import { refused } from './refusal.ts'

const annotation = 'kubernetes.io/limit-ranger'

type Amounts = ReadonlyMap<string, Quantity>
type AmountTexts = Readonly<Record<string, string | number>> | undefined

export const limitRanger = (world: AdmissionWorld): AdmissionPlugin => ({
  name: 'LimitRanger',
  admit(attributes) {
    const { kind, operation, object } = attributes
    if (!isLimited(attributes) || operation !== 'CREATE' || kind.kind !== 'Pod') return ok(object)
    let pod = object as Pod
    for (const range of rangesOf(world, attributes.namespace)) pod = withDefaults(pod, range)
    return ok(pod)
  },
  validate(attributes) {
    if (!isLimited(attributes)) return ok(undefined)
    for (const range of rangesOf(world, attributes.namespace)) {
      const problems = [...new Set(problemsOf(attributes, range))]
      if (problems.length === 0) continue
      const text = problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]`
      return fail(refused(attributes, text))
    }
    return ok(undefined)
  },
})

const rangesOf = (world: AdmissionWorld, namespace: string): readonly LimitRange[] =>
  world.list('limitranges', namespace) as readonly LimitRange[]

function isLimited({ kind, operation, subresource, old }: Attributes): boolean {
  if (subresource !== '' || kind.group !== '' || old?.metadata.deletionTimestamp !== undefined) return false
  if (kind.kind === 'Pod') return operation === 'CREATE'
  return kind.kind === 'PersistentVolumeClaim' && (operation === 'CREATE' || operation === 'UPDATE')
}

function amountsOf(texts: AmountTexts): Amounts {
  const amounts = new Map<string, Quantity>()
  for (const [name, text] of Object.entries(texts ?? {})) {
    const parsed = parseQuantity(String(text))
    if (parsed.ok) amounts.set(name, parsed.value)
  }
  return amounts
}

function withDefaults(pod: Pod, { spec }: LimitRange): Pod {
  const items = spec?.limits?.filter(({ type }) => type === 'Container') ?? []
  const requests = Object.assign({}, ...items.map(({ defaultRequest }) => defaultRequest)) as Record<string, string>
  const limits = Object.assign({}, ...items.map((item) => item.default)) as Record<string, string>
  if (Object.keys(requests).length === 0 && Object.keys(limits).length === 0) return pod
  const told: string[] = []
  const fill = (container: Container, what: string): Container => {
    const { resources = {} } = container
    const newRequests = missingFrom(requests, resources.requests)
    const newLimits = missingFrom(limits, resources.limits)
    if (newRequests.length > 0) told.push(`${newRequests.join(', ')} request for ${what} ${container.name}`)
    if (newLimits.length > 0) told.push(`${newLimits.join(', ')} limit for ${what} ${container.name}`)
    if (newRequests.length === 0 && newLimits.length === 0) return container
    return {
      ...container,
      resources: {
        ...resources,
        ...(newLimits.length === 0 ? {} : { limits: { ...limits, ...resources.limits } }),
        ...(newRequests.length === 0 ? {} : { requests: { ...requests, ...resources.requests } }),
      },
    }
  }
  const containers = pod.spec.containers.map((container) => fill(container, 'container'))
  const initContainers = pod.spec.initContainers?.map((container) => fill(container, 'init container'))
  if (told.length === 0) return pod
  const annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${told.join('; ')}` }
  const filled = withSpec(pod, { containers, ...(initContainers === undefined ? {} : { initContainers }) })
  return { ...filled, metadata: { ...filled.metadata, annotations } }
}

const missingFrom = (defaults: Readonly<Record<string, string>>, own: AmountTexts): readonly string[] =>
  Object.keys(defaults)
    .filter((name) => own?.[name] === undefined)
    .sort()

function problemsOf({ object }: Attributes, { spec }: LimitRange): readonly string[] {
  const items = spec?.limits ?? []
  if (object?.kind === 'PersistentVolumeClaim') {
    const requests = amountsOf((object as PersistentVolumeClaim).spec?.resources?.requests)
    return items.filter(({ type }) => type === 'PersistentVolumeClaim').flatMap((item) => claimProblems(item, requests))
  }
  const { spec: pod } = object as Pod
  return items.flatMap((item) => {
    switch (item.type) {
      case 'Container':
        return [...pod.containers, ...(pod.initContainers ?? [])].flatMap(({ resources }) =>
          rangeProblems(item, amountsOf(resources?.requests), amountsOf(resources?.limits)),
        )
      case 'Pod':
        return rangeProblems(item, aggregateContainerRequests(pod), aggregateContainerLimits(pod))
      default:
        return []
    }
  })
}

const isLess = (a: Quantity, b: Quantity): boolean => compareQuantities(a, b) < 0

function rangeProblems(item: LimitRangeItem, requests: Amounts, limits: Amounts): readonly string[] {
  const problems = [
    ...[...amountsOf(item.min)].map(([name, least]) => minProblem(item.type, name, least, requests, limits)),
    ...[...amountsOf(item.max)].map(([name, most]) => maxProblem(item.type, name, most, requests, limits)),
    ...[...amountsOf(item.maxLimitRequestRatio)].map(([name, most]) =>
      ratioProblem(item.type, name, most, requests.get(name), limits.get(name)),
    ),
  ]
  return problems.filter((text) => text !== undefined)
}

function minProblem(
  type: string,
  name: string,
  least: Quantity,
  requests: Amounts,
  limits: Amounts,
): string | undefined {
  const text = `minimum ${name} usage per ${type} is ${formatQuantity(least)}`
  const request = requests.get(name)
  const limit = limits.get(name)
  if (request === undefined) return `${text}.  No request is specified`
  if (isLess(request, least)) return `${text}, but request is ${formatQuantity(request)}`
  return limit !== undefined && isLess(limit, least) ? `${text}, but limit is ${formatQuantity(limit)}` : undefined
}

function maxProblem(
  type: string,
  name: string,
  most: Quantity,
  requests: Amounts,
  limits: Amounts,
): string | undefined {
  const text = `maximum ${name} usage per ${type} is ${formatQuantity(most)}`
  const request = requests.get(name)
  const limit = limits.get(name)
  if (limit === undefined) return `${text}.  No limit is specified`
  if (isLess(most, limit)) return `${text}, but limit is ${formatQuantity(limit)}`
  return request !== undefined && isLess(most, request)
    ? `${text}, but request is ${formatQuantity(request)}`
    : undefined
}

function ratioProblem(
  type: string,
  name: string,
  most: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
): string | undefined {
  const text = `${name} max limit to request ratio per ${type} is ${formatQuantity(most)}`
  const asked = request === undefined ? 0 : Number(quantityMilliValue(request))
  const allowed = limit === undefined ? 0 : Number(quantityMilliValue(limit))
  if (asked === 0) return `${text}, but no request is specified or request is 0`
  if (allowed === 0) return `${text}, but no limit is specified or limit is 0`
  const ratio = allowed / asked
  return ratio * 1000 > Number(quantityMilliValue(most))
    ? `${text}, but provided ratio is ${ratio.toFixed(6)}`
    : undefined
}

function claimProblems(item: LimitRangeItem, requests: Amounts): readonly string[] {
  const problems = [
    ...[...amountsOf(item.min)].map(([name, least]) => minProblem(item.type, name, least, requests, new Map())),
    ...[...amountsOf(item.max)].map(([name, most]) => {
      const text = `maximum ${name} usage per ${item.type} is ${formatQuantity(most)}`
      const request = requests.get(name)
      if (request === undefined) return `${text}.  No request is specified`
      return isLess(most, request) ? `${text}, but request is ${formatQuantity(request)}` : undefined
    }),
  ]
  return problems.filter((text) => text !== undefined)
}
