// Written by tools/generate-types.ts from schema.json. Do not edit.
import type { Condition, DeleteOptions, FieldSelectorRequirement, LabelSelector, LabelSelectorRequirement, ListMeta, ObjectMeta } from '../../apimachinery/index.ts'
import type { EventSource, ObjectReference } from '../core/index.ts'

export type BoundObjectReference = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly name?: string | undefined
  readonly uid?: string | undefined
}

export type SelfSubjectReview = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly status: SelfSubjectReviewStatus
}

export type SelfSubjectReviewStatus = {
  readonly userInfo: UserInfo
}

export type TokenRequest = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: TokenRequestSpec
  readonly status: TokenRequestStatus
}

export type TokenRequestSpec = {
  readonly audiences?: readonly string[] | undefined
  readonly boundObjectRef?: BoundObjectReference | undefined
  readonly expirationSeconds?: number | undefined
}

export type TokenRequestStatus = {
  readonly expirationTimestamp?: string | undefined
  readonly token?: string | undefined
}

export type TokenReview = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: TokenReviewSpec
  readonly status: TokenReviewStatus
}

export type TokenReviewSpec = {
  readonly audiences?: readonly string[] | undefined
  readonly token: string
}

export type TokenReviewStatus = {
  readonly audiences?: readonly string[] | undefined
  readonly authenticated?: boolean | undefined
  readonly error?: string | undefined
  readonly user: UserInfo
}

export type UserInfo = {
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined
  readonly groups?: readonly string[] | undefined
  readonly uid?: string | undefined
  readonly username?: string | undefined
}

export type FieldSelectorAttributes = {
  readonly rawSelector?: string | undefined
  readonly requirements?: readonly FieldSelectorRequirement[] | undefined
}

export type LabelSelectorAttributes = {
  readonly rawSelector?: string | undefined
  readonly requirements?: readonly LabelSelectorRequirement[] | undefined
}

export type LocalSubjectAccessReview = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: SubjectAccessReviewSpec
  readonly status: SubjectAccessReviewStatus
}

export type NonResourceAttributes = {
  readonly path?: string | undefined
  readonly verb?: string | undefined
}

export type NonResourceRule = {
  readonly nonResourceURLs?: readonly string[] | undefined
  readonly verbs: readonly string[]
}

export type ResourceAttributes = {
  readonly fieldSelector?: FieldSelectorAttributes | undefined
  readonly group?: string | undefined
  readonly labelSelector?: LabelSelectorAttributes | undefined
  readonly name?: string | undefined
  readonly namespace?: string | undefined
  readonly resource?: string | undefined
  readonly subresource?: string | undefined
  readonly verb?: string | undefined
  readonly version?: string | undefined
}

export type ResourceRule = {
  readonly apiGroups?: readonly string[] | undefined
  readonly resourceNames?: readonly string[] | undefined
  readonly resources?: readonly string[] | undefined
  readonly verbs: readonly string[]
}

export type SelfSubjectAccessReview = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: SelfSubjectAccessReviewSpec
  readonly status: SubjectAccessReviewStatus
}

export type SelfSubjectAccessReviewSpec = {
  readonly nonResourceAttributes?: NonResourceAttributes | undefined
  readonly resourceAttributes?: ResourceAttributes | undefined
}

export type SelfSubjectRulesReview = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: SelfSubjectRulesReviewSpec
  readonly status: SubjectRulesReviewStatus
}

export type SelfSubjectRulesReviewSpec = {
  readonly namespace?: string | undefined
}

export type SubjectAccessReview = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: SubjectAccessReviewSpec
  readonly status: SubjectAccessReviewStatus
}

export type SubjectAccessReviewSpec = {
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined
  readonly groups?: readonly string[] | undefined
  readonly nonResourceAttributes?: NonResourceAttributes | undefined
  readonly resourceAttributes?: ResourceAttributes | undefined
  readonly uid?: string | undefined
  readonly user?: string | undefined
}

export type SubjectAccessReviewStatus = {
  readonly allowed: boolean
  readonly denied?: boolean | undefined
  readonly evaluationError?: string | undefined
  readonly reason?: string | undefined
}

