/**
 * Names and addresses that a pod knows.
 *
 * @source kubernetes v1.36 pkg/apis/core/validation/validation.go, validatePodDNSConfig, ValidateHostAliases,
 * validatePodHostName
 */
import { type FieldError, forbiddenField, invalid, required, tooLong } from '../../../apimachinery/index.ts'
import { byteLength, isDNS1123SubdomainWithUnderscore, validateIP } from '../../meta/index.ts'
import type { HostAlias, PodDNSConfig, PodSpec } from '../types.gen.ts'
import { addInvalid, validateSubdomain } from './formats.ts'

export function validateDNSConfig(
  config: PodDNSConfig | undefined,
  policy: string | undefined,
  path: string,
  errors: FieldError[],
): void {
  if (policy === 'None') {
    if (config === undefined) {
      errors.push(required(path, 'must provide `dnsConfig` when `dnsPolicy` is None'))
      return
    }
    if ((config.nameservers ?? []).length === 0) {
      const text = 'must provide at least one DNS nameserver when `dnsPolicy` is None'
      errors.push(required(`${path}.nameservers`, text))
      return
    }
  }
  if (config === undefined) return
  const { nameservers = [], searches = [], options = [] } = config
  if (nameservers.length > 3) {
    errors.push(invalid(`${path}.nameservers`, nameservers, 'must not have more than 3 nameservers'))
  }
  nameservers.forEach((address, index) => {
    errors.push(...validateIP(address, `${path}.nameservers[${index}]`))
  })
  if (searches.length > 32) {
    errors.push(invalid(`${path}.searches`, searches, 'must not have more than 32 search paths'))
  }
  if (byteLength(searches.join(' ')) > 2048) {
    const text = 'must not have more than 2048 characters (including spaces) in the search list'
    errors.push(invalid(`${path}.searches`, searches, text))
  }
  searches.forEach((search, index) => {
    if (search === '.') return
    const name = search.endsWith('.') ? search.slice(0, -1) : search
    addInvalid(errors, `${path}.searches[${index}]`, name, isDNS1123SubdomainWithUnderscore(name))
  })
  options.forEach(({ name }, index) => {
    if (!name) errors.push(required(`${path}.options[${index}]`, 'must not be empty'))
  })
}

export function validateHostAliases(
  aliases: readonly HostAlias[] | undefined,
  path: string,
  errors: FieldError[],
): void {
  aliases?.forEach(({ ip = '', hostnames = [] }, index) => {
    errors.push(...validateIP(ip, `${path}[${index}].ip`))
    hostnames.forEach((name, at) => {
      validateSubdomain(name, `${path}[${index}].hostnames[${at}]`, errors)
    })
  })
}

export function validateHostnameOverride(spec: PodSpec, path: string, errors: FieldError[]): void {
  const name = spec.hostnameOverride
  if (name === undefined) return
  const field = `${path}.hostnameOverride`
  if (spec.setHostnameAsFQDN === true) {
    errors.push(forbiddenField(field, 'may not be specified when setHostnameAsFQDN is true'))
  }
  if (spec.hostNetwork === true) {
    errors.push(forbiddenField(field, 'may not be specified when hostNetwork is true'))
  }
  if (byteLength(name) > 64) errors.push(tooLong(field, 64))
  validateSubdomain(name, field, errors)
}
