/** The last word of a program that has ended. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import type { Container, Pod } from '../apis/core/index.ts'
import type { Exit } from './runtime/index.ts'

/** Bytes for all containers of a pod together, and for one. */
const POD_LIMIT = 12 * 1024
const CONTAINER_LIMIT = 4096
const LOG_LIMIT = { bytes: 2048, lines: 80 }

export type MessageFiles = { readonly messagePath: string; readonly logPath: string }

/**
 * What the program wrote to its termination message file, or with `FallbackToLogsOnError` the end of the log of one that
 * failed without a word; undefined when there is neither.
 *
 * @source kubernetes v1.36 pkg/kubelet/kuberuntime/kuberuntime_container.go, getTerminationMessage
 */
export function terminationMessage(
  { pod, container, exit }: { readonly pod: Pod; readonly container: Container; readonly exit: Exit },
  { messagePath, logPath }: MessageFiles,
): string | undefined {
  const count = pod.spec.containers.length + (pod.spec.initContainers ?? []).length
  const limit = Math.min(CONTAINER_LIMIT, Math.floor(POD_LIMIT / count))
  const message = partOf(messagePath, 'first', limit)
  if (message !== '') return message
  if (container.terminationMessagePolicy !== 'FallbackToLogsOnError' || exit.exitCode === 0) return undefined
  const tail = partOf(logPath, 'last', LOG_LIMIT.bytes)
  const lines = tail.split('\n')
  const keep = tail.endsWith('\n') ? LOG_LIMIT.lines + 1 : LOG_LIMIT.lines
  return tail === '' ? undefined : lines.slice(-keep).join('\n')
}

/** The first or last bytes of a file; empty when there is none. */
function partOf(path: string, which: 'first' | 'last', limit: number): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || stats.size === 0 || !stats.isFile()) return ''
  const file = openSync(path, 'r')
  const bytes = Buffer.alloc(Math.min(limit, stats.size))
  const count = readSync(file, bytes, 0, bytes.length, which === 'first' ? 0 : stats.size - bytes.length)
  closeSync(file)
  return bytes.toString('utf8', 0, count)
}
