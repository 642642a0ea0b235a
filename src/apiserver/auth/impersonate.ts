/**
 * Acting as somebody else, by the `Impersonate-…` headers.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/filters/impersonation
 */
import type { IncomingHttpHeaders } from 'node:http'
import { badRequest, type Status } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { User } from '../registry/index.ts'
import { type Attributes, type Authorize, forbiddenStatus } from './authorize.ts'
import {
  anonymousName,
  authenticatedGroup,
  serviceAccountOf,
  serviceAccountsGroup,
  unauthenticatedGroup,
} from './users.ts'

const extraPrefix = 'impersonate-extra-'

type Wanted = {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** All values of a header that may stand more than once; node joins them with a comma and a blank. */
const valuesOf = (raw: readonly string[], name: string): readonly string[] => {
  const values: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if ((raw[i] as string).toLowerCase() === name) values.push(raw[i + 1] as string)
  }
  return values
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function wantedOf(headers: IncomingHttpHeaders, raw: readonly string[]): Wanted {
  const extra: Record<string, readonly string[]> = {}
  for (const header of Object.keys(headers)) {
    if (!header.startsWith(extraPrefix)) continue
    extra[unescaped(header.slice(extraPrefix.length))] = valuesOf(raw, header)
  }
  return {
    name: valuesOf(raw, 'impersonate-user')[0] ?? '',
    uid: valuesOf(raw, 'impersonate-uid')[0] ?? '',
    groups: valuesOf(raw, 'impersonate-group'),
    extra,
  }
}

const goList = (values: readonly string[]): string =>
  values.length === 0 ? '[]string(nil)' : `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`

function goUser({ name, uid, groups, extra }: Wanted): string {
  const entries = Object.entries(extra).map(([key, values]) => `${JSON.stringify(key)}:${goList(values)}`)
  const map = entries.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${entries.join(', ')}}`
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${goList(groups)}, Extra:${map}}`
}

type Thing = Pick<Attributes, 'group' | 'namespace' | 'resource' | 'subresource' | 'name'>

/** Everything that must be allowed for the whole to be allowed. */
function thingsOf({ name, uid, groups, extra }: Wanted): readonly Thing[] {
  const core = { group: '', namespace: '', subresource: '' }
  const other = { ...core, group: 'authentication.k8s.io' }
  const account = serviceAccountOf(name)
  return [
    account === undefined ? { ...core, resource: 'users', name } : { ...core, resource: 'serviceaccounts', ...account },
    ...groups.map((value): Thing => ({ ...core, resource: 'groups', name: value })),
    ...(uid === '' ? [] : [{ ...other, resource: 'uids', name: uid }]),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((value): Thing => ({ ...other, resource: 'userextras', subresource, name: value })),
    ),
  ]
}

function groupsOf({ name, groups }: Wanted): readonly string[] {
  const account = serviceAccountOf(name)
  const own =
    groups.length > 0 || account === undefined
      ? groups
      : [serviceAccountsGroup, `${serviceAccountsGroup}:${account.namespace}`]
  if (own.includes(authenticatedGroup) || own.includes(unauthenticatedGroup)) return own
  return [...own, name === anonymousName ? unauthenticatedGroup : authenticatedGroup]
}

export const wantsImpersonation = (headers: IncomingHttpHeaders): boolean => {
  for (const name in headers) if (name.startsWith('impersonate-')) return true
  return false
}

/** The user to act as; 400 for incomplete headers, 403 where `user` may not impersonate one of the things asked for. */
export function impersonate(
  user: User,
  headers: IncomingHttpHeaders,
  raw: readonly string[],
  authorize: Authorize,
): Result<User, Status> {
  const wanted = wantedOf(headers, raw)
  if (wanted.name === '') {
    if (wanted.groups.length === 0 && wanted.uid === '' && Object.keys(wanted.extra).length === 0) return ok(user)
    return fail(badRequest(`requested ${goUser(wanted)} without impersonating a user name`))
  }
  for (const thing of thingsOf(wanted)) {
    const attributes: Attributes = { ...thing, verb: 'impersonate', isResource: true, path: '' }
    const decision = authorize(user, attributes)
    if (!decision.allowed) return fail(forbiddenStatus(user, attributes, decision.reason))
  }
  const { name, uid, extra } = wanted
  return ok({
    name,
    groups: groupsOf(wanted),
    ...(uid === '' ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  })
}
