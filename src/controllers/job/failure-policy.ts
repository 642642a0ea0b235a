/**
 * What a failed pod means by the rules of `spec.podFailurePolicy`.
 *
 * @source kubernetes v1.36 pkg/controller/job/pod_failure_policy.go
 */
import type {
  PodFailurePolicy,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
} from '../../apis/batch/index.ts'
import type { ContainerStatus, Pod } from '../../apis/core/index.ts'
import { isFailed } from './pod.ts'

export type FailureAction = 'FailJob' | 'FailIndex' | 'Ignore' | 'Count'
/** `message` says why a rule with FailJob matched; `action` is undefined when no rule matched. */
export type FailureJudgement = {
  readonly counts: boolean
  readonly action?: FailureAction | undefined
  readonly message?: string | undefined
}

const counted: FailureJudgement = { counts: true }

/** The first matching rule decides; rules look only at pods in phase Failed. Without a policy every failure counts. */
export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureJudgement {
  if (policy === undefined || !isFailed(pod)) return counted
  for (const [i, rule] of policy.rules.entries()) {
    if (!isAction(rule.action)) continue
    const why = matched(rule, pod)
    if (why === undefined) continue
    return {
      counts: rule.action !== 'Ignore',
      action: rule.action,
      ...(rule.action === 'FailJob' ? { message: `${why} matching FailJob rule at index ${i}` } : {}),
    }
  }
  return counted
}

const isAction = (text: string): text is FailureAction =>
  text === 'FailJob' || text === 'FailIndex' || text === 'Ignore' || text === 'Count'

function matched(rule: PodFailurePolicy['rules'][number], pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`
  if (rule.onExitCodes !== undefined) {
    const { onExitCodes } = rule
    const container =
      matchingContainer(pod.status.containerStatuses, onExitCodes) ??
      matchingContainer(pod.status.initContainerStatuses, onExitCodes)
    const code = container?.state.terminated?.exitCode
    return container && `Container ${container.name} for pod ${name} failed with exit code ${code}`
  }
  const condition = matchingCondition(pod, rule.onPodConditions ?? [])
  return condition === undefined ? undefined : `Pod ${name} has condition ${condition}`
}

function matchingContainer(
  statuses: readonly ContainerStatus[] | undefined,
  { containerName, operator, values }: PodFailurePolicyOnExitCodesRequirement,
): ContainerStatus | undefined {
  return statuses?.find(({ name, state }) => {
    const code = state?.terminated?.exitCode
    if (code === undefined || code === 0) return false
    if (containerName !== undefined && containerName !== name) return false
    if (operator === 'In') return values.includes(code)
    return operator === 'NotIn' && !values.includes(code)
  })
}

function matchingCondition(pod: Pod, patterns: readonly PodFailurePolicyOnPodConditionsPattern[]): string | undefined {
  for (const { type, status } of pod.status.conditions ?? []) {
    if (patterns.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status)) return type
  }
  return undefined
}
