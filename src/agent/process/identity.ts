/** Who a container runs as. Only root can give its processes to another user. */
import type { ContainerConfig, Security } from '../runtime/index.ts'
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
  const ownGroups = new Set([own.gid, ...(process.getgroups?.() ?? [])])
  const isMember = (runAs.groups ?? []).every((group) => ownGroups.has(group))
  if (isSame && isMember) return undefined
  if (!tools.isRoot && isSame) {
    return 'supplementalGroups and fsGroup other than the groups of jobd itself need jobd to run as root'
  }
  if (!tools.isRoot) {
    return `runAsUser and runAsGroup other than those of jobd itself (${own.uid}:${own.gid}) need jobd to run as root`
  }
  return tools.setpriv === undefined
    ? 'runAsUser, runAsGroup and groups need setpriv in PATH (package util-linux)'
    : undefined
}

/** The words that make a program the user that its container asks for, with no more rights than that leaves it. */
export function identityWords({ runAs, root, security }: ContainerConfig, tools: HostTools): readonly string[] {
  const { isRoot, setpriv } = tools
  if (setpriv === undefined) return []
  const words = [...(isRoot ? userWords(runAs, root) : []), ...rightsWords(security, root, isRoot)]
  return words.length === 0 ? [] : [setpriv, ...words]
}

function userWords(runAs: RunAs, root: string | undefined): readonly string[] {
  const { uid, gid, groups = [] } = runAs ?? {}
  if (uid === undefined && gid === undefined && groups.length === 0) return []
  const group = gid ?? (uid === undefined ? undefined : 0)
  return [
    // Only root may enter another root, and becomes the user as it does.
    ...(uid === undefined || root !== undefined ? [] : ['--reuid', String(uid)]),
    ...(group === undefined ? [] : ['--regid', String(group)]),
    ...(groups.length === 0 ? ['--clear-groups'] : ['--groups', groups.join(',')]),
  ]
}

/** What it takes to enter a root and to become another user there; without privileges to gain, no way to get more. */
const TO_ENTER = ['+sys_chroot', '+setuid']

/** A program of root has what is left in the bounding set; one of anybody else has nothing. */
function rightsWords(security: Security | undefined, root: string | undefined, isRoot: boolean): readonly string[] {
  if (security === undefined || security.privileged) return []
  const { noNewPrivileges, addCapabilities, dropCapabilities } = security
  const isAll = dropCapabilities.some((name) => name === 'ALL')
  const kept = addCapabilities.map((name) => `+${plainName(name)}`)
  const dropped = dropCapabilities.map((name) => `-${plainName(name)}`)
  const bounds = isAll ? ['-all', ...kept, ...(root === undefined ? [] : TO_ENTER)] : dropped
  return [
    ...(noNewPrivileges ? ['--no-new-privs'] : []),
    ...(isRoot && bounds.length > 0 ? [`--bounding-set=${[...new Set(bounds)].join(',')}`] : []),
  ]
}

/** `CAP_NET_RAW` and `NET_RAW` are the same. */
const plainName = (name: string): string => name.toLowerCase().replace(/^cap_/, '')

/** In the order of their numbers. @source linux include/uapi/linux/capability.h */
const NUMBERED =
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore'.split(
    ' ',
  )
const CAPABILITIES = new Set(['all', ...NUMBERED])

/** A bounding set as setpriv takes it. @param mask in hexadecimal, as in `/proc/<pid>/status` */
export function boundingSet(mask: string): string {
  const bits = BigInt(`0x${mask}`)
  const kept = NUMBERED.filter((_, number) => ((bits >> BigInt(number)) & 1n) === 1n)
  return ['-all', ...kept.map((name) => `+${name}`)].join(',')
}

/** Why a container cannot have the rights that it asks for, or asks to be without; undefined when it can. */
export function rightsRefusal(security: Security | undefined, tools: HostTools): string | undefined {
  if (security === undefined) return undefined
  const { privileged, addCapabilities, dropCapabilities, noNewPrivileges } = security
  const unknown = [...addCapabilities, ...dropCapabilities].find((name) => !CAPABILITIES.has(plainName(name)))
  if (unknown !== undefined) return `unknown capability "${unknown}" in securityContext.capabilities`
  if (!tools.isRoot && privileged) return 'privileged needs jobd to run as root'
  if (!tools.isRoot && addCapabilities.length > 0) {
    return `capabilities.add (${addCapabilities.join(', ')}) needs jobd to run as root`
  }
  if (tools.setpriv !== undefined) return undefined
  return noNewPrivileges || dropCapabilities.length > 0
    ? 'allowPrivilegeEscalation: false and capabilities.drop need setpriv in PATH (package util-linux)'
    : undefined
}
