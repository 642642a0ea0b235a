/**
 * JSON merge patch (RFC 7396). Beyond the RFC, and as upstream has it, nulls are also dropped from objects inside the
 * lists of a patch; typed objects cannot tell the difference.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/patch.go, applyJSPatch; evanphx/json-patch v4, MergePatch
 */
import { fail, ok, type Result } from '../../base/index.ts'
import { badRequest } from '../meta/status.ts'
import type { Status } from '../meta/types.gen.ts'
import { isList, isObject, type JsonObject, jsonKind, withMember, withoutMember } from './json-value.ts'

/** The patched object; unchanged parts stay the same objects. A patch that is no object is refused (400). */
export function applyMergePatch(current: JsonObject, patch: unknown): Result<JsonObject, Status> {
  if (patch === null || patch === undefined) return fail(badRequest('Invalid JSON Patch'))
  if (!isObject(patch)) {
    const found = jsonKind(patch)
    return fail(
      badRequest(`error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`),
    )
  }
  return ok(mergeObjects(current, patch))
}

/** Any value merged into any other, as the RFC defines it. */
export function mergeJson(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return isObject(target) ? patch : withoutNulls(patch)
  return isObject(target) ? mergeObjects(target, patch) : withoutNulls(patch)
}

function mergeObjects(target: JsonObject, patch: JsonObject): JsonObject {
  let merged = target
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) merged = withoutMember(merged, key)
    else if (Object.hasOwn(merged, key)) merged = withMember(merged, key, mergeJson(merged[key], value))
    else merged = withMember(merged, key, withoutNulls(value))
  }
  return merged
}

/** A value without members that are null, at any depth; null elements of lists stay. */
export function withoutNulls(value: unknown): unknown {
  if (isList(value)) {
    const elements = value.map(withoutNulls)
    return elements.some((element, index) => element !== value[index]) ? elements : value
  }
  if (!isObject(value)) return value
  let rest: JsonObject = value
  for (const key of Object.keys(value)) {
    const member = value[key]
    rest = member === null ? withoutMember(rest, key) : withMember(rest, key, withoutNulls(member))
  }
  return rest
}
