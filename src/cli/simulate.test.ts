import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { instant, millis, parseTime } from '../base/index.ts'
import { defaultCronJobOptions } from '../controllers/cronjob/index.ts'
import { isTimeZone } from '../cron/index.ts'
import { parseManifests } from './manifests.ts'
import { formatTimeline, mergeSpans, type SimulateRequest, simulateManifests, timelineJson } from './simulate.ts'
import { timelineSvg } from './timeline-svg.ts'

const at = (text: string) => parseTime(text) ?? instant(Number.NaN)
const manifest = (name: string, schedule: string, namespace = 'default'): string => `
apiVersion: batch/v1
kind: CronJob
metadata: {name: ${JSON.stringify(name)}, namespace: ${namespace}}
spec:
  schedule: '${schedule}'
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}
---
`
const request: SimulateRequest = {
  from: at('2026-01-01T00:00:00Z'),
  to: at('2026-01-01T00:05:00Z'),
  down: [],
  duration: millis(90_000),
  failRate: 0,
  random: { bits: () => 0 },
  options: defaultCronJobOptions,
}

function simulate(yaml: string, changes: Partial<SimulateRequest> = {}) {
  const manifests = parseManifests(yaml, 'file')
  assert.ok(manifests.ok)
  return simulateManifests(manifests.value, { ...request, ...changes }, { exact: false, isTimeZone })
}

function simulated(yaml: string, changes: Partial<SimulateRequest> = {}) {
  const result = simulate(yaml, changes)
  assert.ok(result.ok, result.ok ? '' : result.error)
  return result.value
}

test('the table has its lines in order of time, whichever CronJob they are about', () => {
  const text = [...formatTimeline(simulated(manifest('a', '*/2 * * * *') + manifest('long-name', '*/4 * * * *')))].join(
    '',
  )
  assert.equal(
    text,
    `TIME                   CRONJOB     WHAT            SCHEDULED              JOB                  WHY
2026-01-01T00:02:00Z   a           Started         2026-01-01T00:02:00Z   a-29453762
2026-01-01T00:03:30Z   a           Completed                              a-29453762
2026-01-01T00:04:00Z   long-name   Started         2026-01-01T00:04:00Z   long-name-29453764
2026-01-01T00:04:00Z   a           Started         2026-01-01T00:04:00Z   a-29453764
`,
  )
})

test('CronJobs of the same name are told apart by their namespaces', () => {
  const simulation = simulated(manifest('a', '*/2 * * * *', 'one') + manifest('a', '*/4 * * * *', 'two'))
  assert.deepEqual(
    [...simulation.moments].flat().map(({ cronJob, kind }) => `${cronJob} ${kind}`),
    ['one/a Started', 'one/a Completed', 'two/a Started', 'one/a Started'],
  )
  assert.deepEqual(simulation.names, ['one/a', 'two/a'])
})

test('JSON has one entry for each thing that happens, with the last time of a range', () => {
  const down = [{ from: at('2026-01-01T00:01:00Z'), to: at('2026-01-01T00:04:30Z') }]
  const { entries } = JSON.parse([...timelineJson(simulated(manifest('a', '* * * * *'), { down }))].join(''))
  assert.deepEqual(entries, [
    {
      time: '2026-01-01T00:04:30Z',
      scheduled: '2026-01-01T00:01:00Z',
      last: '2026-01-01T00:03:00Z',
      cronJob: 'a',
      kind: 'Missed',
      text: 'Superseded, up to 2026-01-01T00:03:00Z',
    },
    {
      time: '2026-01-01T00:04:30Z',
      cronJob: 'a',
      kind: 'Event',
      text: 'MissSchedule: Missed scheduled times from 2026-01-01T00:01:00Z to 2026-01-01T00:03:00Z: of all that were due only the newest, 2026-01-01T00:04:00Z, is started',
    },
    {
      time: '2026-01-01T00:04:30Z',
      scheduled: '2026-01-01T00:04:00Z',
      cronJob: 'a',
      kind: 'Started',
      job: 'a-29453764',
    },
  ])
})

test('JSON of nothing is an empty list', () => {
  const text = [...timelineJson(simulated(manifest('a', '0 0 1 2 *')))].join('')
  assert.deepEqual(JSON.parse(text), { entries: [] })
})

describe('what cannot be simulated is refused by name', () => {
  const cases = [
    { name: 'no CronJob at all', yaml: '', error: /hold no CronJob/ },
    { name: 'another kind', yaml: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n', error: /takes CronJobs/ },
    {
      name: 'a CronJob that is there twice',
      yaml: manifest('a', '1 * * * *') + manifest('a', '2 * * * *'),
      error: /CronJob default\/a is there twice: leave one of them out/,
    },
    { name: 'a schedule that is none', yaml: manifest('a', '99 * * * *'), error: /spec.schedule: .*end of range/ },
  ]
  for (const { name, yaml, error } of cases) {
    test(name, () => {
      const result = simulate(yaml)
      assert.match(result.ok ? 'accepted' : result.error, error)
    })
  }
})

describe('downtimes', () => {
  const span = (from: number, to: number) => ({ from: instant(from), to: instant(to) })
  const cases = [
    { name: 'that overlap are one', given: [span(5, 9), span(1, 6)], merged: [span(1, 9)] },
    { name: 'that lie in another are part of it', given: [span(1, 9), span(2, 3)], merged: [span(1, 9)] },
    { name: 'that touch are one', given: [span(1, 2), span(2, 3)], merged: [span(1, 3)] },
    { name: 'apart from each other stay so', given: [span(4, 5), span(1, 2)], merged: [span(1, 2), span(4, 5)] },
  ]
  for (const { name, given, merged } of cases) test(name, () => assert.deepEqual(mergeSpans(given), merged))
})

describe('the picture', () => {
  const svg = (yaml: string, changes: Partial<SimulateRequest> = {}): string =>
    timelineSvg(simulated(yaml, changes), { ...request, ...changes })
  test('has a bar for each Job, from its start to its end', () => {
    const text = svg(manifest('a', '*/2 * * * *'))
    assert.match(text, /<title>1 run, 2026-01-01T00:02:00Z to 2026-01-01T00:03:30Z<\/title>/)
    assert.match(text, /<title>1 run, 2026-01-01T00:04:00Z to 2026-01-01T00:05:00Z<\/title>/)
  })
  test('shows downtimes, and times that were missed in them', () => {
    const down = [{ from: at('2026-01-01T00:01:00Z'), to: at('2026-01-01T00:04:30Z') }]
    const text = svg(manifest('a', '* * * * *'), { down })
    assert.match(text, /<title>down from 2026-01-01T00:01:00Z to 2026-01-01T00:04:30Z<\/title>/)
    assert.match(text, /<title>missed 2026-01-01T00:01:00Z to 2026-01-01T00:03:00Z: Superseded/)
  })
  test('stays small over a month of a minutely CronJob', () => {
    const to = at('2026-02-01T00:00:00Z')
    const text = svg(manifest('a', '* * * * *'), { to })
    assert.ok(text.length < 300_000, `${text.length} bytes`)
    assert.match(text, /<title>\d+ runs, /)
  })
  test('shows a failed Job in another colour', () => {
    assert.match(svg(manifest('a', '*/2 * * * *'), { failRate: 1 }), /fill="#d0453a"><title>1 run, 1 failed/)
  })
})
