/** What this host lets the process runtime do, for people who ask before they start it. */
import { closeCgroups, openCgroups } from './cgroups.ts'
import { detectTools } from './tools.ts'

export type HostAbilities = {
  /** Controllers whose limits the kernel would enforce: `memory`, `cpu`, `pids`; empty where groups may not be made. */
  readonly controllers: readonly string[]
  /** Why pods get no PID and mount namespaces of their own; undefined where they do. */
  readonly namespacesMissing: string | undefined
  /** Programs that are not there and without which something is not done. */
  readonly missingPrograms: readonly string[]
}

/** Tries, as the runtime does when it starts, and leaves nothing behind. Throws where there is no shell. */
export async function hostAbilities(path: string): Promise<HostAbilities> {
  const tools = await detectTools({ path, namespaces: 'auto' })
  const cgroups = openCgroups(`jobd-doctor-${process.pid}`)
  if (cgroups !== undefined) closeCgroups(cgroups)
  const optional = ['setsid', 'setpriv', 'mount', 'nsenter', 'script'] as const
  return {
    controllers: Object.keys(cgroups?.parents ?? {}),
    namespacesMissing: tools.namespacesMissing,
    missingPrograms: optional.filter((name) => tools[name] === undefined),
  }
}
