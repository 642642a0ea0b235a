import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCounter, createHistogram, formatMetrics } from './metrics.ts'

test('counters and histograms in Prometheus text', () => {
  const counter = createCounter('things_total', 'Things.', ['kind'])
  const histogram = createHistogram('wait_seconds', 'Waiting.', [], [1, 2])
  assert.equal(formatMetrics([counter, histogram]), '', 'nothing was counted')
  counter.add(['a"b'])
  counter.add(['a"b'], 2)
  for (const value of [0.5, 1, 5]) histogram.observe([], value)
  assert.equal(
    formatMetrics([counter, histogram]),
    [
      '# HELP things_total Things.',
      '# TYPE things_total counter',
      'things_total{kind="a\\"b"} 3',
      '# HELP wait_seconds Waiting.',
      '# TYPE wait_seconds histogram',
      'wait_seconds_bucket{le="1"} 2',
      'wait_seconds_bucket{le="2"} 2',
      'wait_seconds_bucket{le="+Inf"} 3',
      'wait_seconds_sum 6.5',
      'wait_seconds_count 3',
      '',
    ].join('\n'),
  )
})
