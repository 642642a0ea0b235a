/**
 * Security settings of pods and containers.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, ValidateSecurityContext,
 * validatePodSpecSecurityContext and what they call
 */
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../../apimachinery/index.ts'
import { byteLength, isValidUserID } from '../../meta/index.ts'
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
} from '../types.gen.ts'
import { addInvalid, validateOneOf } from './formats.ts'
import { securityContextDump } from './internal-form.ts'
import type { PodValidationOptions } from './options.ts'
import { validateDescendingPath } from './paths.ts'
import { visitContainers } from './visit.ts'
import { validateWindowsOptions } from './windows.ts'

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function validateId(id: number | undefined, field: string, errors: FieldError[]): void {
  if (id !== undefined) addInvalid(errors, field, id, isValidUserID(id))
}

/** The settings of one container. `hostUsers`: the pod shares the user namespace of the node. */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  path: string,
  hostUsers: boolean,
  errors: FieldError[],
): void {
  if (context === undefined) return
  validateId(context.runAsUser, `${path}.runAsUser`, errors)
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors)
  const { procMount, privileged, capabilities } = context
  if (procMount !== undefined) {
    validateOneOf(procMount, ['Default', 'Unmasked'], `${path}.procMount`, errors)
    if (hostUsers && procMount === 'Unmasked') {
      errors.push(invalid(`${path}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'))
    }
  }
  validateSeccompProfile(context.seccompProfile, `${path}.seccompProfile`, errors)
  if (context.allowPrivilegeEscalation === false) {
    const rule = 'cannot set `allowPrivilegeEscalation` to false and '
    if (privileged === true) errors.push(dumped(path, context, `${rule}\`privileged\` to true`))
    for (const name of capabilities?.add ?? []) {
      if (name === 'CAP_SYS_ADMIN') errors.push(dumped(path, context, `${rule}\`capabilities.Add\` CAP_SYS_ADMIN`))
    }
  }
  validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors)
  validateAppArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`, errors)
}

const dumped = (field: string, context: SecurityContext, text: string): FieldError => ({
  kind: 'Invalid',
  field,
  body: `Invalid value: ${securityContextDump(context)}: ${text}`,
})

export function validateSeccompProfile(profile: SeccompProfile | undefined, path: string, errors: FieldError[]): void {
  if (profile === undefined) return
  const { type, localhostProfile } = profile
  if (!type) errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'))
  else validateOneOf(type, profileTypes, `${path}.type`, errors)
  const field = `${path}.localhostProfile`
  if (type === 'Localhost') {
    if (localhostProfile === undefined) {
      errors.push(required(field, 'must be set when seccomp type is Localhost'))
    } else validateDescendingPath(localhostProfile, field, errors)
  } else if (localhostProfile !== undefined) {
    const dump = { Type: type ?? '', LocalhostProfile: localhostProfile }
    errors.push(invalid(field, dump, 'can only be set when seccomp type is Localhost'))
  }
}

export function validateAppArmorProfile(
  profile: AppArmorProfile | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (profile === undefined) return
  const { type, localhostProfile } = profile
  const field = `${path}.localhostProfile`
  const needed = 'must be set when AppArmor type is Localhost'
  if (!type) errors.push(required(`${path}.type`, 'type is required when appArmorProfile is set'))
  else if (!profileTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, profileTypes))
  else if (type !== 'Localhost') {
    if (localhostProfile !== undefined) {
      errors.push(invalid(field, localhostProfile, 'can only be set when AppArmor type is Localhost'))
    }
  } else if (localhostProfile === undefined) errors.push(required(field, needed))
  else {
    if (localhostProfile.trim() !== localhostProfile) {
      errors.push(invalid(field, localhostProfile, 'must not be padded with whitespace'))
    } else if (localhostProfile === '') errors.push(required(field, needed))
    if (byteLength(localhostProfile) > 4095) errors.push(tooLong(field, 4095))
  }
}

const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const sysctlFormat = `^(${sysctlSegment}[\\./])*${sysctlSegment}$`
const sysctlPattern = new RegExp(sysctlFormat)

const ipcSysctls = /^(kernel[./](shm|msg|sem)|fs[./]mqueue[./])/
const isNetSysctl = (name: string): boolean => /^net[./]/.test(name)

function validateSysctls(sysctls: readonly Sysctl[], spec: PodSpec, path: string, errors: FieldError[]): void {
  const names = new Set<string>()
  sysctls.forEach(({ name }, index) => {
    const field = `${path}[${index}].name`
    if (!name) errors.push(required(field))
    else if (byteLength(name) > 253 || !sysctlPattern.test(name)) {
      errors.push(invalid(field, name, `must have at most 253 characters and match regex ${sysctlFormat}`))
    } else if (names.has(name)) errors.push(duplicate(field, name))
    if (spec.hostNetwork === true && isNetSysctl(name)) {
      errors.push(invalid(field, name, "may not be specified when 'hostNetwork' is true"))
    } else if (spec.hostIPC === true && ipcSysctls.test(name)) {
      errors.push(invalid(field, name, "may not be specified when 'hostIPC' is true"))
    }
    names.add(name)
  })
}

/** The settings of a pod for all its containers. */
export function validatePodSecurityContext(
  context: PodSecurityContext | undefined,
  spec: PodSpec,
  path: string,
  options: PodValidationOptions,
  errors: FieldError[],
): void {
  if (context === undefined) return
  validateId(context.fsGroup, `${path}.fsGroup`, errors)
  validateId(context.runAsUser, `${path}.runAsUser`, errors)
  validateId(context.runAsGroup, `${path}.runAsGroup`, errors)
  context.supplementalGroups?.forEach((group, index) => {
    validateId(group, `${path}.supplementalGroups[${index}]`, errors)
  })
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const text = 'ShareProcessNamespace and HostPID cannot both be enabled'
    errors.push(invalid(`${path}.shareProcessNamespace`, true, text))
  }
  validateSysctls(context.sysctls ?? [], spec, `${path}.sysctls`, errors)
  validateOneOf(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], `${path}.fsGroupChangePolicy`, errors)
  validateSeccompProfile(context.seccompProfile, `${path}.seccompProfile`, errors)
  validateWindowsOptions(context.windowsOptions, `${path}.windowsOptions`, errors)
  validateAppArmorProfile(context.appArmorProfile, `${path}.appArmorProfile`, errors)
  validateOneOf(context.supplementalGroupsPolicy, ['Merge', 'Strict'], `${path}.supplementalGroupsPolicy`, errors)
  const policies = options.allowAnySELinuxChangePolicy === true ? ['MountOption', 'Recursive'] : ['Recursive']
  validateOneOf(context.seLinuxChangePolicy, policies, `${path}.seLinuxChangePolicy`, errors)
}

/** A user namespace of its own does not go with other namespaces of the node. */
export function validateHostUsers(spec: PodSpec, path: string, allowDevices: boolean, errors: FieldError[]): void {
  if (spec.hostUsers !== false) return
  const text = 'when `hostUsers` is false'
  if (spec.hostNetwork === true) errors.push(forbiddenField(`${path}.hostNetwork`, text))
  if (spec.hostPID === true) errors.push(forbiddenField(`${path}.HostPID`, text))
  if (spec.hostIPC === true) errors.push(forbiddenField(`${path}.HostIPC`, text))
  if (allowDevices) return
  visitContainers(spec, path, ({ volumeDevices = [] }, at) => {
    if (volumeDevices.length > 0) errors.push(forbiddenField(`${at}.volumeDevices`, text))
  })
}
