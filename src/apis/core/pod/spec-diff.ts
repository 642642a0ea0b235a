/**
 * What changed between two structures, as a text for people: the lines of their JSON with what went and what came.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/diff (facts: unified form, three lines of context)
 */

import { goEscaped } from '../../../apimachinery/index.ts'
import { internalForm } from '../podspec/internal-form.ts'
import { commonBlocks } from './common-blocks.ts'

const context = 3

type Line = { readonly mark: ' ' | '-' | '+'; readonly text: string }

/** A unified difference of `old` and `now` in upstream's form of `struct`, without file names. */
export function specDifference(struct: string, old: object, now: object): string {
  return unifiedDifference(linesOf(internalForm(struct, old)), linesOf(internalForm(struct, now)))
}

const linesOf = (value: unknown): readonly string[] => goEscaped(JSON.stringify(value, undefined, 1)).split('\n')

/** The lines of both texts in one list: what both have once, what went before what came. */
function merged(a: readonly string[], b: readonly string[]): readonly Line[] {
  const lines: Line[] = []
  let i = 0
  let j = 0
  for (const block of [...commonBlocks(a, b), { a: a.length, b: b.length, size: 0 }]) {
    for (; i < block.a; i++) lines.push({ mark: '-', text: a[i] as string })
    for (; j < block.b; j++) lines.push({ mark: '+', text: b[j] as string })
    for (; i < block.a + block.size; i++, j++) lines.push({ mark: ' ', text: a[i] as string })
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
