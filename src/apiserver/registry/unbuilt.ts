/** Fields that jobd knows of and does not have: objects with them are refused rather than taken without them. */
import { forbiddenField, invalidFields, type KubeObject, type Status } from '../../apimachinery/index.ts'
import type { ApiOptions } from '../../apis/index.ts'
import type { Resource } from './registry.ts'

/** What a body, or what a patch makes, is refused for; undefined when it has no such field, or `null` there. */
export function unbuiltProblem(
  { kind, strategy }: Resource,
  { exact }: ApiOptions,
  value: unknown,
): Status | undefined {
  if (exact || strategy.unbuilt === undefined) return undefined
  const there = Object.entries(strategy.unbuilt).filter(([path]) => isThere(value, path))
  if (there.length === 0) return undefined
  const name = (value as Partial<KubeObject>).metadata?.name
  return invalidFields(
    kind,
    typeof name === 'string' ? name : '',
    there.map(([path, why]) => forbiddenField(path, why)),
  )
}

function isThere(value: unknown, path: string): boolean {
  let at = value
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return false
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return at !== undefined && at !== null
}
