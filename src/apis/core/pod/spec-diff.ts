/**
 * What changed between two structures, as a text for people: the lines of their JSON with what went and what came.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/diff (facts: unified form, three lines of context)
 */

const context = 3

type Line = { readonly mark: ' ' | '-' | '+'; readonly text: string }

/** A unified difference of the JSON of `old` and `now`, without file names. */
export function specDifference(old: unknown, now: unknown): string {
  return unifiedDifference(linesOf(old), linesOf(now))
}

const linesOf = (value: unknown): readonly string[] => JSON.stringify(value, undefined, 1).split('\n')

/** The lines of both texts in one list, found by their longest common sequence between equal ends. */
function merged(a: readonly string[], b: readonly string[]): readonly Line[] {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const same = (text: string): Line => ({ mark: ' ', text })
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ]
}

function middle(a: readonly string[], b: readonly string[]): readonly Line[] {
  const width = b.length + 1
  const lengths = new Uint32Array((a.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] as number
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Line[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ mark: ' ', text: a[i] as string })
      i++
      j++
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: '-', text: a[i] as string })
      i++
    } else {
      lines.push({ mark: '+', text: b[j] as string })
      j++
    }
  }
  return lines
}

function unifiedDifference(a: readonly string[], b: readonly string[]): string {
  const lines = merged(a, b)
  let text = ''
  for (const [from, to] of hunks(lines)) text += hunkText(lines, from, to)
  return text
}

/** Ranges of lines around changes; changes that are near each other share one. */
function hunks(lines: readonly Line[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = []
  lines.forEach(({ mark }, index) => {
    if (mark === ' ') return
    const from = Math.max(0, index - context)
    const to = Math.min(lines.length, index + context + 1)
    const last = ranges.at(-1)
    if (last !== undefined && from <= last[1]) last[1] = to
    else ranges.push([from, to])
  })
  return ranges
}

function hunkText(lines: readonly Line[], from: number, to: number): string {
  const before = (mark: '+' | '-'): number => lines.slice(0, from).filter((line) => line.mark !== mark).length
  const within = (mark: '+' | '-'): number => lines.slice(from, to).filter((line) => line.mark !== mark).length
  const range = (start: number, count: number): string =>
    count === 1 ? `${start + 1}` : `${count === 0 ? start : start + 1},${count}`
  const head = `@@ -${range(before('+'), within('+'))} +${range(before('-'), within('-'))} @@\n`
  return (
    head +
    lines
      .slice(from, to)
      .map(({ mark, text }) => `${mark}${text}\n`)
      .join('')
  )
}
