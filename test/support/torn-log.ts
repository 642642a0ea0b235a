/** SQLite's log as a power cut may leave it: with a part of the transaction that was being written. */
import type { SeededRandom } from '../sim/seeded-random.ts'

const SECTOR = 512
const LOG_HEADER = 32
const FRAME_HEADER = 24

export type TornLog = { readonly log: Buffer; readonly kept: number; readonly lost: number }

/**
 * The log `synced` with any sectors of the first transaction that `later` has beyond it. A later one is begun only when that
 * was synced, so nothing of it can be there.
 */
export function tornLog(synced: Buffer, later: Buffer, random: SeededRandom): TornLog {
  const frame = FRAME_HEADER + later.readUInt32BE(8)
  const first = firstDifference(synced, later)
  const begin = first < LOG_HEADER ? 0 : first - ((first - LOG_HEADER) % frame)
  const log = Buffer.concat([synced, Buffer.alloc(Math.max(0, later.length - synced.length))])
  const counts = { kept: 0, lost: 0 }
  let length = synced.length
  const end = endOfTransaction(later, Math.max(begin, LOG_HEADER), frame)
  for (let at = begin - (begin % SECTOR); at < end; at += SECTOR) {
    const [from, to] = [Math.max(at, begin), Math.min(at + SECTOR, end)]
    const sector = later.subarray(from, to)
    if (sector.equals(synced.subarray(from, to))) continue
    if (random.chance(0.5)) {
      sector.copy(log, from)
      length = Math.max(length, to)
      counts.kept++
    } else counts.lost++
  }
  return { log: log.subarray(0, length), ...counts }
}

function firstDifference(one: Buffer, other: Buffer): number {
  for (let at = 0; at < other.length; at++) if (one[at] !== other[at]) return at
  return other.length
}

/** A frame's second word is the size of the database after it, in the last frame of a transaction alone; else zero. */
function endOfTransaction(log: Buffer, from: number, frame: number): number {
  for (let at = from; at + frame <= log.length; at += frame) if (log.readUInt32BE(at + 4) !== 0) return at + frame
  return log.length
}
