/**
 * Pods for Windows, and what only Windows or only Linux has.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validateWindows, validateLinux,
 * validateWindowsSecurityContextOptions, validateWindowsHostProcessPod
 */
import { type FieldError, forbiddenField, invalid } from '../../../apimachinery/index.ts'
import { byteLength, isDNS1123Subdomain } from '../../meta/index.ts'
import type { PodSpec, WindowsSecurityContextOptions } from '../types.gen.ts'
import { addInvalid } from './formats.ts'
import { visitContainers } from './visit.ts'

const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const dnsPart = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const dnsDomain = new RegExp(`^${dnsPart}(?:\\.${dnsPart})*$`)
const forbiddenUserChars = /["/\\:;|=,+*?<>@[\]]/

export function validateWindowsOptions(
  options: WindowsSecurityContextOptions | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (options === undefined) return
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName: user } = options
  if (specName !== undefined)
    addInvalid(errors, `${path}.gmsaCredentialSpecName`, specName, isDNS1123Subdomain(specName))
  if (spec === '') {
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec cannot be an empty string'))
  } else if (spec !== undefined && byteLength(spec) > 64 * 1024) {
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec size must be under 64 KiB'))
  }
  if (user !== undefined) addInvalid(errors, `${path}.runAsUserName`, user, userNameFaults(user))
}

function userNameFaults(name: string): readonly string[] {
  const parts = name.split('\\')
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (/[\x00-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters']
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const user = parts.at(-1) ?? ''
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined
  const faults: string[] = []
  if (domain !== undefined && byteLength(domain) >= 256) {
    faults.push("runAsUserName's Domain length must be under 256 characters")
  }
  if (domain !== undefined && !netBios.test(domain) && !dnsDomain.test(domain)) {
    faults.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  }
  if (user === '') faults.push("runAsUserName's User cannot be empty")
  else if (byteLength(user) > 104) faults.push("runAsUserName's User length must not be longer than 104 characters")
  if (/^[. ]+$/.test(user)) faults.push("runAsUserName's User cannot contain only periods or spaces")
  if (forbiddenUserChars.test(user)) {
    faults.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  }
  return faults
}

/** Containers that are processes of a Windows host: all of a pod or none, and with the host's network. */
export function validateHostProcesses(spec: PodSpec, path: string, errors: FieldError[]): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  let containers = 0
  let hostProcesses = 0
  visitContainers(spec, path, ({ securityContext }, at) => {
    containers++
    const own = securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const text = `pod hostProcess value must be identical if both are specified, was ${ofPod}`
      errors.push(invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, text))
    }
    if (own ?? ofPod) hostProcesses++
  })
  if (hostProcesses === 0) return
  if (hostProcesses !== containers) {
    const text = 'If pod contains any hostProcess containers then all containers must be HostProcess containers'
    errors.push(invalid(path, '', text))
  }
  if (spec.hostNetwork !== true) {
    const text = 'hostNetwork must be true if pod contains any hostProcess containers'
    errors.push(invalid(`${path}.hostNetwork`, false, text))
  }
}

export function validateLinuxPod(spec: PodSpec, path: string, errors: FieldError[]): void {
  const text = 'windows options cannot be set for a linux pod'
  if (spec.securityContext?.windowsOptions !== undefined) {
    errors.push(forbiddenField(`${path}.securityContext.windowsOptions`, text))
  }
  visitContainers(spec, path, ({ securityContext }, at) => {
    if (securityContext?.windowsOptions === undefined) return
    errors.push(forbiddenField(`${at}.securityContext.windowsOptions`, text))
  })
}

const containerFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

/** What a pod for Windows may not set; upstream looks only where the pod has security settings. */
export function validateWindowsPod(spec: PodSpec, path: string, errors: FieldError[]): void {
  const context = spec.securityContext
  const forbid = (isSet: boolean, field: string): void => {
    if (isSet) errors.push(forbiddenField(field, 'cannot be set for a windows pod'))
  }
  if (context !== undefined) {
    const at = `${path}.securityContext`
    forbid(context.appArmorProfile !== undefined, `${at}.appArmorProfile`)
    forbid(context.seLinuxOptions !== undefined, `${at}.seLinuxOptions`)
    forbid(spec.hostUsers !== undefined, `${path}.hostUsers`)
    forbid(spec.hostPID === true, `${path}.hostPID`)
    forbid(spec.hostIPC === true, `${path}.hostIPC`)
    forbid(context.seccompProfile !== undefined, `${at}.seccompProfile`)
    forbid(context.fsGroup !== undefined, `${at}.fsGroup`)
    forbid(context.fsGroupChangePolicy !== undefined, `${at}.fsGroupChangePolicy`)
    forbid((context.sysctls ?? []).length > 0, `${at}.sysctls`)
    forbid(spec.shareProcessNamespace !== undefined, `${path}.shareProcessNamespace`)
    forbid(context.runAsUser !== undefined, `${at}.runAsUser`)
    forbid(context.runAsGroup !== undefined, `${at}.runAsGroup`)
    forbid(context.supplementalGroups !== undefined, `${at}.supplementalGroups`)
    forbid(context.supplementalGroupsPolicy !== undefined, `${at}.supplementalGroupsPolicy`)
    forbid(context.seLinuxChangePolicy !== undefined, `${at}.seLinuxChangePolicy`)
  }
  visitContainers(spec, path, ({ securityContext }, at) => {
    if (securityContext === undefined) return
    for (const name of containerFields) {
      forbid(securityContext[name] !== undefined, `${at}.securityContext.${name}`)
    }
  })
}
