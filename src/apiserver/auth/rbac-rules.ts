/**
 * Single rules of roles: what they match, what they cover, how they are told.
 *
 * @source kubernetes v1.36 pkg/apis/rbac/v1/evaluation_helpers.go, component-helpers/auth/rbac/validation
 */
import type { PolicyRule } from '../../apis/other/index.ts'
import type { Attributes } from './authorize.ts'

export type { PolicyRule }

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value))

function resourceMatches(rule: PolicyRule, resource: string, subresource: string): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  for (const name of rule.resources ?? []) {
    if (name === '*' || name === combined) return true
    if (subresource !== '' && name === `*/${subresource}`) return true
  }
  return false
}

function urlMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true
  return pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, ''))
}

/** Whether a rule allows a request. */
export function ruleAllows(rule: PolicyRule, wanted: Attributes): boolean {
  if (!has(rule.verbs, wanted.verb)) return false
  if (!wanted.isResource) return rule.nonResourceURLs?.some((pattern) => urlMatches(pattern, wanted.path)) === true
  if (!has(rule.apiGroups, wanted.group) || !resourceMatches(rule, wanted.resource, wanted.subresource)) return false
  const names = rule.resourceNames ?? []
  return names.length === 0 || names.includes(wanted.name)
}

/** A rule about one verb of one thing. */
export type Right = {
  readonly verb: string
  readonly group?: string | undefined
  readonly resource?: string | undefined
  readonly name?: string | undefined
  readonly url?: string | undefined
}

/** A rule taken apart into single rights. */
export function rightsOf(rule: PolicyRule): readonly Right[] {
  const rights: Right[] = []
  const names: readonly (string | undefined)[] = rule.resourceNames?.length ? rule.resourceNames : [undefined]
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) for (const name of names) rights.push({ verb, group, resource, name })
    }
  }
  for (const url of rule.nonResourceURLs ?? []) for (const verb of rule.verbs) rights.push({ verb, url })
  return rights
}

function coversResource(rule: PolicyRule, wanted: string): boolean {
  const subresource = wanted.split('/')[1]
  return (rule.resources ?? []).some(
    (name) => name === '*' || name === wanted || (subresource !== undefined && name === `*/${subresource}`),
  )
}

const coversUrl = (pattern: string, wanted: string): boolean =>
  pattern === '*' || pattern === wanted || (pattern.endsWith('*') && wanted.startsWith(pattern.replace(/\*+$/, '')))

function covers(rule: PolicyRule, right: Right): boolean {
  if (!has(rule.verbs, right.verb)) return false
  if (right.url !== undefined) {
    const { url } = right
    return (rule.nonResourceURLs ?? []).some((pattern) => coversUrl(pattern, url))
  }
  if (!has(rule.apiGroups, right.group ?? '') || !coversResource(rule, right.resource ?? '')) return false
  const names = rule.resourceNames ?? []
  return names.length === 0 || (right.name !== undefined && names.includes(right.name))
}

/** The rights in `wanted` that no rule of `held` covers. */
export const missingRights = (held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly Right[] =>
  wanted.flatMap(rightsOf).filter((right) => !held.some((rule) => covers(rule, right)))

const quotedList = (values: readonly string[]): string => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`

function ruleText(rule: PolicyRule): string {
  const parts: string[] = []
  const add = (label: string, values: readonly string[] | undefined): void => {
    if (values?.length) parts.push(`${label}:${quotedList(values)}`)
  }
  add('APIGroups', rule.apiGroups)
  add('Resources', rule.resources)
  add('NonResourceURLs', rule.nonResourceURLs)
  add('ResourceNames', rule.resourceNames)
  add('Verbs', rule.verbs)
  return `{${parts.join(', ')}}`
}

/** Rights of one thing put together again, one line each, sorted. */
export function rightsText(rights: readonly Right[]): string {
  const byThing = new Map<string, { right: Right; verbs: string[] }>()
  for (const right of rights) {
    const key = JSON.stringify([right.group, right.resource, right.name, right.url])
    const known = byThing.get(key)
    if (known === undefined) byThing.set(key, { right, verbs: [right.verb] })
    else if (!known.verbs.includes(right.verb)) known.verbs.push(right.verb)
  }
  const texts = [...byThing.values()].map(({ right, verbs }) =>
    ruleText({
      verbs,
      ...(right.url === undefined
        ? { apiGroups: [right.group ?? ''], resources: [right.resource ?? ''] }
        : { nonResourceURLs: [right.url] }),
      ...(right.name === undefined ? {} : { resourceNames: [right.name] }),
    }),
  )
  return texts.sort().join('\n')
}
