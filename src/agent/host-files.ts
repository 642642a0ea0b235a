/** Work with files of the host, which fails as the host pleases: no room, no rights, something in the way. */
import { chmod, readdir, rm } from 'node:fs/promises'
import { isFileTrouble } from '../base/index.ts'

/** The outcome of some work, or what is made of the reason for which the host refused it. Other failures are bugs. */
export async function unlessRefused<T, U>(work: () => Promise<T>, refused: (because: string) => U): Promise<T | U> {
  try {
    return await work()
  } catch (error) {
    if (!isFileTrouble(error)) throw error
    return refused(error.message)
  }
}

/** Removes a directory with all that programs have left in it, also where they have taken their own rights to it. */
export async function removeTree(path: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 }
  try {
    await rm(path, options)
  } catch (error) {
    if (!isFileTrouble(error) || error.code !== 'EACCES') throw error
    await openUp(path)
    await rm(path, options)
  }
}

async function openUp(path: string): Promise<void> {
  await chmod(path, 0o700)
  const entries = await readdir(path, { withFileTypes: true })
  for (const entry of entries) if (entry.isDirectory()) await openUp(`${path}/${entry.name}`)
}
