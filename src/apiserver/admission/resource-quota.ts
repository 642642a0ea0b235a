/**
 * ResourceQuotas: nothing is made that is over a limit. What is granted is written to the quota before it is used, so
 * that many requests at a time never get more than there is. Requests that arrive while a quota is being written are
 * judged together and cost one more write.
 *
 * @source kubernetes v1.36 apiserver/pkg/admission/plugin/resourcequota/{admission,controller}.go,
 * pkg/quota/v1/evaluator/core/pods.go Constraints
 */
import {
  addQuantities,
  compareQuantities,
  conflict,
  formatQuantity,
  isConflict,
  type KubeObject,
  parseQuantity,
  type Quantity,
  qualified,
  type Status,
  subtractQuantities,
} from '../../apimachinery/index.ts'
import type { Container, Pod, ResourceQuota } from '../../apis/core/index.ts'
import { inScope, type Usage, usageOf } from '../../apis/quota/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { AdmissionPlugin, AdmissionWorld, Attributes, Validated } from './plugin.ts'
import { refused } from './refusal.ts'

type Request = { readonly attributes: Attributes; readonly answer: (valid: Validated) => void }
type Amounts = ReadonlyMap<string, Quantity>

/** How often a quota that somebody else changed meanwhile is read again. */
const tries = 10
/** Resources that every container must speak of when a quota limits them. */
const spoken: readonly string[] = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

export function resourceQuota(world: AdmissionWorld): AdmissionPlugin {
  const waiting = new Map<string, Request[]>()

  async function serve(namespace: string): Promise<void> {
    for (let batch = waiting.get(namespace); batch !== undefined && batch.length > 0; batch = waiting.get(namespace)) {
      waiting.set(namespace, [])
      await judge(world, namespace, batch)
    }
    waiting.delete(namespace)
  }

  return {
    name: 'ResourceQuota',
    validate(attributes) {
      const { operation, subresource, namespace, object } = attributes
      if (operation !== 'CREATE' || subresource !== '' || namespace === '' || object === undefined) return ok(undefined)
      if (world.list('resourcequotas', namespace).length === 0) return ok(undefined)
      return new Promise((answer) => {
        const others = waiting.get(namespace)
        if (others !== undefined) {
          others.push({ attributes, answer })
          return
        }
        waiting.set(namespace, [{ attributes, answer }])
        void serve(namespace)
      })
    },
  }
}

/** What a quota has and gives, as the judgement goes on. */
type Account = {
  readonly quota: ResourceQuota
  readonly hard: Amounts
  readonly used: Map<string, Quantity>
  granted: Map<string, Quantity>
}

async function judge(world: AdmissionWorld, namespace: string, batch: readonly Request[]): Promise<void> {
  let last: Status | undefined
  for (let i = 0; i < tries; i++) {
    const accounts = (world.list('resourcequotas', namespace) as readonly ResourceQuota[]).map(openAccount)
    const verdicts = batch.map((request) => ({ request, verdict: charge(accounts, request.attributes) }))
    const failed = await keepAll(world, accounts)
    if (failed === undefined) {
      for (const { request, verdict } of verdicts) request.answer(verdict)
      return
    }
    last = failed
    if (!isConflict(last)) break
  }
  for (const { answer } of batch) answer(fail(last as Status))
}

function openAccount(quota: ResourceQuota): Account {
  return {
    quota,
    hard: amountsOf(quota.status?.hard),
    used: new Map(amountsOf(quota.status?.used)),
    granted: new Map(),
  }
}

function amountsOf(texts: Readonly<Record<string, string | number>> | undefined): Amounts {
  const amounts = new Map<string, Quantity>()
  for (const [name, text] of Object.entries(texts ?? {})) {
    const parsed = parseQuantity(String(text))
    if (parsed.ok) amounts.set(name, parsed.value)
  }
  return amounts
}

/** Books an object on all quotas that count it, or on none when one refuses. */
function charge(accounts: readonly Account[], attributes: Attributes): Validated {
  const { kind, object, dryRun } = attributes
  const resource = qualified(kind.resource, kind.group)
  const usage = usageOf(resource, object as KubeObject)
  const counting = accounts.filter(({ quota, hard }) => {
    const counted = [...hard.keys()].some((key) => usage.has(key) || (resource === 'pods' && spoken.includes(key)))
    return counted && inScope(quota.spec, resource, object as KubeObject)
  })
  for (const account of counting) {
    const why = refusal(account, resource, usage, object as KubeObject)
    if (why !== undefined) return fail(refused(attributes, why))
  }
  if (dryRun) return ok(undefined)
  for (const { hard, used, granted } of counting) {
    for (const [key, amount] of usage) {
      if (!hard.has(key)) continue
      used.set(key, sum(used.get(key), amount))
      granted.set(key, sum(granted.get(key), amount))
    }
  }
  return ok(undefined)
}

