/**
 * Which GPUs a pod may use: indices out of those that the node was declared to have, the same for as long as the pod is
 * there, over restarts of this agent too. Programs are told of theirs by CUDA_VISIBLE_DEVICES.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Container, Pod } from '../apis/core/index.ts'
import { requestsOf } from './scheduler/index.ts'

/** The one resource whose units programs have to tell apart. */
export const GPU = 'nvidia.com/gpu'

export type Devices = {
  /**
   * The indices for a container, lowest first; empty for one that asks for none. Waits for those of a pod that is on its way
   * out: its room on the node is free a moment before its programs have ended. None for a pod that is released while it waits.
   */
  readonly of: (pod: Pod, container: Container) => Promise<readonly number[]>
  readonly release: (podUid: string) => void
  /** Takes back what pods have that are no more. */
  readonly keep: (podUids: ReadonlySet<string>) => void
}

/** @param path where it is written down who has what */
export function openDevices(path: string, count: number): Devices {
  const taken = readTaken(path)
  const write = (): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, JSON.stringify(Object.fromEntries(taken)), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
  let waiting: { readonly uid: string; readonly wake: (isReleased: boolean) => void }[] = []
  const indicesOf = async (pod: Pod): Promise<readonly number[]> => {
    const uid = pod.metadata.uid ?? ''
    const wanted = Number((requestsOf(pod)[GPU] ?? 0n) / 1000n)
    for (;;) {
      const known = taken.get(uid)
      if (known !== undefined) return known
      const used = new Set([...taken.values()].flat())
      const free = Array.from({ length: count }, (_, index) => index).filter((index) => !used.has(index))
      if (free.length >= wanted) {
        taken.set(uid, free.slice(0, wanted))
        write()
      } else if (await new Promise<boolean>((wake) => waiting.push({ uid, wake }))) return []
    }
  }
  const release = (podUids: readonly string[]): void => {
    const gone = podUids.filter((uid) => taken.delete(uid))
    if (gone.length > 0) write()
    const woken = waiting
    waiting = []
    for (const { uid, wake } of woken) wake(podUids.includes(uid))
  }
  return {
    of: async (pod, container) => {
      const amount = amountOf(container)
      if (amount === 0) return []
      const first = firstOf(pod, container)
      return (await indicesOf(pod)).slice(first, first + amount)
    },
    release: (podUid) => release([podUid]),
    keep: (podUids) => release([...taken.keys()].filter((uid) => !podUids.has(uid))),
  }
}

const amountOf = ({ resources }: Container): number => Number(resources?.limits?.[GPU] ?? 0)

/** Where a container's share begins: what runs before the app containers is over when they start, sidecars are not. */
function firstOf({ spec }: Pod, container: Container): number {
  let first = 0
  for (const one of spec.initContainers ?? []) {
    if (one.name === container.name) return first
    if (one.restartPolicy === 'Always') first += amountOf(one)
  }
  for (const one of spec.containers) {
    if (one.name === container.name) return first
    first += amountOf(one)
  }
  return first
}

function readTaken(path: string): Map<string, readonly number[]> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, readonly number[]>))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
}
