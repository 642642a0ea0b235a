/** Which version of the Engine API is spoken: the highest that both sides know. */

/** The newest whose changes have been looked through. */
const NEWEST = '1.51'
/** What engines speak that do not say: long before any that is still in use. */
const UNSAID = '1.24'

/** @param offered the header `Api-Version` of the engine's `/_ping` */
export function apiVersion(offered: string | readonly string[] | undefined): string {
  const version = typeof offered === 'string' && /^\d+\.\d+$/.test(offered) ? offered : UNSAID
  return isNewer(version, NEWEST) ? NEWEST : version
}

export function isNewer(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major !== otherMajor ? major > otherMajor : minor > otherMinor
}
