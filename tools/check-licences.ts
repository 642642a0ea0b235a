/** Every package of the lockfile has a licence that is allowed, and there are not too many of them. */
import { readFileSync } from 'node:fs'
import { allowedLicences } from './bundled-packages.ts'

/** Of all that development needs; what users get is the bundle. More than this is a reason to think. */
const most = 200

type Lock = { readonly packages: Readonly<Record<string, { readonly license?: string; readonly dev?: boolean }>> }
const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as Lock
const found = Object.entries(packages).filter(([path]) => path !== '')
const findings = [
  ...found
    .filter(([, { license }]) => license === undefined || !allowedLicences.includes(license))
    .map(([path, { license }]) => `${path}: the licence ${license ?? '(none)'} is not among those allowed`),
  ...found
    .filter(([, { dev }]) => dev !== true)
    .map(([path]) => `${path}: the bundle holds all that runs, so packages belong to devDependencies`),
  ...(found.length > most ? [`${found.length} packages; the limit is ${most}`] : []),
]
for (const finding of findings) console.error(finding)
console.log(`licences: ${findings.length} findings in ${found.length} packages`)
process.exitCode = findings.length > 0 ? 1 : 0
