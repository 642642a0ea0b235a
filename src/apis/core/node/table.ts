/** @source kubernetes v1.36 pkg/printers/internalversion/printers.go, printNode (facts: columns, texts) */
import type { Column, TableDefinition } from '../../strategy.ts'
import { ageColumn, column, humanDuration, nameColumn, tableOf } from '../../table/index.ts'
import type { Node } from '../types.gen.ts'

const wide = { priority: 1 }
const columns: readonly Column[] = [
  nameColumn,
  column('Status', 'string', 'Whether the node can run pods.'),
  column('Roles', 'string', 'What the node is for, from its labels.'),
  ageColumn,
  column('Version', 'string', 'The version of the node agent.'),
  column('Internal-IP', 'string', 'The address within the cluster.', wide),
  column('External-IP', 'string', 'The address from outside.', wide),
  column('OS-Image', 'string', 'The operating system.', wide),
  column('Kernel-Version', 'string', 'The version of the kernel, and the machine.', wide),
  column('Container-Runtime', 'string', 'What runs the containers.', wide),
]

const rolePrefix = 'node-role.kubernetes.io/'

function roles({ metadata }: Node): string {
  const names = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix)) return [key.slice(rolePrefix.length)]
    return key === 'kubernetes.io/role' ? [value] : []
  })
  const sorted = [...new Set(names.filter((name) => name !== ''))].sort()
  return sorted.length === 0 ? '<none>' : sorted.join(',')
}

function statusText({ spec, status }: Node): string {
  const ready = status?.conditions?.findLast(({ type }) => type === 'Ready')
  const text = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
  return spec?.unschedulable === true ? `${text},SchedulingDisabled` : text
}

export const nodeTable: TableDefinition<Node> = tableOf(columns, (node, now) => {
  const { metadata, status } = node
  const info = status?.nodeInfo
  const address = (kind: string): string => status?.addresses?.find(({ type }) => type === kind)?.address ?? '<none>'
  const kernel = info?.kernelVersion || '<unknown>'
  return [
    metadata.name ?? '',
    statusText(node),
    roles(node),
    humanDuration(metadata.creationTimestamp, now),
    info?.kubeletVersion ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    info?.osImage || '<unknown>',
    info?.architecture ? `${kernel} (${info.architecture})` : kernel,
    info?.containerRuntimeVersion || '<unknown>',
  ]
})
