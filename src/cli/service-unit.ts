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

/** Of `Environment=`: specifiers only, variables are not looked at there. */
const unitVariable = (name: string, value: string): string =>
  `"${`${name}=${value}`.replaceAll('%', '%%').replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`

/** Powers that neither jobd nor the pods of one machine need. Mount and PID namespaces, users and groups they do. */
const hardening = `# Pods inherit all this. What is not here would break them: private mounts hide their files, filters of namespaces
# keep them from having their own, and write-protected memory keeps Node.js from starting.
CapabilityBoundingSet=~CAP_SYS_MODULE CAP_SYS_BOOT CAP_SYS_RAWIO CAP_SYS_TIME CAP_MAC_ADMIN CAP_MAC_OVERRIDE CAP_SYSLOG CAP_WAKE_ALARM CAP_BPF CAP_PERFMON
LockPersonality=yes
RestrictRealtime=yes
KeyringMode=private
`

export function unitText({ scope, executable, node, dataDirectory, listen, flags }: ServiceRequest): string {
  const words = [executable, 'up', '--data-dir', dataDirectory, '--listen', listen, ...flags]
  return `${unitMark}
[Unit]
Description=jobd, Kubernetes Jobs and CronJobs without a cluster
Documentation=man:jobd(1)
${scope === 'system' ? 'After=network.target local-fs.target\n' : ''}StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=${words.map(unitWord).join(' ')}
${node === undefined ? '' : `Environment=${unitVariable('JOBD_NODE', node)}\n`}Restart=always
RestartSec=2
TimeoutStopSec=30
# Only jobd itself is stopped: pods run on, and the next start finds them.
KillMode=process
SendSIGHUP=no
# Control groups below ours are ours to make: they enforce the limits of pods. A pod that runs out of memory is a pod's matter.
Delegate=yes
OOMPolicy=continue
TasksMax=infinity
LimitNOFILE=524288
${scope === 'system' ? hardening : ''}
[Install]
WantedBy=${scope === 'system' ? 'multi-user.target' : 'default.target'}
`
}
