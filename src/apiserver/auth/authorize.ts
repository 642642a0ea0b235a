/** May somebody do something: what is asked, and what is answered. */
import { forbidden, type Status } from '../../apimachinery/index.ts'
import type { User } from '../registry/index.ts'

/** What somebody wants to do. For paths outside of resources only `verb` and `path` count. */
export type Attributes = {
  readonly verb: string
  readonly isResource: boolean
  readonly path: string
  readonly namespace: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  /** Empty for requests about no one object. */
  readonly name: string
  /** Of a list or a watch, as it stands in the query. */
  readonly fieldSelector?: string | undefined
}

export type Decision = {
  readonly allowed: boolean
  readonly reason: string
  /** What went wrong while rules were looked up, e.g. a binding to a role that is not there. */
  readonly evaluationError?: string | undefined
}

export type Authorize = (user: User, attributes: Attributes) => Decision

const html: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
const escaped = (text: string): string => text.replace(/[&<>]/g, (letter) => html[letter] as string)

/**
 * The 403 for what was not allowed.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/responsewriters/errors.go, Forbidden, forbiddenMessage
 */
export function forbiddenStatus(user: User, attributes: Attributes, reason: string): Status {
  const { isResource, verb, path, group, resource, subresource, namespace, name } = attributes
  const who = `User ${JSON.stringify(user.name)}`
  const because = reason === '' ? '' : `: ${reason}`
  if (!isResource) {
    const status = forbidden({ resource: '', group: '' }, '')
    const message = `forbidden: ${escaped(`${who} cannot ${verb} path ${JSON.stringify(path)}`)}${because}`
    return { ...status, message, details: {} }
  }
  const what = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  const text = `${who} cannot ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`
  return forbidden({ resource, group, name: name === '' ? undefined : name }, escaped(text) + because)
}
