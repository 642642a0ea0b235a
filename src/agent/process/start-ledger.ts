/**
 * What is about to start, on the disk before it does. Claims are not synced, and a power cut may take them: what stands here
 * and left nothing else may have run, and does not start a second time.
 */
import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Log } from '../../base/index.ts'
import { readIfThere } from './run-files.ts'

export type StartLedger = {
  /** Fulfilled once the disk has it, or refuses: a start does not fail for that. Many at once are synced once. */
  readonly note: (stem: string) => Promise<void>
  /** Whether it was about to start when the machine was up the last time, or before. */
  readonly isOfEarlierBoot: (stem: string) => boolean
  readonly close: () => Promise<void>
}

export type StartLedgerOptions = {
  readonly path: string
  /** Names this boot. */
  readonly boot: string
  /** The stems that still matter when the file has grown to `most` bytes and is made anew. */
  readonly known: () => readonly string[]
  readonly log: Log
  readonly most?: number | undefined
}

/** Some twenty thousand starts. */
const MOST = 1024 * 1024

type Noted = { readonly stem: string; readonly resolve: () => void }

/** The lines are stems; those after `boot ID` are of that boot. */
export function openStartLedger(options: StartLedgerOptions): StartLedger {
  const { path, boot, log } = options
  const header = `boot ${boot}\n`
  const text = readIfThere(path) ?? ''
  const begin = text.indexOf(header)
  const earlier = new Set((begin === -1 ? text : text.slice(0, begin)).split('\n'))
  const state = { size: text.length, pending: [] as Noted[], begin: begin === -1 ? header : '' }
  let file: FileHandle | undefined
  let flushing: Promise<void> | undefined
  const flush = async (): Promise<void> => {
    while (state.pending.length > 0) {
      const batch = state.pending
      state.pending = []
      try {
        if (state.size > (options.most ?? MOST)) {
          await file?.close()
          file = undefined
          await renew(options, header)
          state.size = 0
        }
        file ??= await openSynced(path)
        const lines = `${state.begin}${batch.map(({ stem }) => `${stem}\n`).join('')}`
        await file.appendFile(lines)
        await file.datasync()
        state.begin = ''
        state.size += lines.length
      } catch (error) {
        // Half a line may be there: the next begins on one of its own.
        state.begin = `\n${header}`
        log.warn('a start could not be noted on the disk', { because: String(error) })
      }
      for (const { resolve } of batch) resolve()
    }
    flushing = undefined
  }
  return {
    note: (stem) =>
      new Promise((resolve) => {
        state.pending.push({ stem, resolve })
        flushing ??= flush()
      }),
    isOfEarlierBoot: (stem) => earlier.has(stem),
    close: async () => {
      await flushing
      await file?.close()
    },
  }
}

/** With its name, and those of the directories that were made for it. */
async function openSynced(path: string): Promise<FileHandle> {
  const file = await open(path, 'a', 0o600)
  for (let place = dirname(path), up = 0; up < 3; place = dirname(place), up++) {
    const directory = await open(place, 'r')
    await directory.sync()
    await directory.close()
  }
  return file
}

async function renew({ path, known }: StartLedgerOptions, header: string): Promise<void> {
  const next = await open(`${path}.next`, 'w', 0o600)
  await next.writeFile(`${header}${known().join('\n')}\n`)
  await next.sync()
  await next.close()
  await rename(`${path}.next`, path)
}
