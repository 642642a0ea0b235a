/**
 * The parts of an image reference that decide how it is pulled.
 *
 * @source kubernetes v1.36 pkg/util/parsers/parsers.go, ParseImageName; the grammar of image references
 */

const hostPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = `(?:${hostPart}(?:\\.${hostPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const pathPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const name = `(?:${domain}/)?${pathPart}(?:/${pathPart})*`
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const reference = new RegExp(`^(${name})(?::(\\w[\\w.-]{0,127}))?(?:@(${digest}))?$`)

/**
 * Whether an image is the latest one: by its tag, or because it has neither tag nor digest. Texts that are no image
 * reference count as not the latest.
 */
export function isLatestImage(image: string): boolean {
  const match = reference.exec(image)
  if (match === null || /^[a-f0-9]{64}$/.test(image)) return false
  const [, , tag, hash] = match
  return tag === undefined ? hash === undefined : tag === 'latest'
}

/** Where an image is found: `docker.io`, `docker.io/library/busybox`, and which one of those there. */
export type ImageName = { readonly registry: string; readonly repository: string; readonly version: string }

/**
 * Reads an image reference in full: without a registry it is Docker's, without a version the latest. Undefined for a text
 * that is no reference, among them the bare id of an image.
 */
export function parseImageName(image: string): ImageName | undefined {
  const match = reference.exec(image)
  if (match === null || /^[a-f0-9]{64}$/.test(image)) return undefined
  const [, named = '', tag, hash] = match
  const [first = '', ...rest] = named.split('/')
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || /[A-Z]/.test(first))
  const registry = hasRegistry ? first : 'docker.io'
  const path = hasRegistry ? rest.join('/') : named
  const isOfficial = registry === 'docker.io' && !path.includes('/')
  return {
    registry,
    repository: `${registry}/${isOfficial ? 'library/' : ''}${path}`,
    version: hash ?? tag ?? 'latest',
  }
}
