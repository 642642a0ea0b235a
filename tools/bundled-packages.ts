/** Which packages the bundle is made of, told by the bundler itself: their licences, and a bill of materials. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type BundledPackage = {
  readonly name: string
  readonly version: string
  /** An SPDX expression. */
  readonly licence: string
  /** The text that the licence wants to go with every copy. */
  readonly text: string
}

/** Licences that ask for no more than their text in every copy. */
export const allowedLicences: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT OR Apache-2.0',
  'PSF-2.0',
  'Unlicense',
]

/** `inputs` are the files of the bundle, relative to `root`. Throws at a package without a licence that is allowed. */
export function bundledPackages(root: string, inputs: readonly string[]): readonly BundledPackage[] {
  const folders = new Set(inputs.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  return [...folders].sort().map((folder) => {
    const path = join(root, folder)
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<
      string,
      string
    >
    if (name === undefined || version === undefined || license === undefined || !allowedLicences.includes(license))
      throw new Error(`${folder} has the licence ${license}, which is not among those allowed`)
    const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry))
    return {
      name,
      version,
      licence: license,
      text: file === undefined ? '' : readFileSync(join(path, file), 'utf8').trim(),
    }
  })
}

export const licenceTexts = (packages: readonly BundledPackage[]): string =>
  packages
    .map(({ name, version, licence, text }) => `${name} ${version}: ${licence}\n\n${text}\n`)
    .join(`\n${'-'.repeat(72)}\n\n`)

/** CycloneDX 1.6. It bears no date and no serial number, so that a version has one. */
export function billOfMaterials(version: string, packages: readonly BundledPackage[]): string {
  const component = (type: string, one: { name: string; version: string; licence: string }) => ({
    type,
    name: one.name,
    version: one.version,
    purl: `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
    licenses: [one.licence.includes(' ') ? { expression: one.licence } : { license: { id: one.licence } }],
  })
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component('application', { name: 'jobd', version, licence: 'Apache-2.0' }) },
    components: packages.map((one) => component('library', one)),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}
