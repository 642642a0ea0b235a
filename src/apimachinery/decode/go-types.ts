/**
 * How upstream's type errors name types: `v1.JobSpec`, `[]string`, `map[string]string`, `v1.RestartPolicy`.
 *
 * The schema knows that a restart policy is a text; that its Go type has a name of its own is told here.
 *
 * @source kubernetes v1.36 staging/src/k8s.io/api (facts: names of types)
 */
import { type FieldSchema, schema, type TypeName } from '../schema/schema.ts'

/** `batch.v1.JobSpec` → `JobSpec` */
export const shortName = (type: TypeName): string => type.slice(type.lastIndexOf('.') + 1)
const packaged = (type: TypeName): string => type.slice(type.indexOf('.') + 1)

/** Go types of texts, lists and maps that have their own name, by field. */
const named: Readonly<Record<string, string>> = {
  'authorization.v1.SubjectAccessReviewSpec.extra[]': 'v1.ExtraValue',
  'authentication.v1.UserInfo.extra[]': 'v1.ExtraValue',
  'authentication.v1.BoundObjectReference.uid': 'types.UID',
  'batch.v1.CronJobSpec.concurrencyPolicy': 'v1.ConcurrencyPolicy',
  'batch.v1.JobCondition.status': 'v1.ConditionStatus',
  'batch.v1.JobCondition.type': 'v1.JobConditionType',
  'batch.v1.JobSpec.completionMode': 'v1.CompletionMode',
  'batch.v1.JobSpec.podReplacementPolicy': 'v1.PodReplacementPolicy',
  'batch.v1.PodFailurePolicyOnExitCodesRequirement.operator': 'v1.PodFailurePolicyOnExitCodesOperator',
  'batch.v1.PodFailurePolicyOnPodConditionsPattern.status': 'v1.ConditionStatus',
  'batch.v1.PodFailurePolicyOnPodConditionsPattern.type': 'v1.PodConditionType',
  'batch.v1.PodFailurePolicyRule.action': 'v1.PodFailurePolicyAction',
  'batch.v1.UncountedTerminatedPods.failed[]': 'types.UID',
  'batch.v1.UncountedTerminatedPods.succeeded[]': 'types.UID',
  'coordination.v1.LeaseSpec.strategy': 'v1.CoordinatedLeaseStrategy',
  'core.v1.AppArmorProfile.type': 'v1.AppArmorProfileType',
  'core.v1.AttachedVolume.name': 'v1.UniqueVolumeName',
  'core.v1.AzureDiskVolumeSource.cachingMode': 'v1.AzureDataDiskCachingMode',
  'core.v1.AzureDiskVolumeSource.kind': 'v1.AzureDataDiskKind',
  'core.v1.Capabilities.add[]': 'v1.Capability',
  'core.v1.Capabilities.drop[]': 'v1.Capability',
  'core.v1.ConfigMapNodeConfigSource.uid': 'types.UID',
  'core.v1.Container.imagePullPolicy': 'v1.PullPolicy',
  'core.v1.Container.restartPolicy': 'v1.ContainerRestartPolicy',
  'core.v1.Container.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  'core.v1.ContainerPort.protocol': 'v1.Protocol',
  'core.v1.ContainerResizePolicy.resourceName': 'v1.ResourceName',
  'core.v1.ContainerResizePolicy.restartPolicy': 'v1.ResourceResizeRestartPolicy',
  'core.v1.ContainerRestartRule.action': 'v1.ContainerRestartRuleAction',
  'core.v1.ContainerRestartRuleOnExitCodes.operator': 'v1.ContainerRestartRuleOnExitCodesOperator',
  'core.v1.ContainerStatus.allocatedResources': 'v1.ResourceList',
  'core.v1.ContainerStatus.stopSignal': 'v1.Signal',
  'core.v1.EmptyDirVolumeSource.medium': 'v1.StorageMedium',
  'core.v1.EphemeralContainer.imagePullPolicy': 'v1.PullPolicy',
  'core.v1.EphemeralContainer.restartPolicy': 'v1.ContainerRestartPolicy',
  'core.v1.EphemeralContainer.terminationMessagePolicy': 'v1.TerminationMessagePolicy',
  'core.v1.HTTPGetAction.scheme': 'v1.URIScheme',
  'core.v1.HostPathVolumeSource.type': 'v1.HostPathType',
  'core.v1.ImageVolumeSource.pullPolicy': 'v1.PullPolicy',
  'core.v1.Lifecycle.stopSignal': 'v1.Signal',
  'core.v1.LimitRangeItem.default': 'v1.ResourceList',
  'core.v1.LimitRangeItem.defaultRequest': 'v1.ResourceList',
  'core.v1.LimitRangeItem.max': 'v1.ResourceList',
  'core.v1.LimitRangeItem.maxLimitRequestRatio': 'v1.ResourceList',
  'core.v1.LimitRangeItem.min': 'v1.ResourceList',
  'core.v1.LimitRangeItem.type': 'v1.LimitType',
  'core.v1.LoadBalancerIngress.ipMode': 'v1.LoadBalancerIPMode',
  'core.v1.ModifyVolumeStatus.status': 'v1.PersistentVolumeClaimModifyVolumeStatus',
  'core.v1.NamespaceCondition.status': 'v1.ConditionStatus',
  'core.v1.NamespaceCondition.type': 'v1.NamespaceConditionType',
  'core.v1.NamespaceSpec.finalizers[]': 'v1.FinalizerName',
  'core.v1.NamespaceStatus.phase': 'v1.NamespacePhase',
  'core.v1.NodeAddress.type': 'v1.NodeAddressType',
  'core.v1.NodeCondition.status': 'v1.ConditionStatus',
  'core.v1.NodeCondition.type': 'v1.NodeConditionType',
  'core.v1.NodeSelectorRequirement.operator': 'v1.NodeSelectorOperator',
  'core.v1.NodeStatus.allocatable': 'v1.ResourceList',
  'core.v1.NodeStatus.capacity': 'v1.ResourceList',
  'core.v1.NodeStatus.phase': 'v1.NodePhase',
  'core.v1.NodeStatus.volumesInUse[]': 'v1.UniqueVolumeName',
  'core.v1.ObjectReference.uid': 'types.UID',
  'core.v1.PersistentVolumeClaimCondition.status': 'v1.ConditionStatus',
  'core.v1.PersistentVolumeClaimCondition.type': 'v1.PersistentVolumeClaimConditionType',
  'core.v1.PersistentVolumeClaimSpec.accessModes[]': 'v1.PersistentVolumeAccessMode',
  'core.v1.PersistentVolumeClaimSpec.volumeMode': 'v1.PersistentVolumeMode',
  'core.v1.PersistentVolumeClaimStatus.accessModes[]': 'v1.PersistentVolumeAccessMode',
  'core.v1.PersistentVolumeClaimStatus.allocatedResourceStatuses[]': 'v1.ClaimResourceStatus',
  'core.v1.PersistentVolumeClaimStatus.allocatedResources': 'v1.ResourceList',
  'core.v1.PersistentVolumeClaimStatus.capacity': 'v1.ResourceList',
  'core.v1.PersistentVolumeClaimStatus.phase': 'v1.PersistentVolumeClaimPhase',
  'core.v1.PodCondition.status': 'v1.ConditionStatus',
  'core.v1.PodCondition.type': 'v1.PodConditionType',
  'core.v1.PodOS.name': 'v1.OSName',
  'core.v1.PodReadinessGate.conditionType': 'v1.PodConditionType',
  'core.v1.PodSecurityContext.fsGroupChangePolicy': 'v1.PodFSGroupChangePolicy',
  'core.v1.PodSecurityContext.seLinuxChangePolicy': 'v1.PodSELinuxChangePolicy',
  'core.v1.PodSecurityContext.supplementalGroupsPolicy': 'v1.SupplementalGroupsPolicy',
  'core.v1.PodSpec.dnsPolicy': 'v1.DNSPolicy',
  'core.v1.PodSpec.overhead': 'v1.ResourceList',
  'core.v1.PodSpec.preemptionPolicy': 'v1.PreemptionPolicy',
  'core.v1.PodSpec.restartPolicy': 'v1.RestartPolicy',
  'core.v1.PodStatus.allocatedResources': 'v1.ResourceList',
  'core.v1.PodStatus.phase': 'v1.PodPhase',
  'core.v1.PodStatus.qosClass': 'v1.PodQOSClass',
  'core.v1.PodStatus.resize': 'v1.PodResizeStatus',
  'core.v1.PortStatus.protocol': 'v1.Protocol',
  'core.v1.ResourceHealth.health': 'v1.ResourceHealthStatus',
  'core.v1.ResourceHealth.resourceID': 'v1.ResourceID',
  'core.v1.ResourceQuotaSpec.hard': 'v1.ResourceList',
  'core.v1.ResourceQuotaSpec.scopes[]': 'v1.ResourceQuotaScope',
  'core.v1.ResourceQuotaStatus.hard': 'v1.ResourceList',
  'core.v1.ResourceQuotaStatus.used': 'v1.ResourceList',
  'core.v1.ResourceRequirements.limits': 'v1.ResourceList',
  'core.v1.ResourceRequirements.requests': 'v1.ResourceList',
  'core.v1.ResourceStatus.name': 'v1.ResourceName',
  'core.v1.ScopedResourceSelectorRequirement.operator': 'v1.ScopeSelectorOperator',
  'core.v1.ScopedResourceSelectorRequirement.scopeName': 'v1.ResourceQuotaScope',
  'core.v1.SeccompProfile.type': 'v1.SeccompProfileType',
  'core.v1.Secret.type': 'v1.SecretType',
  'core.v1.SecurityContext.procMount': 'v1.ProcMountType',
  'core.v1.ServicePort.protocol': 'v1.Protocol',
  'core.v1.ServiceSpec.externalTrafficPolicy': 'v1.ServiceExternalTrafficPolicy',
  'core.v1.ServiceSpec.internalTrafficPolicy': 'v1.ServiceInternalTrafficPolicy',
  'core.v1.ServiceSpec.ipFamilies[]': 'v1.IPFamily',
  'core.v1.ServiceSpec.ipFamilyPolicy': 'v1.IPFamilyPolicy',
  'core.v1.ServiceSpec.sessionAffinity': 'v1.ServiceAffinity',
  'core.v1.ServiceSpec.type': 'v1.ServiceType',
  'core.v1.Taint.effect': 'v1.TaintEffect',
  'core.v1.Toleration.effect': 'v1.TaintEffect',
  'core.v1.Toleration.operator': 'v1.TolerationOperator',
  'core.v1.TopologySpreadConstraint.nodeAffinityPolicy': 'v1.NodeInclusionPolicy',
  'core.v1.TopologySpreadConstraint.nodeTaintsPolicy': 'v1.NodeInclusionPolicy',
  'core.v1.TopologySpreadConstraint.whenUnsatisfiable': 'v1.UnsatisfiableConstraintAction',
  'core.v1.VolumeMount.mountPropagation': 'v1.MountPropagationMode',
  'core.v1.VolumeMount.recursiveReadOnly': 'v1.RecursiveReadOnlyMode',
  'core.v1.VolumeMountStatus.recursiveReadOnly': 'v1.RecursiveReadOnlyMode',
  'core.v1.VolumeResourceRequirements.limits': 'v1.ResourceList',
  'core.v1.VolumeResourceRequirements.requests': 'v1.ResourceList',
  'meta.v1.APIResource.verbs': 'v1.Verbs',
  'meta.v1.Condition.status': 'v1.ConditionStatus',
  'meta.v1.DeleteOptions.propagationPolicy': 'v1.DeletionPropagation',
  'meta.v1.LabelSelectorRequirement.operator': 'v1.LabelSelectorOperator',
  'meta.v1.FieldSelectorRequirement.operator': 'v1.FieldSelectorOperator',
  'meta.v1.ManagedFieldsEntry.operation': 'v1.ManagedFieldsOperationType',
  'meta.v1.ObjectMeta.uid': 'types.UID',
  'meta.v1.OwnerReference.uid': 'types.UID',
  'meta.v1.Preconditions.uid': 'types.UID',
  'meta.v1.Status.reason': 'v1.StatusReason',
  'meta.v1.StatusCause.reason': 'v1.CauseType',
  'meta.v1.StatusDetails.uid': 'types.UID',
  'policy.v1.PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy': 'v1.UnhealthyPodEvictionPolicyType',
  'scheduling.v1.PriorityClass.preemptionPolicy': 'v1.PreemptionPolicy',
}

