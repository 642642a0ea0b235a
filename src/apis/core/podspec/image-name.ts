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
const reference = new RegExp(`^${name}(?::(\\w[\\w.-]{0,127}))?(?:@(${digest}))?$`)

/**
 * Whether an image is the latest one: by its tag, or because it has neither tag nor digest. Texts that are no image
 * reference count as not the latest.
 */
export function isLatestImage(image: string): boolean {
  const match = reference.exec(image)
  if (match === null || /^[a-f0-9]{64}$/.test(image)) return false
  const [, tag, hash] = match
  return tag === undefined ? hash === undefined : tag === 'latest'
}
