/**
 * Server-side apply.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/patch.go, applyPatcher
 */
import {
  badRequest,
  conflict,
  decodeObject,
  type KubeObject,
  parseJson,
  type Status,
  serverSideApply,
  type TypeName,
} from '../../apimachinery/index.ts'
import { fail, type Instant, ok, type Result } from '../../base/index.ts'
import type { RequestBody, Written } from './api.ts'
import { fieldWriter } from './fields.ts'
import { checkName, fillNamespace } from './metadata.ts'
import { type Registry, subjectOf } from './registry.ts'
import { unbuiltProblem } from './unbuilt.ts'
import { type Revised, updateObject } from './update.ts'
import type { WriteRequest } from './write.ts'

/** How often an apply that lost a race is tried again on a newer state. */
const tries = 100

export async function applyObject(
  registry: Registry,
  request: WriteRequest,
  body: RequestBody,
): Promise<Result<Written, Status>> {
  const config = configOf(body)
  if (!config.ok) return config
  const { value, problems } = config.value
  const unbuilt = unbuiltProblem(request.resource, registry.options, value)
  if (unbuilt !== undefined) return fail(unbuilt)
  let warned = false
  return updateObject(
    registry,
    request,
    (current, now): Result<Revised, Status> => {
      const applied = applyTo(request, current, value, now)
      if (!applied.ok || problems.length === 0) return applied
      const text = problems.join(', ')
      if (request.validation === 'Strict') return fail(badRequest(`error strict decoding YAML: ${text}`))
      if (request.validation === 'Warn' && !warned) request.context.warn(text)
      warned = true
      return applied
    },
    { mayCreate: true, tries },
  )
}

function configOf(
  body: RequestBody,
): Result<{ readonly value: unknown; readonly problems: readonly string[] }, Status> {
  switch (body.kind) {
    case 'Typed':
      return ok({ value: body.object, problems: [] })
    case 'Value':
      return ok({ value: body.value, problems: body.problems ?? [] })
    case 'Text': {
      const parsed = parseJson(body.text)
      if (!parsed.ok) return fail(badRequest(`error decoding YAML: ${parsed.error}`))
      return ok({ value: parsed.value.value, problems: [] })
    }
  }
}

function applyTo(
  request: WriteRequest,
  current: KubeObject | undefined,
  config: unknown,
  now: Instant,
): Result<Revised, Status> {
  const { resource, namespace, name, context } = request
  const { kind, strategy } = resource
  const force = context.force === true
  const applied = serverSideApply(current, config, { ...fieldWriter(request, now), kind: kind.kind, force })
  if (!applied.ok) return applied
  const decoded = decodeObject(kind.type as TypeName, applied.value, 'Ignore')
  if (!decoded.ok) return fail(badRequest(decoded.error.message))
  const { uid } = decoded.value.object.metadata
  if (current === undefined && uid) {
    const text = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
    return fail(conflict(subjectOf(resource, name), text))
  }
  const placed = fillNamespace(strategy.defaults(decoded.value.object), kind.namespaced ? namespace : '')
  if (!placed.ok) return placed
  const misnamed = checkName(placed.value, name, namespace)
  return misnamed === undefined ? ok({ object: placed.value, requested: decoded.value.object }) : fail(misnamed)
}
