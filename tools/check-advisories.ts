/**
 * `npm run check:advisories`: weaknesses that are known of the packages of the lockfile, as the registry that npm is set to
 * tells them (`npm audit`). Exits 1 when one concerns a package that is part of the bundle, which is what users run; those of other
 * packages are told. Not every registry answers: then it is said that nothing is known, which is no failure.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Advisory = { readonly title: string; readonly url: string }
type Report = {
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly severity: string; readonly via: readonly (Advisory | string)[] }>
  >
  /** Of an audit that could not be. */
  readonly message?: string
  readonly error?: { readonly summary?: string }
}
type Bill = { readonly components: readonly { readonly name: string }[] }

const root = fileURLToPath(new URL('..', import.meta.url))

function bundled(): ReadonlySet<string> {
  try {
    const { components } = JSON.parse(readFileSync(`${root}/dist/sbom.cdx.json`, 'utf8')) as Bill
    return new Set(components.map(({ name }) => name))
  } catch {
    console.error('advisories: there is no dist/sbom.cdx.json that says what the bundle is made of: npm run build')
    process.exit(2)
  }
}

function audit(): Report {
  const { stdout, error } = spawnSync('npm', ['audit', '--json'], { cwd: root, encoding: 'utf8' })
  try {
    return JSON.parse(stdout ?? '') as Report
  } catch {
    return { message: error === undefined ? 'npm said nothing that can be read' : error.message }
  }
}

const inBundle = bundled()
const { vulnerabilities, message, error } = audit()
if (vulnerabilities === undefined) {
  console.log(`advisories: not known, the registry did not answer: ${message ?? error?.summary ?? 'no reason given'}`)
} else {
  const found = Object.entries(vulnerabilities).map(([name, { severity, via }]) => {
    // Where it is a text, it names another package of the list.
    const why = via.map((one) => (typeof one === 'string' ? `by ${one}` : `${one.title} (${one.url})`)).join('; ')
    return { isOurs: inBundle.has(name), text: `${name}, ${severity}: ${why}` }
  })
  for (const { isOurs, text } of found) console.error(`${isOurs ? 'in the bundle' : 'in development only'}: ${text}`)
  const ours = found.filter(({ isOurs }) => isOurs).length
  console.log(`advisories: ${ours} in the bundle, ${found.length - ours} in development only`)
  process.exitCode = ours > 0 ? 1 : 0
}
