import type { AppArmorProfile } from '../types.gen.ts'

/**
 * The profile that an old annotation stands for; nothing for texts that stand for none.
 *
 * @source kubernetes v1.36 pkg/api/pod/util.go, ApparmorFieldForAnnotation
 */
export function appArmorOfAnnotation(text: string): AppArmorProfile | undefined {
  if (text === 'unconfined') return { type: 'Unconfined' }
  if (text === 'runtime/default') return { type: 'RuntimeDefault' }
  const localhost = 'localhost/'
  if (!text.startsWith(localhost) || text.length === localhost.length) return undefined
  return { type: 'Localhost', localhostProfile: text.slice(localhost.length) }
}

export const sameProfile = (a: AppArmorProfile | undefined, b: AppArmorProfile | undefined): boolean =>
  a?.type === b?.type && a?.localhostProfile === b?.localhostProfile
