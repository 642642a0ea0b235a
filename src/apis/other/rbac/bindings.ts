/**
 * Role bindings and cluster role bindings.
 *
 * @source kubernetes v1.36 pkg/registry/rbac/{rolebinding,clusterrolebinding}/strategy.go; pkg/apis/rbac/v1/defaults.go
 */
import type { KubeObject } from '../../../apimachinery/index.ts'
import { buildStrategy } from '../../generic/index.ts'
import { validateCoreObjectMeta, validateCoreObjectMetaUpdate } from '../../meta/index.ts'
import type { Column, Strategy, TableDefinition } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import type { ClusterRoleBinding, RoleBinding, RoleRef, Subject } from '../types.gen.ts'
import { rbacGroup, rbacName, validateBindingParts, validateRoleRefUpdate } from './validation.ts'

type AnyBinding = KubeObject & { readonly roleRef: RoleRef; readonly subjects?: readonly Subject[] | undefined }

function defaultSubject(subject: Subject): Subject {
  const grouped = subject.kind === 'User' || subject.kind === 'Group'
  return grouped && !subject.apiGroup ? { ...subject, apiGroup: rbacGroup } : subject
}

function defaultBinding<T extends AnyBinding>(binding: T): T {
  const subjects = binding.subjects?.map(defaultSubject)
  const changes = subjects?.some((subject, index) => subject !== binding.subjects?.[index]) === true
  if (binding.roleRef?.apiGroup && !changes) return binding
  return {
    ...binding,
    roleRef: { ...binding.roleRef, apiGroup: binding.roleRef?.apiGroup || rbacGroup },
    ...(changes ? { subjects } : {}),
  }
}

const wide = { priority: 1 }
const columns: readonly Column[] = [
  nameColumn,
  column('Role', 'string', 'The role that is given.'),
  ageColumn,
  column('Users', 'string', 'The users who have it.', wide),
  column('Groups', 'string', 'The groups that have it.', wide),
  column('ServiceAccounts', 'string', 'The accounts of pods that have it.', wide),
]

const table: TableDefinition<AnyBinding> = tableOf(columns, ({ metadata, roleRef, subjects = [] }, now) => {
  const names = (kind: string, text: (subject: Subject) => string): string =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map(text)
      .join(', ')
  return [
    metadata.name ?? '',
    `${roleRef.kind}/${roleRef.name}`,
    humanDuration(metadata.creationTimestamp, now),
    names('User', ({ name }) => name),
    names('Group', ({ name }) => name),
    names('ServiceAccount', ({ namespace = '', name }) => `${namespace}/${name}`),
  ]
})

function bindingStrategyOf<T extends AnyBinding>(type: string, namespaced: boolean): Strategy<T> {
  return buildStrategy<T>({
    type,
    namespaced,
    nameRule: rbacName,
    defaults: defaultBinding,
    validateCreate: ({ roleRef, subjects }) => validateBindingParts(roleRef, subjects, namespaced),
    validateUpdate: ({ metadata, roleRef, subjects }, old) => [
      ...validateCoreObjectMeta(metadata, namespaced, rbacName),
      ...validateBindingParts(roleRef, subjects, namespaced),
      ...validateCoreObjectMetaUpdate(metadata, old.metadata),
      ...validateRoleRefUpdate(roleRef, old.roleRef),
    ],
    allowCreateOnUpdate: true,
    table,
  })
}

export const roleBindingStrategy: Strategy<RoleBinding> = bindingStrategyOf<RoleBinding>('rbac.v1.RoleBinding', true)
export const clusterRoleBindingStrategy: Strategy<ClusterRoleBinding> = bindingStrategyOf<ClusterRoleBinding>(
  'rbac.v1.ClusterRoleBinding',
  false,
)
