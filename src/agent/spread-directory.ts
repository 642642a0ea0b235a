/**
 * Directories in which others come and go fast, on ext4. It does not use an inode again that was freed in the last minutes,
 * and looks for one in the block group of the directory, one by one from its beginning: after some thousand pods each new
 * file costs a millisecond of processor time. A directory marked as the top of a hierarchy has those in it spread over all
 * groups, where few have just been freed.
 *
 * @source linux fs/ext4/ialloc.c, find_group_orlov, recently_deleted; chattr(1), attribute T
 */
import { execFile } from 'node:child_process'
import { statfsSync } from 'node:fs'

const EXT4 = 0xef53

/**
 * Has the subdirectories spread that will be made in a directory. Fulfilled when the file system was told, or cannot be, as
 * without `chattr` of e2fsprogs: it is only slower then.
 */
export function spreadDirectory(path: string): Promise<void> {
  if (statfsSync(path).type !== EXT4) return Promise.resolve()
  return new Promise((resolve) => execFile('chattr', ['+T', path], () => resolve()))
}
