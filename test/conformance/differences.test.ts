/**
 * What jobd does otherwise without `--exact` is asked for by somebody: every line of the first table of
 * docs/differences.md has a scenario that shows it and quotes the sentence of the mission, or a reason here why the kit
 * cannot show it.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { root } from '../support/executable.ts'
import { shared, skip } from './kit.ts'

const folder = fileURLToPath(new URL('scenarios', import.meta.url))

type Scenario = {
  readonly name: string
  readonly differences?: readonly string[]
  readonly mission?: { readonly file: string; readonly sentence: string }
}

const scenarios: readonly Scenario[] = readdirSync(folder).map((file) => ({
  ...(parse(readFileSync(join(folder, file), 'utf8')) as Omit<Scenario, 'name'>),
  name: basename(file, '.yaml'),
}))

/** Lines that no scenario can show, each with why, and the test that shows it instead. */
const elsewhere: Readonly<Record<string, readonly [why: string, test: string]>> = {
  'garbage collection': ['it is 30 ms, which is less than the kit can tell', 'src/manager/collection.test.ts'],
  'what was due before an edit and was not looked at yet': [
    'the controller looks before a client can edit',
    'src/manager/run-ledger.test.ts',
  ],
  logs: ['the kit has no node that writes logs', 'test/e2e/logs.test.ts'],
  '`NoExecute` taints of a node': ['the kit has no node', 'src/manager/taint-eviction.test.ts'],
  'new nodes': ['it is nothing about Jobs or CronJobs', 'src/apiserver/admission/plugins.test.ts'],
  'fields of features that are off': ['it is nothing about Jobs or CronJobs', 'src/apis/core/pod/strategy.test.ts'],
  'warnings about other fields': ['the kit has no node', 'test/conformance/field-support.test.ts'],
  'warning about `image`': ['the kit has no runtime that leaves images alone', 'src/apis/core/pod/strategy.test.ts'],
}

const lines = ((): readonly string[] => {
  const text = readFileSync(join(root, 'docs/differences.md'), 'utf8')
  const [, first = ''] = text.split('\n## ')
  return [...first.matchAll(/^\| (.+?) \|/gm)]
    .map(([, point = '']) => point)
    .filter((point) => !/^(point|---)$/.test(point))
})()

test('every difference that --exact switches off has a scenario, or is shown elsewhere', () => {
  const shown = new Set([...scenarios.flatMap(({ differences = [] }) => differences), ...Object.keys(elsewhere)])
  assert.deepEqual([...shown].sort(), [...lines].sort())
  for (const [, file] of Object.values(elsewhere)) assert.ok(existsSync(join(root, file)), `${file} is gone`)
})

describe('the mission', { skip }, () => {
  for (const { name, differences = [], mission } of scenarios) {
    test(`has the sentence that ${name} quotes`, () => {
      assert.ok(differences.length > 0, 'it says which difference it shows')
      assert.ok(mission !== undefined, 'it quotes a sentence')
      const text = readFileSync(join(shared, 'mission', mission.file), 'utf8')
      assert.ok(text.includes(mission.sentence), `${mission.file} has not: ${mission.sentence}`)
    })
  }
})
