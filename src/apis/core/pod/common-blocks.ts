/**
 * Which runs of lines two texts have in common: the longest run, then the longest ones before and after it, and so on.
 *
 * Not the smallest difference, but the one that upstream prints.
 *
 * @source go-difflib and Python's difflib (facts: first of equally long runs; in a text of 200 lines or more, a line
 * that makes up more than a hundredth of it starts no run)
 */

/** `size` lines that stand from `a` in the one text and from `b` in the other. */
export type Block = { readonly a: number; readonly b: number; readonly size: number }
type Range = { readonly a: readonly [number, number]; readonly b: readonly [number, number] }

const manyLines = 200

export function commonBlocks(a: readonly string[], b: readonly string[]): readonly Block[] {
  const places = placesOf(b)
  const blocks: Block[] = []
  const search = (range: Range): void => {
    const block = longestRun(a, b, range, places)
    if (block.size === 0) return
    search({ a: [range.a[0], block.a], b: [range.b[0], block.b] })
    blocks.push(block)
    search({ a: [block.a + block.size, range.a[1]], b: [block.b + block.size, range.b[1]] })
  }
  search({ a: [0, a.length], b: [0, b.length] })
  return blocks
}

/** Where each line stands; in long texts without those that are everywhere. */
function placesOf(lines: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>()
  lines.forEach((line, index) => {
    const list = places.get(line)
    if (list === undefined) places.set(line, [index])
    else list.push(index)
  })
  if (lines.length < manyLines) return places
  const most = Math.floor(lines.length / 100) + 1
  return new Map([...places].filter(([, { length }]) => length <= most))
}

function longestRun(
  a: readonly string[],
  b: readonly string[],
  range: Range,
  places: ReadonlyMap<string, readonly number[]>,
): Block {
  let best: Block = { a: range.a[0], b: range.b[0], size: 0 }
  let ending = new Map<number, number>()
  for (let i = range.a[0]; i < range.a[1]; i++) {
    const next = new Map<number, number>()
    for (const j of places.get(a[i] as string) ?? []) {
      if (j < range.b[0] || j >= range.b[1]) continue
      const size = (ending.get(j - 1) ?? 0) + 1
      next.set(j, size)
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size }
    }
    ending = next
  }
  return widened(a, b, range, best)
}

/** Lines that start no run may still belong to one. */
function widened(a: readonly string[], b: readonly string[], range: Range, found: Block): Block {
  let block = found
  while (block.a > range.a[0] && block.b > range.b[0] && a[block.a - 1] === b[block.b - 1]) {
    block = { a: block.a - 1, b: block.b - 1, size: block.size + 1 }
  }
  let { size } = block
  while (block.a + size < range.a[1] && block.b + size < range.b[1] && a[block.a + size] === b[block.b + size]) size++
  return { ...block, size }
}
