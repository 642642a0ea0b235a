/**
 * How upstream prints some of its internal structures inside error texts: capital names, every field, null for unset.
 *
 * @source kubernetes v1.36 pkg/apis/core/types.go (facts: names and order of fields)
 */
import type {
  AppArmorProfile,
  SELinuxOptions,
  SeccompProfile,
  SecurityContext,
  WindowsSecurityContextOptions,
} from '../types.gen.ts'

const orNull = <T, R>(value: T | undefined, form: (value: T) => R): R | null =>
  value === undefined ? null : form(value)

const seLinux = ({ user = '', role = '', type = '', level = '' }: SELinuxOptions) => ({
  User: user,
  Role: role,
  Type: type,
  Level: level,
})
const windows = (options: WindowsSecurityContextOptions) => ({
  GMSACredentialSpecName: options.gmsaCredentialSpecName ?? null,
  GMSACredentialSpec: options.gmsaCredentialSpec ?? null,
  RunAsUserName: options.runAsUserName ?? null,
  HostProcess: options.hostProcess ?? null,
})
const profile = ({ type = '', localhostProfile }: SeccompProfile | AppArmorProfile) => ({
  Type: type,
  LocalhostProfile: localhostProfile ?? null,
})

/** A container's security settings as one line of JSON. */
export const securityContextDump = (context: SecurityContext): string =>
  JSON.stringify({
    Capabilities: orNull(context.capabilities, ({ add, drop }) => ({ Add: add ?? null, Drop: drop ?? null })),
    Privileged: context.privileged ?? null,
    SELinuxOptions: orNull(context.seLinuxOptions, seLinux),
    WindowsOptions: orNull(context.windowsOptions, windows),
    RunAsUser: context.runAsUser ?? null,
    RunAsGroup: context.runAsGroup ?? null,
    RunAsNonRoot: context.runAsNonRoot ?? null,
    ReadOnlyRootFilesystem: context.readOnlyRootFilesystem ?? null,
    AllowPrivilegeEscalation: context.allowPrivilegeEscalation ?? null,
    ProcMount: context.procMount ?? null,
    SeccompProfile: orNull(context.seccompProfile, profile),
    AppArmorProfile: orNull(context.appArmorProfile, profile),
  })
