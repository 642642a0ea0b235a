/** What the kernel tells of a control group whose processes wanted to be more than they may. */

/** How often another process was refused, by what stands in `pids.events`; 0 for a text that does not tell. */
export const refusalsIn = (events: string): number => Number(/^max (\d+)$/m.exec(events)?.[1] ?? 0)

/** What the pod is told; the limit is left out where it is not known. */
export const refusedText = (times: number, limit: number | undefined): string =>
  `the container may have ${limit ?? 'so many'} processes and threads at once and has reached that: another was refused ${times} times (--pod-pids-limit)`
