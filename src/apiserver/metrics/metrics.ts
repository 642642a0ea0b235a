/**
 * Counts of what the server does, cheap to keep; turned into Prometheus' text only when somebody asks.
 * The library for metrics of the process is loaded with the first question.
 */

/** One more series that somebody else keeps: read when asked for. */
export type Gauge = {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly read: () => readonly Sample[]
}
export type Sample = { readonly labels: Labels; readonly value: number }
export type Labels = Readonly<Record<string, string>>

export type RequestLabels = {
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly code: number
}

export type Metrics = {
  readonly request: (labels: RequestLabels, seconds: number, longRunning: boolean) => void
  readonly add: (gauge: Gauge) => void
  /** All series in Prometheus' text format. */
  readonly text: () => Promise<string>
}

const bounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
/** More series than this are not opened: names in URLs come from outside. */
const maxSeries = 5000

type Histogram = { readonly labels: Labels; readonly counts: Uint32Array; sum: number; count: number }
type Counter = { readonly labels: Labels; value: number }

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))

function labelText(labels: Labels, more?: string): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  if (more !== undefined) parts.push(more)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

const head = (name: string, help: string, type: string): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`

function series(name: string, help: string, type: string, samples: Iterable<Sample>): string {
  let out = head(name, help, type)
  for (const { labels, value } of samples) out += `${name}${labelText(labels)} ${value}\n`
  return out
}

function histogramText(name: string, help: string, histograms: Iterable<Histogram>): string {
  let out = head(name, help, 'histogram')
  for (const { labels, counts, sum, count } of histograms) {
    let total = 0
    for (const [i, bound] of bounds.entries()) {
      total += counts[i] as number
      out += `${name}_bucket${labelText(labels, `le="${bound}"`)} ${total}\n`
    }
    out += `${name}_bucket${labelText(labels, 'le="+Inf"')} ${count}\n`
    out += `${name}_sum${labelText(labels)} ${sum}\n${name}_count${labelText(labels)} ${count}\n`
  }
  return out
}

/**
 * Metrics of the process itself. The collectors watch garbage collections from the first call on and are kept: each set
 * of them costs memory for good.
 */
function newProcessText(): () => Promise<string> {
  let registry: Promise<{ readonly metrics: () => Promise<string> }> | undefined
  const make = async () => {
    // By its default: the library is CommonJS, whose names a bundle does not know when it is loaded late.
    const { collectDefaultMetrics, Registry } = (await import('prom-client')).default
    const made = new Registry()
    // Looked at ten times a second, not a hundred: an idle server stays idle.
    collectDefaultMetrics({ register: made, eventLoopMonitoringPrecision: 100 })
    return made
  }
  return async () => {
    registry ??= make()
    return (await registry).metrics()
  }
}

export function newMetrics(): Metrics {
  const requests = new Map<string, Counter>()
  const durations = new Map<string, Histogram>()
  const gauges: Gauge[] = []
  const processText = newProcessText()

  const count = (table: Map<string, Counter>, key: string, change: number, labels: () => Labels): void => {
    let counter = table.get(key)
    if (counter === undefined) {
      if (table.size >= maxSeries) return
      counter = { labels: labels(), value: 0 }
      table.set(key, counter)
    }
    counter.value += change
  }
  const observe = (key: string, seconds: number, labels: () => Labels): void => {
    let histogram = durations.get(key)
    if (histogram === undefined) {
      if (durations.size >= maxSeries) return
      histogram = { labels: labels(), counts: new Uint32Array(bounds.length), sum: 0, count: 0 }
      durations.set(key, histogram)
    }
    const place = bounds.findIndex((bound) => seconds <= bound)
    if (place >= 0) (histogram.counts[place] as number) += 1
    histogram.sum += seconds
    histogram.count += 1
  }
  return {
    request({ verb, group, version, resource, subresource, code }, seconds, longRunning) {
      const key = `${verb} ${group} ${version} ${resource} ${subresource}`
      const what = (): Labels => ({ verb: verb.toUpperCase(), group, version, resource, subresource })
      count(requests, `${key} ${code}`, 1, () => ({ ...what(), code: String(code) }))
      if (!longRunning) observe(key, seconds, what)
    },
    add: (gauge) => void gauges.push(gauge),
    async text() {
      const own =
        series(
          'apiserver_request_total',
          'Requests, by what they asked for and how they ended.',
          'counter',
          requests.values(),
        ) +
        histogramText(
          'apiserver_request_duration_seconds',
          'How long requests took, watches and streams left out.',
          durations.values(),
        )
      const added = gauges.map(({ name, help, type, read }) => series(name, help, type, read()))
      return own + added.join('') + (await processText())
    },
  }
}
