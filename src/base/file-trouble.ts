/** What the operating system says of files, and what that means to people. */

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** Whether the operating system refused something, with a file or a connection: no defect, but to be told in words. */
export const isFileTrouble = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && 'syscall' in error && typeof codeOf(error) === 'string'

/** Why a file cannot be used, in words, without the call and the path that Node adds. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  if (code === 'ENOENT') return 'there is no such file or directory'
  if (code === 'EISDIR') return 'it is a directory'
  if (code === 'EROFS') return 'the disk is read-only'
  // The kernel has one word for a disk and for the number of watches of a user.
  if (code === 'ENOSPC' && error instanceof Error && 'syscall' in error && error.syscall === 'watch') {
    return 'more watches than the sysctl fs.inotify.max_user_watches permits'
  }
  if (code === 'ENOSPC') return 'the disk is full'
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'a file is in the way'
  const text = error instanceof Error ? error.message : String(error)
  return /^[A-Z0-9]+: ([^,]+), \w+/.exec(text)?.[1] ?? text
}
