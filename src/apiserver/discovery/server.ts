/** What the server says about itself: its version, its paths, and marks for caches. */
import { createHash } from 'node:crypto'
import { apiVersionOf, type KindSchema } from '../../apimachinery/index.ts'
import { groupKinds } from './groups.ts'

/** The Kubernetes version whose behaviour is served. */
export const kubernetesVersion = { major: '1', minor: '36', patch: '3' } as const

export type Build = { readonly commit: string; readonly date: string; readonly platform: string; readonly node: string }

/**
 * The document of `/version`. `gitVersion` is upstream's with our name as build metadata: a semantic version of the
 * same minor, so that kubectl and Helm neither warn nor refuse.
 */
export const versionInfo = ({ commit, date, platform, node }: Build) => ({
  major: kubernetesVersion.major,
  minor: kubernetesVersion.minor,
  emulationMajor: kubernetesVersion.major,
  emulationMinor: kubernetesVersion.minor,
  minCompatibilityMajor: kubernetesVersion.major,
  minCompatibilityMinor: '35',
  gitVersion: `v${Object.values(kubernetesVersion).join('.')}+jobd`,
  gitCommit: commit,
  gitTreeState: 'clean',
  buildDate: date,
  goVersion: `node ${node}`,
  compiler: 'v8',
  platform,
})

const versionPath = (group: string, version: string): string =>
  group === '' ? `/api/${version}` : `/apis/${apiVersionOf(group, version)}`

/** The document of `/`: all paths of the API and `others` (health, metrics), sorted. */
export function rootPaths(
  others: readonly string[],
  added?: readonly KindSchema[],
): { readonly paths: readonly string[] } {
  const api = groupKinds(added).flatMap(({ group, versions }) => [
    ...(group === '' ? ['/api'] : [`/apis/${group}`]),
    ...versions.map(({ version }) => versionPath(group, version)),
  ])
  const own = ['/apis', '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/version']
  return { paths: [...new Set([...api, ...own, ...others])].toSorted() }
}

/** The hash by which caches know a document: SHA-512 in upper-case hex, without quotes. */
export const hashOf = (text: string | Uint8Array): string =>
  createHash('sha512').update(text).digest('hex').toUpperCase()
/** The same as an `ETag` header. */
export const etagOf = (text: string | Uint8Array): string => `"${hashOf(text)}"`
