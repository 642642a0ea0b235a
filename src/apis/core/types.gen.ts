// Written by tools/generate-types.ts from schema.json. Do not edit.
import type { Condition, LabelSelector, ListMeta, ObjectMeta } from '../../apimachinery/index.ts'

export type AWSElasticBlockStoreVolumeSource = {
  readonly fsType?: string | undefined
  readonly partition?: number | undefined
  readonly readOnly?: boolean | undefined
  readonly volumeID: string
}

export type Affinity = {
  readonly nodeAffinity?: NodeAffinity | undefined
  readonly podAffinity?: PodAffinity | undefined
  readonly podAntiAffinity?: PodAntiAffinity | undefined
}

export type AppArmorProfile = {
  readonly localhostProfile?: string | undefined
  readonly type: string
}

export type AttachedVolume = {
  readonly devicePath: string
  readonly name: string
}

export type AzureDiskVolumeSource = {
  readonly cachingMode?: string | undefined
  readonly diskName: string
  readonly diskURI: string
  readonly fsType?: string | undefined
  readonly kind?: string | undefined
  readonly readOnly?: boolean | undefined
}

export type AzureFileVolumeSource = {
  readonly readOnly?: boolean | undefined
  readonly secretName: string
  readonly shareName: string
}

export type Binding = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly target: ObjectReference
}

export type CSIVolumeSource = {
  readonly driver: string
  readonly fsType?: string | undefined
  readonly nodePublishSecretRef?: LocalObjectReference | undefined
  readonly readOnly?: boolean | undefined
  readonly volumeAttributes?: Readonly<Record<string, string>> | undefined
}

export type Capabilities = {
  readonly add?: readonly string[] | undefined
  readonly drop?: readonly string[] | undefined
}

export type CephFSVolumeSource = {
  readonly monitors: readonly string[]
  readonly path?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly secretFile?: string | undefined
  readonly secretRef?: LocalObjectReference | undefined
  readonly user?: string | undefined
}

export type CinderVolumeSource = {
  readonly fsType?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly secretRef?: LocalObjectReference | undefined
  readonly volumeID: string
}

export type ClientIPConfig = {
  readonly timeoutSeconds?: number | undefined
}

export type ClusterTrustBundleProjection = {
  readonly labelSelector?: LabelSelector | undefined
  readonly name?: string | undefined
  readonly optional?: boolean | undefined
  readonly path: string
  readonly signerName?: string | undefined
}

export type ConfigMap = {
  readonly apiVersion?: string | undefined
  readonly binaryData?: Readonly<Record<string, string>> | undefined
  readonly data?: Readonly<Record<string, string>> | undefined
  readonly immutable?: boolean | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
}

export type ConfigMapEnvSource = {
  readonly name?: string | undefined
  readonly optional?: boolean | undefined
}

export type ConfigMapKeySelector = {
  readonly key: string
  readonly name?: string | undefined
  readonly optional?: boolean | undefined
}

