/**
 * What the lockfile says of each package: a licence that is allowed, a checksum, no script at installation beyond those that
 * package.json allows, not given up by its makers, not needed at run time. And there are not too many of them.
 */
import { readFileSync } from 'node:fs'
import { allowedLicences } from './bundled-packages.ts'

/** Of all that development needs; what users get is the bundle. More than this is a reason to think. */
const most = 200

type Package = {
  readonly license?: string
  readonly dev?: boolean
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  /** What its makers say instead of it. */
  readonly deprecated?: string
}
type Lock = { readonly packages: Readonly<Record<string, Package>> }
type Manifest = { readonly allowScripts: Readonly<Record<string, boolean>> }

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))
const { allowScripts } = read('package.json') as Manifest
const found = Object.entries((read('package-lock.json') as Lock).packages).filter(([path]) => path !== '')

function findingsOf([path, { license, dev, integrity, hasInstallScript, deprecated }]: (typeof found)[number]) {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const findings: string[] = []
  if (license === undefined || !allowedLicences.includes(license))
    findings.push(`the licence ${license ?? '(none)'} is not among those allowed`)
  if (dev !== true) findings.push('the bundle holds all that runs, so packages belong to devDependencies')
  if (integrity?.startsWith('sha512-') !== true)
    findings.push('there is no SHA-512 of it, so that anything may be installed')
  if (hasInstallScript === true && allowScripts[name] !== true)
    findings.push('it runs a script when it is installed, which allowScripts of package.json does not allow')
  if (deprecated !== undefined) findings.push(`its makers have given it up: ${deprecated}`)
  return findings.map((finding) => `${path}: ${finding}`)
}

const findings = [
  ...found.flatMap(findingsOf),
  ...(found.length > most ? [`${found.length} packages; the limit is ${most}`] : []),
]
for (const finding of findings) console.error(finding)
console.log(`packages: ${findings.length} findings in ${found.length} packages`)
process.exitCode = findings.length > 0 ? 1 : 0
