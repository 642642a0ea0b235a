/** The names of users and groups that the system itself gives meaning to. */
import type { User } from '../registry/index.ts'

export const anonymousName = 'system:anonymous'
export const mastersGroup = 'system:masters'
export const authenticatedGroup = 'system:authenticated'
export const unauthenticatedGroup = 'system:unauthenticated'
export const serviceAccountsGroup = 'system:serviceaccounts'
export const serviceAccountPrefix = 'system:serviceaccount:'

export const anonymous: User = { name: anonymousName, groups: [unauthenticatedGroup] }

/** Everybody with credentials is in `system:authenticated`, once. */
export const authenticated = (user: User): User =>
  user.groups.includes(authenticatedGroup) ? user : { ...user, groups: [...user.groups, authenticatedGroup] }

export const isMaster = (user: User): boolean => user.groups.includes(mastersGroup)

/** Namespace and name of a ServiceAccount's user; undefined for every other name. */
export function serviceAccountOf(userName: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!userName.startsWith(serviceAccountPrefix)) return undefined
  const [namespace, name, more] = userName.slice(serviceAccountPrefix.length).split(':')
  return namespace && name && more === undefined ? { namespace, name } : undefined
}