export type ConfigMapList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly ConfigMap[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type ConfigMapNodeConfigSource = {
  readonly kubeletConfigKey: string
  readonly name: string
  readonly namespace: string
  readonly resourceVersion?: string | undefined
  readonly uid?: string | undefined
}

export type ConfigMapProjection = {
  readonly items?: readonly KeyToPath[] | undefined
  readonly name?: string | undefined
  readonly optional?: boolean | undefined
}

export type ConfigMapVolumeSource = {
  readonly defaultMode?: number | undefined
  readonly items?: readonly KeyToPath[] | undefined
  readonly name?: string | undefined
  readonly optional?: boolean | undefined
}

export type Container = {
  readonly args?: readonly string[] | undefined
  readonly command?: readonly string[] | undefined
  readonly env?: readonly EnvVar[] | undefined
  readonly envFrom?: readonly EnvFromSource[] | undefined
  readonly image?: string | undefined
  readonly imagePullPolicy?: string | undefined
  readonly lifecycle?: Lifecycle | undefined
  readonly livenessProbe?: Probe | undefined
  readonly name: string
  readonly ports?: readonly ContainerPort[] | undefined
  readonly readinessProbe?: Probe | undefined
  readonly resizePolicy?: readonly ContainerResizePolicy[] | undefined
  readonly resources: ResourceRequirements
  readonly restartPolicy?: string | undefined
  readonly restartPolicyRules?: readonly ContainerRestartRule[] | undefined
  readonly securityContext?: SecurityContext | undefined
  readonly startupProbe?: Probe | undefined
  readonly stdin?: boolean | undefined
  readonly stdinOnce?: boolean | undefined
  readonly terminationMessagePath?: string | undefined
  readonly terminationMessagePolicy?: string | undefined
  readonly tty?: boolean | undefined
  readonly volumeDevices?: readonly VolumeDevice[] | undefined
  readonly volumeMounts?: readonly VolumeMount[] | undefined
  readonly workingDir?: string | undefined
}

export type ContainerExtendedResourceRequest = {
  readonly containerName: string
  readonly requestName: string
  readonly resourceName: string
}

export type ContainerImage = {
  readonly names?: readonly string[] | undefined
  readonly sizeBytes?: number | undefined
}

export type ContainerPort = {
  readonly containerPort: number
  readonly hostIP?: string | undefined
  readonly hostPort?: number | undefined
  readonly name?: string | undefined
  readonly protocol?: string | undefined
}

export type ContainerResizePolicy = {
  readonly resourceName: string
  readonly restartPolicy: string
}

export type ContainerRestartRule = {
  readonly action: string
  readonly exitCodes?: ContainerRestartRuleOnExitCodes | undefined
}

export type ContainerRestartRuleOnExitCodes = {
  readonly operator: string
  readonly values?: readonly number[] | undefined
}

export type ContainerState = {
  readonly running?: ContainerStateRunning | undefined
  readonly terminated?: ContainerStateTerminated | undefined
  readonly waiting?: ContainerStateWaiting | undefined
}

export type ContainerStateRunning = {
  readonly startedAt?: string | undefined
}

export type ContainerStateTerminated = {
  readonly containerID?: string | undefined
  readonly exitCode: number
  readonly finishedAt?: string | undefined
  readonly message?: string | undefined
  readonly reason?: string | undefined
  readonly signal?: number | undefined
  readonly startedAt?: string | undefined
}

export type ContainerStateWaiting = {
  readonly message?: string | undefined
  readonly reason?: string | undefined
}

export type ContainerStatus = {
  readonly allocatedResources?: Readonly<Record<string, string | number>> | undefined
  readonly allocatedResourcesStatus?: readonly ResourceStatus[] | undefined
  readonly containerID?: string | undefined
  readonly image: string
  readonly imageID: string
  readonly lastState: ContainerState
  readonly name: string
  readonly ready: boolean
  readonly resources?: ResourceRequirements | undefined
  readonly restartCount: number
  readonly started?: boolean | undefined
  readonly state: ContainerState
  readonly stopSignal?: string | undefined
  readonly user?: ContainerUser | undefined
  readonly volumeMounts?: readonly VolumeMountStatus[] | undefined
}

export type ContainerUser = {
  readonly linux?: LinuxContainerUser | undefined
}

export type DaemonEndpoint = {
  readonly Port: number
}

export type DownwardAPIProjection = {
  readonly items?: readonly DownwardAPIVolumeFile[] | undefined
}

export type DownwardAPIVolumeFile = {
  readonly fieldRef?: ObjectFieldSelector | undefined
  readonly mode?: number | undefined
  readonly path: string
  readonly resourceFieldRef?: ResourceFieldSelector | undefined
}

export type DownwardAPIVolumeSource = {
  readonly defaultMode?: number | undefined
  readonly items?: readonly DownwardAPIVolumeFile[] | undefined
}

export type EmptyDirVolumeSource = {
  readonly medium?: string | undefined
  readonly sizeLimit?: string | number | undefined
}

export type EnvFromSource = {
  readonly configMapRef?: ConfigMapEnvSource | undefined
  readonly prefix?: string | undefined
  readonly secretRef?: SecretEnvSource | undefined
}

export type EnvVar = {
  readonly name: string
  readonly value?: string | undefined
  readonly valueFrom?: EnvVarSource | undefined
}

export type EnvVarSource = {
  readonly configMapKeyRef?: ConfigMapKeySelector | undefined
  readonly fieldRef?: ObjectFieldSelector | undefined
  readonly fileKeyRef?: FileKeySelector | undefined
  readonly resourceFieldRef?: ResourceFieldSelector | undefined
  readonly secretKeyRef?: SecretKeySelector | undefined
}

export type EphemeralContainer = {
  readonly args?: readonly string[] | undefined
  readonly command?: readonly string[] | undefined
  readonly env?: readonly EnvVar[] | undefined
  readonly envFrom?: readonly EnvFromSource[] | undefined
  readonly image?: string | undefined
  readonly imagePullPolicy?: string | undefined
  readonly lifecycle?: Lifecycle | undefined
  readonly livenessProbe?: Probe | undefined
  readonly name: string
  readonly ports?: readonly ContainerPort[] | undefined
  readonly readinessProbe?: Probe | undefined
  readonly resizePolicy?: readonly ContainerResizePolicy[] | undefined
  readonly resources: ResourceRequirements
  readonly restartPolicy?: string | undefined
  readonly restartPolicyRules?: readonly ContainerRestartRule[] | undefined
  readonly securityContext?: SecurityContext | undefined
  readonly startupProbe?: Probe | undefined
  readonly stdin?: boolean | undefined
  readonly stdinOnce?: boolean | undefined
  readonly targetContainerName?: string | undefined
  readonly terminationMessagePath?: string | undefined
  readonly terminationMessagePolicy?: string | undefined
  readonly tty?: boolean | undefined
  readonly volumeDevices?: readonly VolumeDevice[] | undefined
  readonly volumeMounts?: readonly VolumeMount[] | undefined
  readonly workingDir?: string | undefined
}

export type EphemeralVolumeSource = {
  readonly volumeClaimTemplate?: PersistentVolumeClaimTemplate | undefined
}

export type Event = {
  readonly action?: string | undefined
  readonly apiVersion?: string | undefined
  readonly count?: number | undefined
  readonly eventTime?: string | undefined
  readonly firstTimestamp?: string | undefined
  readonly involvedObject: ObjectReference
  readonly kind?: string | undefined
  readonly lastTimestamp?: string | undefined
  readonly message?: string | undefined
  readonly metadata: ObjectMeta
  readonly reason?: string | undefined
  readonly related?: ObjectReference | undefined
  readonly reportingComponent?: string | undefined
  readonly reportingInstance?: string | undefined
  readonly series?: EventSeries | undefined
  readonly source: EventSource
  readonly type?: string | undefined
}

export type EventList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Event[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type EventSeries = {
  readonly count?: number | undefined
  readonly lastObservedTime?: string | undefined
}

export type EventSource = {
  readonly component?: string | undefined
  readonly host?: string | undefined
}

export type ExecAction = {
  readonly command?: readonly string[] | undefined
}

export type FCVolumeSource = {
  readonly fsType?: string | undefined
  readonly lun?: number | undefined
  readonly readOnly?: boolean | undefined
  readonly targetWWNs?: readonly string[] | undefined
  readonly wwids?: readonly string[] | undefined
}

export type FileKeySelector = {
  readonly key: string
  readonly optional?: boolean | undefined
  readonly path: string
  readonly volumeName: string
}

export type FlexVolumeSource = {
  readonly driver: string
  readonly fsType?: string | undefined
  readonly options?: Readonly<Record<string, string>> | undefined
  readonly readOnly?: boolean | undefined
  readonly secretRef?: LocalObjectReference | undefined
}

export type FlockerVolumeSource = {
  readonly datasetName?: string | undefined
  readonly datasetUUID?: string | undefined
}

export type GCEPersistentDiskVolumeSource = {
  readonly fsType?: string | undefined
  readonly partition?: number | undefined
  readonly pdName: string
  readonly readOnly?: boolean | undefined
}

export type GRPCAction = {
  readonly port: number
  readonly service?: string | undefined
}

export type GitRepoVolumeSource = {
  readonly directory?: string | undefined
  readonly repository: string
  readonly revision?: string | undefined
}

export type GlusterfsVolumeSource = {
  readonly endpoints: string
  readonly path: string
  readonly readOnly?: boolean | undefined
}

export type HTTPGetAction = {
  readonly host?: string | undefined
  readonly httpHeaders?: readonly HTTPHeader[] | undefined
  readonly path?: string | undefined
  readonly port: string | number
  readonly scheme?: string | undefined
}

export type HTTPHeader = {
  readonly name: string
  readonly value: string
}

export type HostAlias = {
  readonly hostnames?: readonly string[] | undefined
  readonly ip: string
}

export type HostIP = {
  readonly ip: string
}

export type HostPathVolumeSource = {
  readonly path: string
  readonly type?: string | undefined
}

export type ISCSIVolumeSource = {
  readonly chapAuthDiscovery?: boolean | undefined
  readonly chapAuthSession?: boolean | undefined
  readonly fsType?: string | undefined
  readonly initiatorName?: string | undefined
  readonly iqn: string
  readonly iscsiInterface?: string | undefined
  readonly lun: number
  readonly portals?: readonly string[] | undefined
  readonly readOnly?: boolean | undefined
  readonly secretRef?: LocalObjectReference | undefined
  readonly targetPortal: string
}

export type ImageVolumeSource = {
  readonly pullPolicy?: string | undefined
  readonly reference?: string | undefined
}

export type ImageVolumeStatus = {
  readonly imageRef: string
}

export type KeyToPath = {
  readonly key: string
  readonly mode?: number | undefined
  readonly path: string
}

export type Lifecycle = {
  readonly postStart?: LifecycleHandler | undefined
  readonly preStop?: LifecycleHandler | undefined
  readonly stopSignal?: string | undefined
}

export type LifecycleHandler = {
  readonly exec?: ExecAction | undefined
  readonly httpGet?: HTTPGetAction | undefined
  readonly sleep?: SleepAction | undefined
  readonly tcpSocket?: TCPSocketAction | undefined
}

export type LimitRange = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: LimitRangeSpec
}

export type LimitRangeItem = {
  readonly default?: Readonly<Record<string, string | number>> | undefined
  readonly defaultRequest?: Readonly<Record<string, string | number>> | undefined
  readonly max?: Readonly<Record<string, string | number>> | undefined
  readonly maxLimitRequestRatio?: Readonly<Record<string, string | number>> | undefined
  readonly min?: Readonly<Record<string, string | number>> | undefined
  readonly type: string
}

export type LimitRangeList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly LimitRange[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type LimitRangeSpec = {
  readonly limits: readonly LimitRangeItem[]
}

export type LinuxContainerUser = {
  readonly gid: number
  readonly supplementalGroups?: readonly number[] | undefined
  readonly uid: number
}

export type LoadBalancerIngress = {
  readonly hostname?: string | undefined
  readonly ip?: string | undefined
  readonly ipMode?: string | undefined
  readonly ports?: readonly PortStatus[] | undefined
}

export type LoadBalancerStatus = {
  readonly ingress?: readonly LoadBalancerIngress[] | undefined
}

export type LocalObjectReference = {
  readonly name?: string | undefined
}

export type ModifyVolumeStatus = {
  readonly status: string
  readonly targetVolumeAttributesClassName?: string | undefined
}

export type NFSVolumeSource = {
  readonly path: string
  readonly readOnly?: boolean | undefined
  readonly server: string
}

export type Namespace = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: NamespaceSpec
  readonly status: NamespaceStatus
}

export type NamespaceCondition = {
  readonly lastTransitionTime?: string | undefined
  readonly message?: string | undefined
  readonly reason?: string | undefined
  readonly status: string
  readonly type: string
}

export type NamespaceList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Namespace[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type NamespaceSpec = {
  readonly finalizers?: readonly string[] | undefined
}

export type NamespaceStatus = {
  readonly conditions?: readonly NamespaceCondition[] | undefined
  readonly phase?: string | undefined
}

export type Node = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: NodeSpec
  readonly status: NodeStatus
}

export type NodeAddress = {
  readonly address: string
  readonly type: string
}

export type NodeAffinity = {
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly PreferredSchedulingTerm[] | undefined
  readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector | undefined
}

export type NodeAllocatableResourceClaimStatus = {
  readonly containers?: readonly string[] | undefined
  readonly resourceClaimName: string
  readonly resources: Readonly<Record<string, string | number>>
}

export type NodeCondition = {
  readonly lastHeartbeatTime?: string | undefined
  readonly lastTransitionTime?: string | undefined
  readonly message?: string | undefined
  readonly reason?: string | undefined
  readonly status: string
  readonly type: string
}

export type NodeConfigSource = {
  readonly configMap?: ConfigMapNodeConfigSource | undefined
}

export type NodeConfigStatus = {
  readonly active?: NodeConfigSource | undefined
  readonly assigned?: NodeConfigSource | undefined
  readonly error?: string | undefined
  readonly lastKnownGood?: NodeConfigSource | undefined
}

export type NodeDaemonEndpoints = {
  readonly kubeletEndpoint: DaemonEndpoint
}

export type NodeFeatures = {
  readonly supplementalGroupsPolicy?: boolean | undefined
}

export type NodeList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Node[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type NodeRuntimeHandler = {
  readonly features?: NodeRuntimeHandlerFeatures | undefined
  readonly name?: string | undefined
}

export type NodeRuntimeHandlerFeatures = {
  readonly recursiveReadOnlyMounts?: boolean | undefined
  readonly userNamespaces?: boolean | undefined
}

export type NodeSelector = {
  readonly nodeSelectorTerms: readonly NodeSelectorTerm[]
}

export type NodeSelectorRequirement = {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[] | undefined
}

export type NodeSelectorTerm = {
  readonly matchExpressions?: readonly NodeSelectorRequirement[] | undefined
  readonly matchFields?: readonly NodeSelectorRequirement[] | undefined
}

export type NodeSpec = {
  readonly configSource?: NodeConfigSource | undefined
  readonly externalID?: string | undefined
  readonly podCIDR?: string | undefined
  readonly podCIDRs?: readonly string[] | undefined
  readonly providerID?: string | undefined
  readonly taints?: readonly Taint[] | undefined
  readonly unschedulable?: boolean | undefined
}

export type NodeStatus = {
  readonly addresses?: readonly NodeAddress[] | undefined
  readonly allocatable?: Readonly<Record<string, string | number>> | undefined
  readonly capacity?: Readonly<Record<string, string | number>> | undefined
  readonly conditions?: readonly NodeCondition[] | undefined
  readonly config?: NodeConfigStatus | undefined
  readonly daemonEndpoints: NodeDaemonEndpoints
  readonly declaredFeatures?: readonly string[] | undefined
  readonly features?: NodeFeatures | undefined
  readonly images?: readonly ContainerImage[] | undefined
  readonly nodeInfo: NodeSystemInfo
  readonly phase?: string | undefined
  readonly runtimeHandlers?: readonly NodeRuntimeHandler[] | undefined
  readonly volumesAttached?: readonly AttachedVolume[] | undefined
  readonly volumesInUse?: readonly string[] | undefined
}

export type NodeSwapStatus = {
  readonly capacity?: number | undefined
}

export type NodeSystemInfo = {
  readonly architecture: string
  readonly bootID: string
  readonly containerRuntimeVersion: string
  readonly kernelVersion: string
  readonly kubeProxyVersion: string
  readonly kubeletVersion: string
  readonly machineID: string
  readonly operatingSystem: string
  readonly osImage: string
  readonly swap?: NodeSwapStatus | undefined
  readonly systemUUID: string
}

export type ObjectFieldSelector = {
  readonly apiVersion?: string | undefined
  readonly fieldPath: string
}

export type ObjectReference = {
  readonly apiVersion?: string | undefined
  readonly fieldPath?: string | undefined
  readonly kind?: string | undefined
  readonly name?: string | undefined
  readonly namespace?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly uid?: string | undefined
}

export type PersistentVolumeClaim = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: PersistentVolumeClaimSpec
  readonly status: PersistentVolumeClaimStatus
}

export type PersistentVolumeClaimCondition = {
  readonly lastProbeTime?: string | undefined
  readonly lastTransitionTime?: string | undefined
  readonly message?: string | undefined
  readonly reason?: string | undefined
  readonly status: string
  readonly type: string
}

export type PersistentVolumeClaimList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly PersistentVolumeClaim[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type PersistentVolumeClaimSpec = {
  readonly accessModes?: readonly string[] | undefined
  readonly dataSource?: TypedLocalObjectReference | undefined
  readonly dataSourceRef?: TypedObjectReference | undefined
  readonly resources: VolumeResourceRequirements
  readonly selector?: LabelSelector | undefined
  readonly storageClassName?: string | undefined
  readonly volumeAttributesClassName?: string | undefined
  readonly volumeMode?: string | undefined
  readonly volumeName?: string | undefined
}

export type PersistentVolumeClaimStatus = {
  readonly accessModes?: readonly string[] | undefined
  readonly allocatedResourceStatuses?: Readonly<Record<string, string>> | undefined
  readonly allocatedResources?: Readonly<Record<string, string | number>> | undefined
  readonly capacity?: Readonly<Record<string, string | number>> | undefined
  readonly conditions?: readonly PersistentVolumeClaimCondition[] | undefined
  readonly currentVolumeAttributesClassName?: string | undefined
  readonly modifyVolumeStatus?: ModifyVolumeStatus | undefined
  readonly phase?: string | undefined
}

export type PersistentVolumeClaimTemplate = {
  readonly metadata: ObjectMeta
  readonly spec: PersistentVolumeClaimSpec
}

export type PersistentVolumeClaimVolumeSource = {
  readonly claimName: string
  readonly readOnly?: boolean | undefined
}

export type PhotonPersistentDiskVolumeSource = {
  readonly fsType?: string | undefined
  readonly pdID: string
}

export type Pod = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: PodSpec
  readonly status: PodStatus
}

export type PodAffinity = {
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[] | undefined
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[] | undefined
}

export type PodAffinityTerm = {
  readonly labelSelector?: LabelSelector | undefined
  readonly matchLabelKeys?: readonly string[] | undefined
  readonly mismatchLabelKeys?: readonly string[] | undefined
  readonly namespaceSelector?: LabelSelector | undefined
  readonly namespaces?: readonly string[] | undefined
  readonly topologyKey: string
}

export type PodAntiAffinity = {
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[] | undefined
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[] | undefined
}

export type PodCertificateProjection = {
  readonly certificateChainPath?: string | undefined
  readonly credentialBundlePath?: string | undefined
  readonly keyPath?: string | undefined
  readonly keyType: string
  readonly maxExpirationSeconds?: number | undefined
  readonly signerName: string
  readonly userAnnotations?: Readonly<Record<string, string>> | undefined
}

export type PodCondition = {
  readonly lastProbeTime?: string | undefined
  readonly lastTransitionTime?: string | undefined
  readonly message?: string | undefined
  readonly observedGeneration?: number | undefined
  readonly reason?: string | undefined
  readonly status: string
  readonly type: string
}

export type PodDNSConfig = {
  readonly nameservers?: readonly string[] | undefined
  readonly options?: readonly PodDNSConfigOption[] | undefined
  readonly searches?: readonly string[] | undefined
}

export type PodDNSConfigOption = {
  readonly name?: string | undefined
  readonly value?: string | undefined
}

export type PodExtendedResourceClaimStatus = {
  readonly requestMappings: readonly ContainerExtendedResourceRequest[]
  readonly resourceClaimName: string
}

export type PodIP = {
  readonly ip: string
}

export type PodList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Pod[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type PodOS = {
  readonly name: string
}

export type PodReadinessGate = {
  readonly conditionType: string
}

export type PodResourceClaim = {
  readonly name: string
  readonly resourceClaimName?: string | undefined
  readonly resourceClaimTemplateName?: string | undefined
}

export type PodResourceClaimStatus = {
  readonly name: string
  readonly resourceClaimName?: string | undefined
}

export type PodSchedulingGate = {
  readonly name: string
}

export type PodSchedulingGroup = {
  readonly podGroupName?: string | undefined
}

export type PodSecurityContext = {
  readonly appArmorProfile?: AppArmorProfile | undefined
  readonly fsGroup?: number | undefined
  readonly fsGroupChangePolicy?: string | undefined
  readonly runAsGroup?: number | undefined
  readonly runAsNonRoot?: boolean | undefined
  readonly runAsUser?: number | undefined
  readonly seLinuxChangePolicy?: string | undefined
  readonly seLinuxOptions?: SELinuxOptions | undefined
  readonly seccompProfile?: SeccompProfile | undefined
  readonly supplementalGroups?: readonly number[] | undefined
  readonly supplementalGroupsPolicy?: string | undefined
  readonly sysctls?: readonly Sysctl[] | undefined
  readonly windowsOptions?: WindowsSecurityContextOptions | undefined
}

export type PodSpec = {
  readonly activeDeadlineSeconds?: number | undefined
  readonly affinity?: Affinity | undefined
  readonly automountServiceAccountToken?: boolean | undefined
  readonly containers: readonly Container[]
  readonly dnsConfig?: PodDNSConfig | undefined
  readonly dnsPolicy?: string | undefined
  readonly enableServiceLinks?: boolean | undefined
  readonly ephemeralContainers?: readonly EphemeralContainer[] | undefined
  readonly hostAliases?: readonly HostAlias[] | undefined
  readonly hostIPC?: boolean | undefined
  readonly hostNetwork?: boolean | undefined
  readonly hostPID?: boolean | undefined
  readonly hostUsers?: boolean | undefined
  readonly hostname?: string | undefined
  readonly hostnameOverride?: string | undefined
  readonly imagePullSecrets?: readonly LocalObjectReference[] | undefined
  readonly initContainers?: readonly Container[] | undefined
  readonly nodeName?: string | undefined
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined
  readonly os?: PodOS | undefined
  readonly overhead?: Readonly<Record<string, string | number>> | undefined
  readonly preemptionPolicy?: string | undefined
  readonly priority?: number | undefined
  readonly priorityClassName?: string | undefined
  readonly readinessGates?: readonly PodReadinessGate[] | undefined
  readonly resourceClaims?: readonly PodResourceClaim[] | undefined
  readonly resources?: ResourceRequirements | undefined
  readonly restartPolicy?: string | undefined
  readonly runtimeClassName?: string | undefined
  readonly schedulerName?: string | undefined
  readonly schedulingGates?: readonly PodSchedulingGate[] | undefined
  readonly schedulingGroup?: PodSchedulingGroup | undefined
  readonly securityContext?: PodSecurityContext | undefined
  readonly serviceAccount?: string | undefined
  readonly serviceAccountName?: string | undefined
  readonly setHostnameAsFQDN?: boolean | undefined
  readonly shareProcessNamespace?: boolean | undefined
  readonly subdomain?: string | undefined
  readonly terminationGracePeriodSeconds?: number | undefined
  readonly tolerations?: readonly Toleration[] | undefined
  readonly topologySpreadConstraints?: readonly TopologySpreadConstraint[] | undefined
  readonly volumes?: readonly Volume[] | undefined
}

export type PodStatus = {
  readonly allocatedResources?: Readonly<Record<string, string | number>> | undefined
  readonly conditions?: readonly PodCondition[] | undefined
  readonly containerStatuses?: readonly ContainerStatus[] | undefined
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[] | undefined
  readonly extendedResourceClaimStatus?: PodExtendedResourceClaimStatus | undefined
  readonly hostIP?: string | undefined
  readonly hostIPs?: readonly HostIP[] | undefined
  readonly initContainerStatuses?: readonly ContainerStatus[] | undefined
  readonly message?: string | undefined
  readonly nodeAllocatableResourceClaimStatuses?: readonly NodeAllocatableResourceClaimStatus[] | undefined
  readonly nominatedNodeName?: string | undefined
  readonly observedGeneration?: number | undefined
  readonly phase?: string | undefined
  readonly podIP?: string | undefined
  readonly podIPs?: readonly PodIP[] | undefined
  readonly qosClass?: string | undefined
  readonly reason?: string | undefined
  readonly resize?: string | undefined
  readonly resourceClaimStatuses?: readonly PodResourceClaimStatus[] | undefined
  readonly resources?: ResourceRequirements | undefined
  readonly startTime?: string | undefined
}

export type PodTemplate = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly template: PodTemplateSpec
}

export type PodTemplateList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly PodTemplate[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type PodTemplateSpec = {
  readonly metadata: ObjectMeta
  readonly spec: PodSpec
}

export type PortStatus = {
  readonly error?: string | undefined
  readonly port: number
  readonly protocol: string
}

export type PortworxVolumeSource = {
  readonly fsType?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly volumeID: string
}

export type PreferredSchedulingTerm = {
  readonly preference: NodeSelectorTerm
  readonly weight: number
}

export type Probe = {
  readonly exec?: ExecAction | undefined
  readonly failureThreshold?: number | undefined
  readonly grpc?: GRPCAction | undefined
  readonly httpGet?: HTTPGetAction | undefined
  readonly initialDelaySeconds?: number | undefined
  readonly periodSeconds?: number | undefined
  readonly successThreshold?: number | undefined
  readonly tcpSocket?: TCPSocketAction | undefined
  readonly terminationGracePeriodSeconds?: number | undefined
  readonly timeoutSeconds?: number | undefined
}

export type ProjectedVolumeSource = {
  readonly defaultMode?: number | undefined
  readonly sources?: readonly VolumeProjection[] | undefined
}

export type QuobyteVolumeSource = {
  readonly group?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly registry: string
  readonly tenant?: string | undefined
  readonly user?: string | undefined
  readonly volume: string
}

export type RBDVolumeSource = {
  readonly fsType?: string | undefined
  readonly image: string
  readonly keyring?: string | undefined
  readonly monitors: readonly string[]
  readonly pool?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly secretRef?: LocalObjectReference | undefined
  readonly user?: string | undefined
}

export type ResourceClaim = {
  readonly name: string
  readonly request?: string | undefined
}

export type ResourceFieldSelector = {
  readonly containerName?: string | undefined
  readonly divisor?: string | number | undefined
  readonly resource: string
}

export type ResourceHealth = {
  readonly health?: string | undefined
  readonly message?: string | undefined
  readonly resourceID: string
}

export type ResourceQuota = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: ResourceQuotaSpec
  readonly status: ResourceQuotaStatus
}

export type ResourceQuotaList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly ResourceQuota[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type ResourceQuotaSpec = {
  readonly hard?: Readonly<Record<string, string | number>> | undefined
  readonly scopeSelector?: ScopeSelector | undefined
  readonly scopes?: readonly string[] | undefined
}

export type ResourceQuotaStatus = {
  readonly hard?: Readonly<Record<string, string | number>> | undefined
  readonly used?: Readonly<Record<string, string | number>> | undefined
}

export type ResourceRequirements = {
  readonly claims?: readonly ResourceClaim[] | undefined
  readonly limits?: Readonly<Record<string, string | number>> | undefined
  readonly requests?: Readonly<Record<string, string | number>> | undefined
}

export type ResourceStatus = {
  readonly name: string
  readonly resources?: readonly ResourceHealth[] | undefined
}

export type SELinuxOptions = {
  readonly level?: string | undefined
  readonly role?: string | undefined
  readonly type?: string | undefined
  readonly user?: string | undefined
}

export type ScaleIOVolumeSource = {
  readonly fsType?: string | undefined
  readonly gateway: string
  readonly protectionDomain?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly secretRef: LocalObjectReference
  readonly sslEnabled?: boolean | undefined
  readonly storageMode?: string | undefined
  readonly storagePool?: string | undefined
  readonly system: string
  readonly volumeName?: string | undefined
}

export type ScopeSelector = {
  readonly matchExpressions?: readonly ScopedResourceSelectorRequirement[] | undefined
}

export type ScopedResourceSelectorRequirement = {
  readonly operator: string
  readonly scopeName: string
  readonly values?: readonly string[] | undefined
}

export type SeccompProfile = {
  readonly localhostProfile?: string | undefined
  readonly type: string
}

export type Secret = {
  readonly apiVersion?: string | undefined
  readonly data?: Readonly<Record<string, string>> | undefined
  readonly immutable?: boolean | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly stringData?: Readonly<Record<string, string>> | undefined
  readonly type?: string | undefined
}

export type SecretEnvSource = {
  readonly name?: string | undefined
  readonly optional?: boolean | undefined
}

export type SecretKeySelector = {
  readonly key: string
  readonly name?: string | undefined
  readonly optional?: boolean | undefined
}

export type SecretList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Secret[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type SecretProjection = {
  readonly items?: readonly KeyToPath[] | undefined
  readonly name?: string | undefined
  readonly optional?: boolean | undefined
}

export type SecretVolumeSource = {
  readonly defaultMode?: number | undefined
  readonly items?: readonly KeyToPath[] | undefined
  readonly optional?: boolean | undefined
  readonly secretName?: string | undefined
}

export type SecurityContext = {
  readonly allowPrivilegeEscalation?: boolean | undefined
  readonly appArmorProfile?: AppArmorProfile | undefined
  readonly capabilities?: Capabilities | undefined
  readonly privileged?: boolean | undefined
  readonly procMount?: string | undefined
  readonly readOnlyRootFilesystem?: boolean | undefined
  readonly runAsGroup?: number | undefined
  readonly runAsNonRoot?: boolean | undefined
  readonly runAsUser?: number | undefined
  readonly seLinuxOptions?: SELinuxOptions | undefined
  readonly seccompProfile?: SeccompProfile | undefined
  readonly windowsOptions?: WindowsSecurityContextOptions | undefined
}

export type Service = {
  readonly apiVersion?: string | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly spec: ServiceSpec
  readonly status: ServiceStatus
}

export type ServiceAccount = {
  readonly apiVersion?: string | undefined
  readonly automountServiceAccountToken?: boolean | undefined
  readonly imagePullSecrets?: readonly LocalObjectReference[] | undefined
  readonly kind?: string | undefined
  readonly metadata: ObjectMeta
  readonly secrets?: readonly ObjectReference[] | undefined
}

export type ServiceAccountList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly ServiceAccount[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type ServiceAccountTokenProjection = {
  readonly audience?: string | undefined
  readonly expirationSeconds?: number | undefined
  readonly path: string
}

export type ServiceList = {
  readonly apiVersion?: string | undefined
  readonly items: readonly Service[]
  readonly kind?: string | undefined
  readonly metadata: ListMeta
}

export type ServicePort = {
  readonly appProtocol?: string | undefined
  readonly name?: string | undefined
  readonly nodePort?: number | undefined
  readonly port: number
  readonly protocol?: string | undefined
  readonly targetPort?: string | number | undefined
}

export type ServiceSpec = {
  readonly allocateLoadBalancerNodePorts?: boolean | undefined
  readonly clusterIP?: string | undefined
  readonly clusterIPs?: readonly string[] | undefined
  readonly externalIPs?: readonly string[] | undefined
  readonly externalName?: string | undefined
  readonly externalTrafficPolicy?: string | undefined
  readonly healthCheckNodePort?: number | undefined
  readonly internalTrafficPolicy?: string | undefined
  readonly ipFamilies?: readonly string[] | undefined
  readonly ipFamilyPolicy?: string | undefined
  readonly loadBalancerClass?: string | undefined
  readonly loadBalancerIP?: string | undefined
  readonly loadBalancerSourceRanges?: readonly string[] | undefined
  readonly ports?: readonly ServicePort[] | undefined
  readonly publishNotReadyAddresses?: boolean | undefined
  readonly selector?: Readonly<Record<string, string>> | undefined
  readonly sessionAffinity?: string | undefined
  readonly sessionAffinityConfig?: SessionAffinityConfig | undefined
  readonly trafficDistribution?: string | undefined
  readonly type?: string | undefined
}

export type ServiceStatus = {
  readonly conditions?: readonly Condition[] | undefined
  readonly loadBalancer: LoadBalancerStatus
}

export type SessionAffinityConfig = {
  readonly clientIP?: ClientIPConfig | undefined
}

export type SleepAction = {
  readonly seconds: number
}

export type StorageOSVolumeSource = {
  readonly fsType?: string | undefined
  readonly readOnly?: boolean | undefined
  readonly secretRef?: LocalObjectReference | undefined
  readonly volumeName?: string | undefined
  readonly volumeNamespace?: string | undefined
}

export type Sysctl = {
  readonly name: string
  readonly value: string
}

export type TCPSocketAction = {
  readonly host?: string | undefined
  readonly port: string | number
}

export type Taint = {
  readonly effect: string
  readonly key: string
  readonly timeAdded?: string | undefined
  readonly value?: string | undefined
}

export type Toleration = {
  readonly effect?: string | undefined
  readonly key?: string | undefined
  readonly operator?: string | undefined
  readonly tolerationSeconds?: number | undefined
  readonly value?: string | undefined
}

export type TopologySpreadConstraint = {
  readonly labelSelector?: LabelSelector | undefined
  readonly matchLabelKeys?: readonly string[] | undefined
  readonly maxSkew: number
  readonly minDomains?: number | undefined
  readonly nodeAffinityPolicy?: string | undefined
  readonly nodeTaintsPolicy?: string | undefined
  readonly topologyKey: string
  readonly whenUnsatisfiable: string
}

export type TypedLocalObjectReference = {
  readonly apiGroup?: string | undefined
  readonly kind: string
  readonly name: string
}

export type TypedObjectReference = {
  readonly apiGroup?: string | undefined
  readonly kind: string
  readonly name: string
  readonly namespace?: string | undefined
}

export type Volume = {
  readonly awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource | undefined
  readonly azureDisk?: AzureDiskVolumeSource | undefined
  readonly azureFile?: AzureFileVolumeSource | undefined
  readonly cephfs?: CephFSVolumeSource | undefined
  readonly cinder?: CinderVolumeSource | undefined
  readonly configMap?: ConfigMapVolumeSource | undefined
  readonly csi?: CSIVolumeSource | undefined
  readonly downwardAPI?: DownwardAPIVolumeSource | undefined
  readonly emptyDir?: EmptyDirVolumeSource | undefined
  readonly ephemeral?: EphemeralVolumeSource | undefined
  readonly fc?: FCVolumeSource | undefined
  readonly flexVolume?: FlexVolumeSource | undefined
  readonly flocker?: FlockerVolumeSource | undefined
  readonly gcePersistentDisk?: GCEPersistentDiskVolumeSource | undefined
  readonly gitRepo?: GitRepoVolumeSource | undefined
  readonly glusterfs?: GlusterfsVolumeSource | undefined
  readonly hostPath?: HostPathVolumeSource | undefined
  readonly image?: ImageVolumeSource | undefined
  readonly iscsi?: ISCSIVolumeSource | undefined
  readonly name: string
  readonly nfs?: NFSVolumeSource | undefined
  readonly persistentVolumeClaim?: PersistentVolumeClaimVolumeSource | undefined
  readonly photonPersistentDisk?: PhotonPersistentDiskVolumeSource | undefined
  readonly portworxVolume?: PortworxVolumeSource | undefined
  readonly projected?: ProjectedVolumeSource | undefined
  readonly quobyte?: QuobyteVolumeSource | undefined
  readonly rbd?: RBDVolumeSource | undefined
  readonly scaleIO?: ScaleIOVolumeSource | undefined
  readonly secret?: SecretVolumeSource | undefined
  readonly storageos?: StorageOSVolumeSource | undefined
  readonly vsphereVolume?: VsphereVirtualDiskVolumeSource | undefined
}

export type VolumeDevice = {
  readonly devicePath: string
  readonly name: string
}

export type VolumeMount = {
  readonly mountPath: string
  readonly mountPropagation?: string | undefined
  readonly name: string
  readonly readOnly?: boolean | undefined
  readonly recursiveReadOnly?: string | undefined
  readonly subPath?: string | undefined
  readonly subPathExpr?: string | undefined
}

export type VolumeMountStatus = {
  readonly mountPath: string
  readonly name: string
  readonly readOnly?: boolean | undefined
  readonly recursiveReadOnly?: string | undefined
  readonly volumeStatus?: VolumeStatus | undefined
}

export type VolumeProjection = {
  readonly clusterTrustBundle?: ClusterTrustBundleProjection | undefined
  readonly configMap?: ConfigMapProjection | undefined
  readonly downwardAPI?: DownwardAPIProjection | undefined
  readonly podCertificate?: PodCertificateProjection | undefined
  readonly secret?: SecretProjection | undefined
  readonly serviceAccountToken?: ServiceAccountTokenProjection | undefined
}

export type VolumeResourceRequirements = {
  readonly limits?: Readonly<Record<string, string | number>> | undefined
  readonly requests?: Readonly<Record<string, string | number>> | undefined
}

export type VolumeStatus = {
  readonly image?: ImageVolumeStatus | undefined
}

export type VsphereVirtualDiskVolumeSource = {
  readonly fsType?: string | undefined
  readonly storagePolicyID?: string | undefined
  readonly storagePolicyName?: string | undefined
  readonly volumePath: string
}

export type WeightedPodAffinityTerm = {
  readonly podAffinityTerm: PodAffinityTerm
  readonly weight: number
}

export type WindowsSecurityContextOptions = {
  readonly gmsaCredentialSpec?: string | undefined
  readonly gmsaCredentialSpecName?: string | undefined
  readonly hostProcess?: boolean | undefined
  readonly runAsUserName?: string | undefined
}
