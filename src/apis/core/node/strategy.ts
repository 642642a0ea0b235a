/**
 * Nodes.
 *
 * @source kubernetes v1.36 pkg/registry/core/node/strategy.go
 */
import { buildStrategy, keepFields } from '../../generic/index.ts'
import { nameIsDNSSubdomain, validateCoreObjectMeta } from '../../meta/index.ts'
import type { Strategy, WriteContext } from '../../strategy.ts'
import { without } from '../podspec/share.ts'
import { roundedList } from '../resources/rounding.ts'
import type { Node, NodeSpec } from '../types.gen.ts'
import { nodeTable } from './table.ts'
import { withTaintTimes } from './taint-times.ts'
import { validateNode, validateNodeUpdate } from './validation.ts'

/** What a node can hold is what it has, unless it says less. */
function defaultNode(node: Node): Node {
  const spec = pairedRanges(node.spec)
  const capacity = roundedList(node.status?.capacity)
  const empty = Object.keys(node.status?.capacity ?? {}).length === 0
  const allocatable = roundedList(node.status?.allocatable) ?? (empty ? undefined : capacity)
  if (spec === node.spec && capacity === node.status?.capacity && allocatable === node.status?.allocatable) return node
  return {
    ...node,
    spec,
    status: {
      ...node.status,
      ...(capacity === undefined ? {} : { capacity }),
      ...(allocatable === undefined ? {} : { allocatable }),
    },
  }
}

/** `podCIDR` is the first of `podCIDRs`; where they differ, `podCIDR` is right. */
function pairedRanges(spec: NodeSpec): NodeSpec {
  const first = spec?.podCIDRs?.[0]
  if (!spec?.podCIDR) return first ? { ...spec, podCIDR: first } : spec
  return spec.podCIDR === first ? spec : { ...spec, podCIDRs: [spec.podCIDR] }
}

function prepareForCreate(given: Node, { now, options }: WriteContext): Node {
  const node = options.exact ? given : withTaintTimes(given, undefined, now)
  const spec = node.spec?.configSource === undefined ? node.spec : without(node.spec, 'configSource')
  const status = node.status?.config === undefined ? node.status : without(node.status, 'config')
  return spec === node.spec && status === node.status ? node : { ...node, spec, status }
}

function prepareForUpdate(given: Node, old: Node, { now, options }: WriteContext): Node {
  const node = options.exact ? given : withTaintTimes(given, old, now)
  const kept = keepFields(node, old, 'status')
  if (kept.spec?.configSource === undefined || old.spec?.configSource !== undefined) return kept
  return { ...kept, spec: without(kept.spec, 'configSource') }
}

function warnings({ spec }: Node): readonly string[] {
  const list: string[] = []
  if (spec?.configSource !== undefined) {
    list.push('spec.configSource: the feature is removed')
  }
  if (spec?.externalID) list.push('spec.externalID: this field is deprecated, and is unused by Kubernetes')
  return list
}

export const nodeStrategy: Strategy<Node> = buildStrategy<Node>({
  type: 'core.v1.Node',
  namespaced: false,
  defaults: defaultNode,
  prepareForCreate,
  validateCreate: (node) => validateNode(node),
  warningsOnCreate: warnings,
  prepareForUpdate,
  validateUpdate: (node, old) => [
    ...validateCoreObjectMeta(node.metadata, false, nameIsDNSSubdomain),
    ...validateNode(node),
    ...validateNodeUpdate(node, old),
  ],
  warningsOnUpdate: warnings,
  resetFields: [['status']],
  subresources: {
    status: {
      prepareForUpdate: (node, old) => {
        const kept = keepFields(node, old, 'spec')
        const drops = kept.status?.config !== undefined && old.status?.config === undefined
        return drops ? { ...kept, status: without(kept.status, 'config') } : kept
      },
      validateUpdate: validateNodeUpdate,
      resetFields: [['spec']],
    },
  },
  table: nodeTable,
  fields: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable === true) },
  unknownField: (label) => `field label not supported: ${label}`,
})
