/**
 * A disk with a cache that a power cut empties. All that it is told goes into a log (`blklogwrites` of QEMU, which writes the
 * format of Linux' dm-log-writes); after the cut it has what a flush followed, and any sectors of what came later.
 */
import { execFileSync } from 'node:child_process'
import { closeSync, copyFileSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from '../sim/seeded-random.ts'

export type Cut = { readonly flushes: number; readonly kept: number; readonly lost: number }

export type VolatileDisk = {
  /** The words of QEMU's command line, for a machine that starts with what the disk has. */
  readonly attach: () => readonly string[]
  /** Once the machine is dead: what it wrote since it started counts as a power cut leaves it. */
  readonly cut: (random: SeededRandom) => Cut
}

const SECTOR = 512
const FLUSH = 1n
const FORCED = 2n
const DISCARD = 4n

export function makeDisk(directory: string): VolatileDisk {
  const [base, data, log] = ['disk.base', 'disk.data', 'disk.log'].map((name) => join(directory, name))
  if (base === undefined || data === undefined || log === undefined) throw new Error('three files')
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-E', 'lazy_itable_init=0,lazy_journal_init=0', base, '192M'])
  return {
    attach() {
      copyFileSync(base, data)
      writeFileSync(log, '')
      return [
        ...['-blockdev', `driver=file,node-name=below,filename=${data}`],
        ...['-blockdev', `driver=file,node-name=log,filename=${log}`],
        ...['-blockdev', `driver=blklogwrites,node-name=disk,file=below,log=log,log-sector-size=${SECTOR}`],
        // Not one that takes forced writes (FUA): QEMU 7.2 forgets that they are, and the log would not know of it.
        ...['-device', 'virtio-blk-pci,drive=disk'],
      ]
    },
    cut: (random) => replay(base, entriesOf(readFileSync(log)), random),
  }
}

type Entry = { readonly sector: number; readonly flags: bigint; readonly bytes: Buffer }

/** A block with what is written and where, then what is written; the first block tells of the log. */
function entriesOf(log: Buffer): readonly Entry[] {
  const entries: Entry[] = []
  for (let at = SECTOR; at + SECTOR <= log.length; ) {
    const [sector, count, flags] = [0, 8, 16].map((offset) => log.readBigUInt64LE(at + offset))
    if (sector === undefined || count === undefined || flags === undefined) break
    // The kill came while the log was written.
    if (count === 0n && flags === 0n) break
    const size = (flags & DISCARD) === 0n ? Number(count) * SECTOR : 0
    const end = at + SECTOR + size
    if (end > log.length) break
    entries.push({ sector: Number(sector), flags, bytes: log.subarray(at + SECTOR, end) })
    at = end
  }
  return entries
}

function replay(base: string, entries: readonly Entry[], random: SeededRandom): Cut {
  const flushed = entries.findLastIndex(({ flags }) => (flags & FLUSH) !== 0n)
  const file = openSync(base, 'r+')
  const count = { kept: 0, lost: 0 }
  for (const [index, { sector, flags, bytes }] of entries.entries()) {
    if (index <= flushed || (flags & FORCED) !== 0n) {
      writeSync(file, bytes, 0, bytes.length, sector * SECTOR)
      continue
    }
    const chance = random.between(0, 100) / 100
    for (let at = 0; at < bytes.length; at += SECTOR) {
      const isKept = random.chance(chance)
      if (isKept) writeSync(file, bytes, at, SECTOR, sector * SECTOR + at)
      count[isKept ? 'kept' : 'lost']++
    }
  }
  closeSync(file)
  return { flushes: entries.filter(({ flags }) => (flags & FLUSH) !== 0n).length, ...count }
}
