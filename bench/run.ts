/**
 * Benchmarks: `npm run bench [NAME…]` runs all or the named cases and prints one line of JSON for each.
 * Figures are for comparing on one machine in one run; nothing asserts them.
 */
import { cronJobCases } from './cases/cronjobs.ts'
import { libraryCases } from './cases/library.ts'
import { podCases } from './cases/pods.ts'
import { processCases } from './cases/processes.ts'
import { requestCases } from './cases/requests.ts'
import { scaleCases } from './cases/scale.ts'
import { watchCases } from './cases/watches.ts'
import { workloadCases } from './cases/workloads.ts'
import { machine } from './measure.ts'

const cases = [
  ...processCases,
  ...requestCases,
  ...watchCases,
  ...workloadCases,
  ...scaleCases,
  ...cronJobCases,
  ...podCases,
  ...libraryCases,
]
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !cases.some((one) => one.name === name))
if (unknown.length > 0) {
  console.error(`no case ${unknown.join(', ')}: there are ${cases.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}
console.log(JSON.stringify({ machine: machine() }))
for (const { name, run } of cases) {
  if (asked.length > 0 && !asked.includes(name)) continue
  console.log(JSON.stringify({ case: name, ...(await run()) }))
}
