/** Watches what pods keep in volumes whose size is limited. */
import { lstat, readdir } from 'node:fs/promises'
import { formatQuantity } from '../apimachinery/index.ts'
import { byteCount, type Pod, quantityOf } from '../apis/core/index.ts'
import { millis, type Timers } from '../base/index.ts'

/** @source kubernetes v1.36 pkg/kubelet/kubelet.go, evictionMonitoringPeriod */
const PERIOD = millis(10_000)

type Limited = { readonly volume: string; readonly path: string; readonly bytes: number; readonly limit: string }

/**
 * Looks every ten seconds how much is in the limited volumes of a pod, until one of them holds too much or the answer is
 * called. Undefined for a pod without such volumes.
 *
 * @param onExceeded is told why the pod has to go
 * @source kubernetes v1.36 pkg/kubelet/eviction/eviction_manager.go, emptyDirLimitEviction (facts: the words)
 */
export function watchEmptyDirs(
  timers: Timers,
  { pod, volumes }: { readonly pod: Pod; readonly volumes: ReadonlyMap<string, string> },
  onExceeded: (message: string) => void,
): (() => void) | undefined {
  const limited = limitedOf(pod, volumes)
  if (limited.length === 0) return undefined
  const state = { isStopped: false, cancel: () => {} }
  const look = async (): Promise<void> => {
    for (const { volume, path, bytes, limit } of limited) {
      const isOver = (await usageOf(path, bytes)) > bytes
      if (state.isStopped) return
      if (isOver) return onExceeded(`Usage of EmptyDir volume "${volume}" exceeds the limit "${limit}". `)
    }
    state.cancel = timers.after(PERIOD, () => void look())
  }
  state.cancel = timers.after(PERIOD, () => void look())
  return () => {
    state.isStopped = true
    state.cancel()
  }
}

function limitedOf({ spec }: Pod, volumes: ReadonlyMap<string, string>): readonly Limited[] {
  return (spec.volumes ?? []).flatMap(({ name, emptyDir }) => {
    const path = volumes.get(name)
    const bytes = byteCount(emptyDir?.sizeLimit)
    if (path === undefined || bytes <= 0) return []
    return [{ volume: name, path, bytes, limit: formatQuantity(quantityOf(emptyDir?.sizeLimit)) }]
  })
}

/** What the files below a directory take on the disk; no more than it needs to know that it is too much. */
export async function usageOf(path: string, enough: number): Promise<number> {
  let used = 0
  const waiting = [path]
  // A file with several names counts once.
  const seen = new Set<number>()
  for (let place = waiting.pop(); place !== undefined && used <= enough; place = waiting.pop()) {
    // What is removed while it is looked at takes nothing.
    const stats = await lstat(place).catch(() => undefined)
    if (stats === undefined || seen.has(stats.ino)) continue
    if (stats.nlink > 1 && !stats.isDirectory()) seen.add(stats.ino)
    used += stats.isDirectory() ? 0 : stats.blocks * 512
    if (!stats.isDirectory()) continue
    const names = await readdir(place).catch(() => [])
    for (const name of names) waiting.push(`${place}/${name}`)
  }
  return used
}
