/** Who a container runs as. Only root can give its processes to another user. */
import type { ContainerConfig } from '../runtime/index.ts'
import type { HostTools } from './tools.ts'

type RunAs = ContainerConfig['runAs']

/** Why a container cannot run as who it asks for; undefined when it can. */
export function identityRefusal(runAs: RunAs, tools: HostTools): string | undefined {
  if (runAs === undefined) return undefined
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const uid = runAs.uid ?? own.uid
  if (runAs.nonRoot === true && uid === 0) {
    return runAs.uid === undefined
      ? 'container has runAsNonRoot and jobd runs as root: set runAsUser, or run jobd as another user'
      : "container's runAsUser breaks non-root policy"
  }
  const isSame = uid === own.uid && (runAs.gid ?? own.gid) === own.gid
  if (isSame) return undefined
  if (!tools.isRoot) {
    return `runAsUser and runAsGroup other than those of jobd itself (${own.uid}:${own.gid}) need jobd to run as root`
  }
  return tools.setpriv === undefined ? 'runAsUser and runAsGroup need setpriv in PATH (package util-linux)' : undefined
}

/** The words that make a program the user that its container asks for. */
export function identityWords({ runAs, root }: ContainerConfig, { isRoot, setpriv }: HostTools): readonly string[] {
  if (runAs === undefined || !isRoot || setpriv === undefined) return []
  const { uid, gid, groups = [] } = runAs
  if (uid === undefined && gid === undefined && groups.length === 0) return []
  const group = gid ?? (uid === undefined ? undefined : 0)
  return [
    setpriv,
    // Only root may enter another root, and becomes the user as it does.
    ...(uid === undefined || root !== undefined ? [] : ['--reuid', String(uid)]),
    ...(group === undefined ? [] : ['--regid', String(group)]),
    ...(groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')]),
  ]
}
