/** What a user calls a resource, and what the API calls it. */
import { allKinds, type KindSchema, type KubeObject } from '../apimachinery/index.ts'
import { fail, ok, type Result } from '../base/index.ts'
import type { ResourceName } from '../client/index.ts'

const mains = allKinds.filter(({ resource, listType }) => listType !== undefined && !resource.includes('/'))

export const resourceNameOf = ({ resource, group }: KindSchema): ResourceName =>
  group === '' ? resource : `${resource}.${group}`

/** Every resource that can be listed. */
export const resourceNames: readonly ResourceName[] = mains.map(resourceNameOf)

/** Finds a kind by plural, singular, short name or kind, with or without its group: `job`, `jobs.batch`, `cj`, `Job`. */
export function findKind(word: string): Result<KindSchema, string> {
  const [name = '', ...rest] = word.toLowerCase().split('.')
  const group = rest.join('.')
  const found = mains.find(
    (kind) =>
      (group === '' || kind.group === group) &&
      (kind.resource === name ||
        kind.singular === name ||
        kind.kind.toLowerCase() === name ||
        kind.shortNames?.includes(name) === true),
  )
  if (found !== undefined) return ok(found)
  return fail(`there is no resource type "${word}": use one of ${mains.map(({ resource }) => resource).join(', ')}`)
}

/** The kind of a manifest, by its apiVersion and kind. */
export function kindOfManifest(object: KubeObject): Result<KindSchema, string> {
  const { apiVersion = '', kind = '' } = object
  if (typeof kind !== 'string' || kind === '') return fail('has no kind')
  if (typeof apiVersion !== 'string' || apiVersion === '') return fail('has no apiVersion')
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const found = mains.find(
    (candidate) => candidate.kind === kind && candidate.group === group && candidate.version === version,
  )
  if (found !== undefined) return ok(found)
  const near = mains.find((candidate) => candidate.kind === kind)
  if (near === undefined)
    return fail(`has the unknown kind ${kind}: leave it out, jobd has Jobs, CronJobs and what they need`)
  const right = near.group === '' ? near.version : `${near.group}/${near.version}`
  return fail(`has the unknown apiVersion ${apiVersion} for kind ${kind}: use ${right}`)
}

/** `job.batch/pi`, as kubectl names an object. */
export const shownName = ({ singular, group }: KindSchema, name: string): string =>
  `${singular ?? ''}${group === '' ? '' : `.${group}`}/${name}`
