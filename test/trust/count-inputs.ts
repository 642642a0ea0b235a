/**
 * Loaded before tests (`NODE_OPTIONS=--import=…`): appends how many inputs the properties of each were tried with to the file that
 * `JOBD_TRUST_INPUTS` names.
 */
import { appendFileSync } from 'node:fs'
import fc, { type RunDetails } from 'fast-check'

let inputs = 0

function count(details: RunDetails<unknown>): void {
  inputs += details.numRuns
  const message = fc.defaultReportMessage(details)
  if (message !== undefined) throw new Error(message, { cause: details.errorInstance })
}

fc.configureGlobal({ reporter: count })
process.on('exit', () => {
  const file = process.env['JOBD_TRUST_INPUTS']
  if (file !== undefined && inputs > 0) appendFileSync(file, `${inputs}\n`)
})
