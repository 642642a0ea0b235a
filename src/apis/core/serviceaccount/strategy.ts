/**
 * ServiceAccounts.
 *
 * @source kubernetes v1.36 pkg/registry/core/serviceaccount/strategy.go
 */
import { buildStrategy } from '../../generic/index.ts'
import { nameIsDNSSubdomain, validateCoreObjectMeta, validateCoreObjectMetaUpdate } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import { ageColumn, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import { mapShared } from '../podspec/share.ts'
import type { ServiceAccount } from '../types.gen.ts'

/** Secrets are named, no more. */
function keepSecretNames(account: ServiceAccount): ServiceAccount {
  const secrets = mapShared(account.secrets, (secret) =>
    Object.keys(secret).every((key) => key === 'name')
      ? secret
      : secret.name === undefined
        ? {}
        : { name: secret.name },
  )
  return secrets === account.secrets ? account : { ...account, ...(secrets === undefined ? {} : { secrets }) }
}

const enforceAnnotation = 'kubernetes.io/enforce-mountable-secrets'

function warnings(account: ServiceAccount, old: ServiceAccount | undefined): readonly string[] {
  if (account.metadata.annotations?.[enforceAnnotation] === undefined) return []
  if (old?.metadata.annotations?.[enforceAnnotation] !== undefined) return []
  const text = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets'
  return [`metadata.annotations[${enforceAnnotation}]: ${text}`]
}

export const serviceAccountStrategy: Strategy<ServiceAccount> = buildStrategy<ServiceAccount>({
  type: 'core.v1.ServiceAccount',
  namespaced: true,
  prepareForCreate: keepSecretNames,
  warningsOnCreate: (account) => warnings(account, undefined),
  prepareForUpdate: keepSecretNames,
  validateUpdate: ({ metadata }, old) => [
    ...validateCoreObjectMetaUpdate(metadata, old.metadata),
    ...validateCoreObjectMeta(metadata, true, nameIsDNSSubdomain),
  ],
  warningsOnUpdate: warnings,
  table: tableOf([nameColumn, ageColumn], ({ metadata }, now) => [
    metadata.name ?? '',
    humanDuration(metadata.creationTimestamp, now),
  ]),
  deletion: { returnsObject: true },
})