const sum = (a: Quantity | undefined, b: Quantity): Quantity => (a === undefined ? b : addQuantities(a, b))

function refusal(
  { quota, hard, used }: Account,
  resource: string,
  usage: Usage,
  object: KubeObject,
): string | undefined {
  const { name } = quota.metadata
  const unspoken = resource === 'pods' ? silentContainers(object as Pod, hard) : undefined
  if (unspoken !== undefined) return `failed quota: ${name}: must specify ${unspoken}`
  const keys = [...usage.keys()].filter((key) => hard.has(key)).sort()
  const unknown = keys.filter((key) => !used.has(key))
  if (unknown.length > 0) return `status unknown for quota: ${name}, resources: ${unknown.join(',')}`
  const over = keys.filter((key) => {
    const amount = usage.get(key) as Quantity
    return compareQuantities(sum(used.get(key), amount), hard.get(key) as Quantity) > 0
  })
  if (over.length === 0) return undefined
  const shown = (amounts: Amounts): string =>
    over.map((key) => `${key}=${formatQuantity(amounts.get(key) as Quantity)}`).join(',')
  return `exceeded quota: ${name}, requested: ${shown(usage)}, used: ${shown(used)}, limited: ${shown(hard)}`
}

/** `limits.cpu for: a,b; requests.memory for: a`, or undefined when all containers say what the quota limits. */
function silentContainers({ spec }: Pod, hard: Amounts): string | undefined {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])]
  const texts = spoken
    .filter((key) => hard.has(key))
    .sort()
    .flatMap((key) => {
      const silent = containers.filter((container) => !speaksOf(container, key)).map(({ name }) => name)
      return silent.length === 0 ? [] : [`${key} for: ${[...new Set(silent)].sort().join(',')}`]
    })
  return texts.length === 0 ? undefined : texts.join('; ')
}

function speaksOf({ resources }: Container, key: string): boolean {
  const name = key.slice(key.indexOf('.') + 1)
  return (key.startsWith('limits.') ? resources?.limits : resources?.requests)?.[name] !== undefined
}

/** Writes what all quotas granted, or why that failed, after taking back what was written already. */
async function keepAll(world: AdmissionWorld, accounts: readonly Account[]): Promise<Status | undefined> {
  for (const [index, account] of accounts.entries()) {
    const kept = await keep(world, account)
    if (kept.ok) continue
    for (const earlier of accounts.slice(0, index)) await giveBack(world, earlier)
    return kept.error
  }
  return undefined
}

/** Takes a grant back. A quota that cannot be written now is set right by its controller. */
async function giveBack(world: AdmissionWorld, { quota, granted }: Account): Promise<void> {
  if (granted.size === 0) return
  const { namespace = '', name = '' } = quota.metadata
  await world.modify('resourcequotas', namespace, name, (current) => {
    const { status } = current as ResourceQuota
    const used = new Map(amountsOf(status?.used))
    for (const [key, amount] of granted) {
      const before = used.get(key)
      if (before !== undefined) used.set(key, subtractQuantities(before, amount))
    }
    return ok({ ...current, status: { ...status, used: textsOf(used) } } as KubeObject)
  })
}

const textsOf = (amounts: Amounts): Readonly<Record<string, string>> =>
  Object.fromEntries([...amounts].map(([key, amount]) => [key, formatQuantity(amount)]))

/** Writes what was granted; a conflict when the quota is not the one that was judged by. */
async function keep(world: AdmissionWorld, { quota, used, granted }: Account): Promise<Result<undefined, Status>> {
  if (granted.size === 0) return ok(undefined)
  const { namespace = '', name = '', resourceVersion } = quota.metadata
  const written = await world.modify('resourcequotas', namespace, name, (current) => {
    if (current.metadata.resourceVersion !== resourceVersion) {
      return fail(conflict({ resource: 'resourcequotas', group: '', name }, 'it was changed meanwhile'))
    }
    return ok({ ...quota, status: { ...quota.status, used: textsOf(used) } } as KubeObject)
  })
  return written.ok ? ok(undefined) : written
}