/** Maps whose keys have a named type, by the name of the map's field. */
const keyTypes: Readonly<Record<string, string>> = {
  'core.v1.PersistentVolumeClaimStatus.allocatedResourceStatuses': 'v1.ResourceName',
}

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  bytes: '[]uint8',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  fieldsV1: 'v1.FieldsV1',
  rawExtension: 'runtime.RawExtension',
}

/** The Go type of a field; `place` is `core.v1.PodSpec.restartPolicy`, with `[]` behind it for items. */
export function goTypeOf(field: FieldSchema, place: string): string {
  const own = named[place]
  if (own !== undefined) return own
  if (field.ref !== undefined) return packaged(field.ref)
  if (field.list !== undefined) return `[]${goTypeOf(field.list, `${place}[]`)}`
  if (field.map !== undefined) return `map[${keyTypes[place] ?? 'string'}]${goTypeOf(field.map, `${place}[]`)}`
  return scalars[field.type ?? ''] ?? 'interface {}'
}

/** The Go name of the embedded struct that holds a field of `type`, or `''`. */
export function embeddedIn(type: TypeName, name: string): string {
  const fields = schema.types[type]?.fields ?? {}
  if (name === 'kind' || name === 'apiVersion') {
    // Whole objects take both from an embedded struct; references hold them themselves.
    const whole = fields['metadata'] !== undefined || Object.hasOwn(wholeWithoutMetadata, type)
    return whole && fields[name]?.proto === undefined ? 'TypeMeta' : ''
  }
  if (fields[name]?.proto !== undefined) return ''
  // In protobuf an embedded struct is a message of its own, so its fields have no number beside the type's own ones.
  const embedded = Object.values(schema.protoOnly[type] ?? {})[0]
  return embedded === undefined ? '' : shortName(embedded.type)
}
const wholeWithoutMetadata = {
  'meta.v1.DeleteOptions': true,
  'meta.v1.APIGroup': true,
  'meta.v1.APIResourceList': true,
}
