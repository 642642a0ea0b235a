/** Counters and histograms as plain numbers; whoever serves `/metrics` reads them. */

export type MetricFamily = {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly samples: () => readonly MetricSample[]
}

export type MetricSample = {
  /** In the order of the family's `labels`. */
  readonly labels: readonly string[]
  /** The sum of observations for histograms. */
  readonly value: number
  /** Histograms: how many observations were at most each bound, and all. */
  readonly buckets?: readonly { readonly bound: number; readonly count: number }[] | undefined
  readonly count?: number | undefined
}

export type Counter = MetricFamily & { readonly add: (labels: readonly string[], amount?: number) => void }
export type Histogram = MetricFamily & { readonly observe: (labels: readonly string[], value: number) => void }

const keyOfLabels = (labels: readonly string[]): string => labels.join('\n')

export function createCounter(name: string, help: string, labels: readonly string[] = []): Counter {
  const values = new Map<string, { readonly labels: readonly string[]; value: number }>()
  return {
    name,
    help,
    labels,
    kind: 'counter',
    samples: () => [...values.values()].map((sample) => ({ ...sample })),
    add(given, amount = 1) {
      const key = keyOfLabels(given)
      const there = values.get(key)
      if (there === undefined) values.set(key, { labels: given, value: amount })
      else there.value += amount
    },
  }
}

export function createGauge(name: string, help: string, read: () => number): MetricFamily {
  return { name, help, labels: [], kind: 'gauge', samples: () => [{ labels: [], value: read() }] }
}

type HistogramState = { readonly labels: readonly string[]; sum: number; count: number; readonly counts: number[] }

/** `bounds` ascend; the last, infinite one is implied. */
export function createHistogram(
  name: string,
  help: string,
  labels: readonly string[],
  bounds: readonly number[],
): Histogram {
  const states = new Map<string, HistogramState>()
  return {
    name,
    help,
    labels,
    kind: 'histogram',
    samples: () => [...states.values()].map((state) => sampleOf(state, bounds)),
    observe(given, value) {
      const key = keyOfLabels(given)
      let state = states.get(key)
      if (state === undefined) {
        state = { labels: given, sum: 0, count: 0, counts: bounds.map(() => 0) }
        states.set(key, state)
      }
      state.sum += value
      state.count++
      const at = bounds.findIndex((bound) => value <= bound)
      if (at >= 0) state.counts[at] = (state.counts[at] ?? 0) + 1
    },
  }
}

function sampleOf({ labels, sum, count, counts }: HistogramState, bounds: readonly number[]): MetricSample {
  let running = 0
  const buckets = bounds.map((bound, i) => {
    running += counts[i] ?? 0
    return { bound, count: running }
  })
  return { labels, value: sum, count, buckets }
}

const escaped = (text: string): string =>
  text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))

function labelText(names: readonly string[], values: readonly string[], bound?: string): string {
  const parts = names.map((name, i) => `${name}="${escaped(values[i] ?? '')}"`)
  if (bound !== undefined) parts.push(`le="${bound}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

/** All families in Prometheus' text format, those without samples left out. */
export function formatMetrics(families: readonly MetricFamily[]): string {
  return families.map(formatFamily).join('')
}

function formatFamily({ name, help, kind, labels, samples }: MetricFamily): string {
  const lines = samples().flatMap((sample) => formatSample(name, labels, sample))
  return lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${lines.join('\n')}\n`
}

function formatSample(name: string, names: readonly string[], sample: MetricSample): readonly string[] {
  const { labels, value, buckets, count } = sample
  if (buckets === undefined) return [`${name}${labelText(names, labels)} ${value}`]
  return [
    ...buckets.map((bucket) => `${name}_bucket${labelText(names, labels, String(bucket.bound))} ${bucket.count}`),
    `${name}_bucket${labelText(names, labels, '+Inf')} ${count ?? 0}`,
    `${name}_sum${labelText(names, labels)} ${value}`,
    `${name}_count${labelText(names, labels)} ${count ?? 0}`,
  ]
}
