/** Volumes that belong to a group: `fsGroup`. */
import { chmod, lchown, lstat, readdir } from 'node:fs/promises'

export type Ownership = {
  readonly group: number
  /** The program may not write there. */
  readonly readOnly: boolean
  /** Nothing is done below a directory that is as it should be. */
  readonly isRootEnough: boolean
}

/**
 * Gives a volume to a group, the directory itself last. What is removed meanwhile needs no owner.
 *
 * @source kubernetes v1.36 pkg/volume/volume_linux.go, changeFilePermission and requiresPermissionChange
 */
export async function giveToGroup(path: string, { group, readOnly, isRootEnough }: Ownership): Promise<void> {
  const top = await lstat(path)
  const rights = readOnly ? 0o440 : 0o660
  const ofDirectory = rights | 0o2110
  if (isRootEnough && top.gid === group && (top.mode & ofDirectory) === ofDirectory) return
  const found = [path]
  // The list grows while it is gone through: parents stand before what is in them.
  for (const place of found) {
    const isDirectory = (await lstat(place).catch(() => undefined))?.isDirectory() === true
    const names = isDirectory ? await readdir(place).catch(() => []) : []
    for (const name of names) found.push(`${place}/${name}`)
  }
  for (const place of found.reverse()) {
    const stats = await lstat(place).catch(() => undefined)
    if (stats === undefined) continue
    await lchown(place, stats.uid, group)
    // Links have no rights of their own.
    if (!stats.isSymbolicLink())
      await chmod(place, (stats.mode & 0o7777) | (stats.isDirectory() ? ofDirectory : rights))
  }
}