export type SubjectRulesReviewStatus = {
  readonly evaluationError?: string | undefined
  readonly incomplete: boolean
  readonly nonResourceRules: readonly NonResourceRule[]
  readonly resourceRules: readonly ResourceRule[]
}

export type Lease = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: LeaseSpec
}

export type LeaseList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Lease[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type LeaseSpec = {
  readonly acquireTime?: string | undefined
  readonly holderIdentity?: string | undefined
  readonly leaseDurationSeconds?: number | undefined
  readonly leaseTransitions?: number | undefined
  readonly preferredHolder?: string | undefined
  readonly renewTime?: string | undefined
  readonly strategy?: string | undefined
}

export type EventsV1Event = {
  readonly action?: string | undefined
  readonly apiVersion?: string | undefined
  readonly deprecatedCount?: number | undefined
  readonly deprecatedFirstTimestamp?: string | undefined
  readonly deprecatedLastTimestamp?: string | undefined
  readonly deprecatedSource: EventSource
  readonly eventTime: string
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly note?: string | undefined
  readonly reason?: string | undefined
  readonly regarding: ObjectReference
  readonly related?: ObjectReference | undefined
  readonly reportingController?: string | undefined
  readonly reportingInstance?: string | undefined
  readonly series?: EventsV1EventSeries | undefined
  readonly type?: string | undefined
}

export type EventsV1EventList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly EventsV1Event[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type EventsV1EventSeries = {
  readonly count: number
  readonly lastObservedTime: string
}

export type Eviction = {
  readonly apiVersion?: string | undefined
  readonly deleteOptions?: DeleteOptions | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
}

export type PodDisruptionBudget = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: PodDisruptionBudgetSpec
  readonly status: PodDisruptionBudgetStatus
}

export type PodDisruptionBudgetList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly PodDisruptionBudget[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type PodDisruptionBudgetSpec = {
  readonly maxUnavailable?: string | number | undefined
  readonly minAvailable?: string | number | undefined
  readonly selector?: LabelSelector | undefined
  readonly unhealthyPodEvictionPolicy?: string | undefined
}

export type PodDisruptionBudgetStatus = {
  readonly conditions?: readonly Condition[] | undefined
  readonly currentHealthy?: number | undefined
  readonly desiredHealthy?: number | undefined
  readonly disruptedPods?: Readonly<Record<string, string>> | undefined
  readonly disruptionsAllowed?: number | undefined
  readonly expectedPods?: number | undefined
  readonly observedGeneration?: number | undefined
}

export type AggregationRule = {
  readonly clusterRoleSelectors?: readonly LabelSelector[] | undefined
}

export type ClusterRole = {
  readonly aggregationRule?: AggregationRule | undefined
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly rules?: readonly PolicyRule[] | undefined
}

export type ClusterRoleBinding = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[] | undefined
}

export type ClusterRoleBindingList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly ClusterRoleBinding[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type ClusterRoleList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly ClusterRole[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type PolicyRule = {
  readonly apiGroups?: readonly string[] | undefined
  readonly nonResourceURLs?: readonly string[] | undefined
  readonly resourceNames?: readonly string[] | undefined
  readonly resources?: readonly string[] | undefined
  readonly verbs: readonly string[]
}

export type Role = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly rules?: readonly PolicyRule[] | undefined
}

export type RoleBinding = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly roleRef: RoleRef
  readonly subjects?: readonly Subject[] | undefined
}

export type RoleBindingList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly RoleBinding[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type RoleList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Role[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type RoleRef = {
  readonly apiGroup?: string | undefined
  readonly kind: string
  readonly name: string
}

export type Subject = {
  readonly apiGroup?: string | undefined
  readonly kind: string
  readonly name: string
  readonly namespace?: string | undefined
}

export type PriorityClass = {
  readonly apiVersion?: string | undefined
  readonly description?: string | undefined
  readonly globalDefault?: boolean | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly preemptionPolicy?: string | undefined
  readonly value?: number | undefined
}

export type PriorityClassList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly PriorityClass[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}
