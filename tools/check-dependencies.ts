/** Runs dependency-cruiser on src and refuses a run that read fewer modules than there are files. */
import { readdirSync } from 'node:fs'
import { cruise } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { forbidden, options } from './dependency-rules.ts'

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => /[.]ts$/.test(name)).length
const { output } = await cruise(
  ['src'],
  { ...options, ruleSet: { forbidden }, validate: true },
  {},
  { tsConfig: extractTSConfig('tsconfig.json') },
)
if (typeof output === 'string') throw new Error('dependency-cruiser answered a text')
const { violations, totalCruised } = output.summary
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} → ${to}`)
if (totalCruised < files) console.error(`only ${totalCruised} of ${files} files were read`)
console.log(`dependencies: ${violations.length} violations in ${totalCruised} modules`)
process.exitCode = violations.length > 0 || totalCruised < files ? 1 : 0
