/** hostPath volumes: the path itself, once it is of the kind that the pod expects. */
import { closeSync, mkdirSync, openSync, type Stats, statSync } from 'node:fs'
import type { HostPathVolumeSource } from '../../apis/core/index.ts'
import { dictionary, fail, ok, type Result } from '../../base/index.ts'

const kinds = dictionary<readonly [string, (stats: Stats) => boolean]>({
  Directory: ['a directory', (stats) => stats.isDirectory()],
  DirectoryOrCreate: ['a directory', (stats) => stats.isDirectory()],
  File: ['a file', (stats) => stats.isFile()],
  FileOrCreate: ['a file', (stats) => stats.isFile()],
  Socket: ['a socket file', (stats) => stats.isSocket()],
  CharDevice: ['a character device', (stats) => stats.isCharacterDevice()],
  BlockDevice: ['a block device', (stats) => stats.isBlockDevice()],
})

/** @source kubernetes v1.36 pkg/volume/hostpath/host_path.go, checkTypeInternal */
export function hostPath({ path, type = '' }: HostPathVolumeSource): Result<string, string> {
  if (type === 'DirectoryOrCreate') mkdirSync(path, { recursive: true, mode: 0o755 })
  if (type === 'FileOrCreate') closeSync(openSync(path, 'a', 0o644))
  const kind = kinds[type]
  const stats = statSync(path, { throwIfNoEntry: false })
  if (kind !== undefined && (stats === undefined || !kind[1](stats))) {
    return fail(`hostPath type check failed: ${path} is not ${kind[0]}`)
  }
  // Without a type a runtime makes what is missing; here that would be a directory of the host's.
  return stats === undefined
    ? fail(`hostPath ${path} does not exist on this host; create it or set type: DirectoryOrCreate`)
    : ok(path)
}
