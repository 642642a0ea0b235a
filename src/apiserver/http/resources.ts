/**
 * Requests for resources: each action reads what it needs, calls the registry once, and writes one answer.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/{get,create,update,patch,delete}.go
 */
import type { DeleteOptions, KubeObject, Status } from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { Target } from '../registry/index.ts'
import { readBody } from './body.ts'
import { deleteOptionsOfBody } from './delete-options.ts'
import { contextOf, type Exchange, sendDocument, sendLong, sendStatus } from './exchange.ts'
import { listDocument } from './lists.ts'
import { patchBody, requestBody } from './media.ts'
import { acceptedByRoute, negotiate, type Representation, routeNotAcceptable } from './negotiate.ts'
import { deleteOptionsOfQuery, first, listParameters } from './query.ts'
import { type IncludeObject, includeObjectOf, isStatus, objectDocument, type Presenter } from './representation.ts'
import { mimeOf, patchTypes, type Route } from './routes.ts'

type Form = { readonly form: Representation; readonly include: IncludeObject }

const plainInclude: Result<IncludeObject, Status> = ok('Metadata')

/** The form of the answer, or the refusal of the router or of the negotiation. */
function formOf(x: Exchange, route: Route): Result<Form, Status> {
  const accept = x.req.headers.accept
  if (!acceptedByRoute(accept, route.produces)) return fail(routeNotAcceptable(route.produces))
  const form = negotiate(accept, 'resource')
  if (!form.ok) return form
  const include = form.value.as === 'Table' ? includeObjectOf(first(x.query, 'includeObject')) : plainInclude
  return include.ok ? ok({ form: form.value, include: include.value }) : include
}

export const targetOf = (route: Route): Target => ({
  resource: route.resource,
  subresource: route.subresource,
  namespace: route.namespace,
  name: route.name,
})

function answer(
  x: Exchange,
  presenter: Presenter,
  route: Route,
  { form, include }: Form,
  code: number,
  object: KubeObject | Status,
): void {
  const document = objectDocument(presenter, route.kind, route.resource, object, form, include)
  if (document.ok) sendDocument(x, code, form, document.value)
  else sendStatus(x, document.error)
}

async function get(x: Exchange, presenter: Presenter, route: Route, form: Form): Promise<void> {
  const query = { resourceVersion: first(x.query, 'resourceVersion') }
  const found = await presenter.api.get(targetOf(route), query, contextOf(x))
  if (found.ok) answer(x, presenter, route, form, 200, found.value)
  else sendStatus(x, found.error)
}

async function list(x: Exchange, presenter: Presenter, route: Route, { form, include }: Form): Promise<void> {
  const parameters = listParameters(x.query)
  if (!parameters.ok) return sendStatus(x, parameters.error)
  const found = await presenter.api.list(targetOf(route), parameters.value.query, contextOf(x))
  if (!found.ok) return sendStatus(x, found.error)
  const document = listDocument(presenter, route.kind, route.resource, found.value, form, include)
  return document.ok ? sendLong(x, form, document.value) : sendStatus(x, document.error)
}

async function create(x: Exchange, presenter: Presenter, route: Route, form: Form): Promise<void> {
  const bytes = await readBody(x.req)
  if (!bytes.ok) return sendStatus(x, bytes.error)
  const body = await requestBody(
    x.req.headers['content-type'],
    bytes.value,
    route.kind,
    first(x.query, 'fieldValidation'),
  )
  if (!body.ok) return sendStatus(x, body.error)
  const written = await presenter.api.create(targetOf(route), body.value, contextOf(x))
  if (!written.ok) return sendStatus(x, written.error)
  const { object } = written.value
  answer(x, presenter, route, form, isStatus(object) ? (object.code ?? 201) : 201, object)
}

async function update(x: Exchange, presenter: Presenter, route: Route, form: Form): Promise<void> {
  const bytes = await readBody(x.req)
  if (!bytes.ok) return sendStatus(x, bytes.error)
  const body = await requestBody(
    x.req.headers['content-type'],
    bytes.value,
    route.kind,
    first(x.query, 'fieldValidation'),
  )
  if (!body.ok) return sendStatus(x, body.error)
  const written = await presenter.api.update(targetOf(route), body.value, contextOf(x))
  if (!written.ok) return sendStatus(x, written.error)
  answer(x, presenter, route, form, written.value.created ? 201 : 200, written.value.object)
}

async function patch(x: Exchange, presenter: Presenter, route: Route, form: Form): Promise<void> {
  const bytes = await readBody(x.req)
  if (!bytes.ok) return sendStatus(x, bytes.error)
  const type = patchTypes[mimeOf(x.req.headers['content-type']) as keyof typeof patchTypes]
  const body = await patchBody(type, bytes.value, first(x.query, 'fieldValidation'))
  if (!body.ok) return sendStatus(x, body.error)
  const written = await presenter.api.patch(targetOf(route), { type, body: body.value }, contextOf(x))
  if (!written.ok) return sendStatus(x, written.error)
  answer(x, presenter, route, form, written.value.created ? 201 : 200, written.value.object)
}

/** The options of a delete: a body wins, else the query. */
async function deleteOptions(x: Exchange, route: Route): Promise<Result<DeleteOptions, Status>> {
  const bytes = await readBody(x.req)
  if (!bytes.ok) return bytes
  if (bytes.value.length === 0) return deleteOptionsOfQuery(x.query)
  return deleteOptionsOfBody(x.req.headers['content-type'], bytes.value, route.kind)
}

async function remove(x: Exchange, presenter: Presenter, route: Route, form: Form): Promise<void> {
  const options = await deleteOptions(x, route)
  if (!options.ok) return sendStatus(x, options.error)
  const deleted = await presenter.api.delete(targetOf(route), options.value, contextOf(x))
  if (!deleted.ok) return sendStatus(x, deleted.error)
  // Upstream answers 202 only to clients that spell out the deprecated option and still find the object there.
  const accepted = deleted.value.pending && options.value.orphanDependents === false
  answer(x, presenter, route, form, accepted ? 202 : 200, deleted.value.object)
}

async function removeCollection(
  x: Exchange,
  presenter: Presenter,
  route: Route,
  { form, include }: Form,
): Promise<void> {
  const parameters = listParameters(x.query)
  if (!parameters.ok) return sendStatus(x, parameters.error)
  const options = await deleteOptions(x, route)
  if (!options.ok) return sendStatus(x, options.error)
  const { query } = parameters.value
  const deleted = await presenter.api.deleteCollection(targetOf(route), options.value, query, contextOf(x))
  if (!deleted.ok) return sendStatus(x, deleted.error)
  const document = listDocument(presenter, route.kind, route.resource, deleted.value, form, include)
  return document.ok ? sendLong(x, form, document.value) : sendStatus(x, document.error)
}

const actions = { get, list, create, update, patch, delete: remove, deletecollection: removeCollection } as const

/** Answers a request for a resource that is neither a watch nor a connection. */
export function serveResource(x: Exchange, presenter: Presenter, route: Route): Promise<void> | undefined {
  const form = formOf(x, route)
  if (!form.ok) {
    sendStatus(x, form.error)
    return undefined
  }
  return actions[route.action as keyof typeof actions](x, presenter, route, form.value)
}
