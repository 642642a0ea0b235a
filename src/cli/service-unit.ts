/** The systemd unit that runs jobd as a service, of the machine or of one user. */

export type ServiceRequest = {
  readonly scope: 'system' | 'user'
  /** An absolute path. */
  readonly executable: string
  /** The Node that it is to use; what it finds by itself when absent. */
  readonly node?: string | undefined
  readonly dataDirectory: string
  readonly listen: string
  /** More flags of `jobd up`. */
  readonly flags: readonly string[]
}

/** The first line of every unit that we wrote, and may therefore replace or remove. */
export const unitMark = '# Made by jobd service install.'

/** A word of ExecStart: no specifier, no variable, one word whatever it holds. */
export function unitWord(text: string): string {
  const inert = text.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(inert) ? inert : `"${inert.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`
}

/** Of lines other than commands: specifiers only, variables are not looked at there. */
const quoted = (value: string): string =>
  `"${value.replaceAll('%', '%%').replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`

/** Powers that neither jobd nor the pods of one machine need. Mount and PID namespaces, users and groups they do. */
const hardening = `# Pods inherit all this. What is not here would break them: private mounts hide their files, filters of namespaces
# keep them from having their own, and write-protected memory keeps Node.js from starting.
CapabilityBoundingSet=~CAP_SYS_MODULE CAP_SYS_BOOT CAP_SYS_RAWIO CAP_SYS_TIME CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_SYSLOG CAP_WAKE_ALARM CAP_BPF CAP_PERFMON
LockPersonality=yes
RestrictRealtime=yes
KeyringMode=private
`

/** What only the manager of the machine orders: schedules need the right time, and data may lie on a disk of its own. */
const orderOfSystem = (dataDirectory: string): string => `After=network.target local-fs.target time-sync.target
RequiresMountsFor=${quoted(dataDirectory)}
`

export function unitText({ scope, executable, node, dataDirectory, listen, flags }: ServiceRequest): string {
  const words = [executable, 'up', '--data-dir', dataDirectory, '--listen', listen, ...flags]
  const isSystem = scope === 'system'
  return `${unitMark}
[Unit]
Description=jobd, Kubernetes Jobs and CronJobs without a cluster
Documentation=man:jobd(1)
${isSystem ? orderOfSystem(dataDirectory) : ''}StartLimitIntervalSec=0

[Service]
# 'systemctl start' and 'restart' come back when the API answers, or have failed. A big database may take its time.
Type=notify
# It speaks by systemd-notify, which only root can have speak for another process.
NotifyAccess=${isSystem ? 'main' : 'all'}
TimeoutStartSec=infinity
${isSystem ? "# Gives pods root's HOME, USER and LOGNAME.\nUser=root\n" : ''}ExecStart=${words.map(unitWord).join(' ')}
${node === undefined ? '' : `Environment=${quoted(`JOBD_NODE=${node}`)}\n`}Restart=always
RestartSec=2
# Wrong flags, which do not mend themselves.
RestartPreventExitStatus=2
TimeoutStopSec=30
# Only jobd itself is stopped: pods run on, and the next start finds them.
KillMode=process
SendSIGHUP=no
# Control groups below ours are ours to make: they enforce the limits of pods. A pod that runs out of memory is a pod's matter.
Delegate=yes
OOMPolicy=continue
TasksMax=infinity
LimitNOFILE=524288
${isSystem ? hardening : ''}
[Install]
WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}
`
}
