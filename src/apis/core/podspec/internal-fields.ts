/**
 * The fields of the structures that upstream holds pods in, in its order: `Name:form`, with `=wire` when the wire name
 * is not the name with a small first letter, and `+Other` for a structure whose fields stand among its own.
 *
 * Forms of an unset value: `s` empty text, `b` false, `i` 0, `q` a zero amount, `o` port 0, `n` null, `m` null or a map,
 * `l` null or a label selector; a structure's name, with `*` when it may be null and `[]` for a list.
 *
 * @source kubernetes v1.36 pkg/apis/core/types.go (facts: names, order and kinds of fields)
 */
export const internalFields = `
PodTemplateSpec: +metav1.ObjectMeta Spec:PodSpec
PodSpec: Volumes:[]Volume InitContainers:[]Container Containers:[]Container EphemeralContainers:[]EphemeralContainer
  RestartPolicy:s TerminationGracePeriodSeconds:n ActiveDeadlineSeconds:n DNSPolicy=dnsPolicy:s NodeSelector:m
  ServiceAccountName:s AutomountServiceAccountToken:n NodeName:s SecurityContext:*PodSecurityContext
  ImagePullSecrets:[]LocalObjectReference Hostname:s Subdomain:s SetHostnameAsFQDN:n Affinity:*Affinity
  SchedulerName:s Tolerations:[]Toleration HostAliases:[]HostAlias PriorityClassName:s Priority:n PreemptionPolicy:n
  DNSConfig=dnsConfig:*PodDNSConfig ReadinessGates:[]PodReadinessGate RuntimeClassName:n Overhead:m
  EnableServiceLinks:n TopologySpreadConstraints:[]TopologySpreadConstraint OS=os:*PodOS
  SchedulingGates:[]PodSchedulingGate ResourceClaims:[]PodResourceClaim Resources:*ResourceRequirements
  HostnameOverride:n SchedulingGroup:*PodSchedulingGroup
Volume: Name:s +VolumeSource
VolumeSource: HostPath:*HostPathVolumeSource EmptyDir:*EmptyDirVolumeSource
  GCEPersistentDisk=gcePersistentDisk:*GCEPersistentDiskVolumeSource
  AWSElasticBlockStore=awsElasticBlockStore:*AWSElasticBlockStoreVolumeSource GitRepo:*GitRepoVolumeSource
  Secret:*SecretVolumeSource NFS=nfs:*NFSVolumeSource ISCSI=iscsi:*ISCSIVolumeSource Glusterfs:*GlusterfsVolumeSource
  PersistentVolumeClaim:*PersistentVolumeClaimVolumeSource RBD=rbd:*RBDVolumeSource Quobyte:*QuobyteVolumeSource
  FlexVolume:*FlexVolumeSource Cinder:*CinderVolumeSource CephFS=cephfs:*CephFSVolumeSource
  Flocker:*FlockerVolumeSource DownwardAPI:*DownwardAPIVolumeSource FC=fc:*FCVolumeSource
  AzureFile:*AzureFileVolumeSource ConfigMap:*ConfigMapVolumeSource VsphereVolume:*VsphereVirtualDiskVolumeSource
  AzureDisk:*AzureDiskVolumeSource PhotonPersistentDisk:*PhotonPersistentDiskVolumeSource
  Projected:*ProjectedVolumeSource PortworxVolume:*PortworxVolumeSource ScaleIO:*ScaleIOVolumeSource
  StorageOS=storageos:*StorageOSVolumeSource CSI=csi:*CSIVolumeSource Ephemeral:*EphemeralVolumeSource
  Image:*ImageVolumeSource
HostPathVolumeSource: Path:s Type:n
EmptyDirVolumeSource: Medium:s SizeLimit:n
GCEPersistentDiskVolumeSource: PDName=pdName:s FSType=fsType:s Partition:i ReadOnly:b
AWSElasticBlockStoreVolumeSource: VolumeID:s FSType=fsType:s Partition:i ReadOnly:b
GitRepoVolumeSource: Repository:s Revision:s Directory:s
SecretVolumeSource: SecretName:s Items:[]KeyToPath DefaultMode:n Optional:n
KeyToPath: Key:s Path:s Mode:n
NFSVolumeSource: Server:s Path:s ReadOnly:b
ISCSIVolumeSource: TargetPortal:s IQN=iqn:s Lun:i ISCSIInterface=iscsiInterface:s FSType=fsType:s ReadOnly:b Portals:n
  DiscoveryCHAPAuth=chapAuthDiscovery:b SessionCHAPAuth=chapAuthSession:b SecretRef:*LocalObjectReference
  InitiatorName:n
LocalObjectReference: Name:s
GlusterfsVolumeSource: EndpointsName=endpoints:s Path:s ReadOnly:b
PersistentVolumeClaimVolumeSource: ClaimName:s ReadOnly:b
RBDVolumeSource: CephMonitors=monitors:n RBDImage=image:s FSType=fsType:s RBDPool=pool:s RadosUser=user:s Keyring:s
  SecretRef:*LocalObjectReference ReadOnly:b
QuobyteVolumeSource: Registry:s Volume:s ReadOnly:b User:s Group:s Tenant:s
FlexVolumeSource: Driver:s FSType=fsType:s SecretRef:*LocalObjectReference ReadOnly:b Options:m
CinderVolumeSource: VolumeID:s FSType=fsType:s ReadOnly:b SecretRef:*LocalObjectReference
CephFSVolumeSource: Monitors:n Path:s User:s SecretFile:s SecretRef:*LocalObjectReference ReadOnly:b
FlockerVolumeSource: DatasetName:s DatasetUUID:s
DownwardAPIVolumeSource: Items:[]DownwardAPIVolumeFile DefaultMode:n
DownwardAPIVolumeFile: Path:s FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector Mode:n
ObjectFieldSelector: APIVersion=apiVersion:s FieldPath:s
ResourceFieldSelector: ContainerName:s Resource:s Divisor:q
FCVolumeSource: TargetWWNs:n Lun:n FSType=fsType:s ReadOnly:b WWIDs=wwids:n
AzureFileVolumeSource: SecretName:s ShareName:s ReadOnly:b
ConfigMapVolumeSource: +LocalObjectReference Items:[]KeyToPath DefaultMode:n Optional:n
VsphereVirtualDiskVolumeSource: VolumePath:s FSType=fsType:s StoragePolicyName:s StoragePolicyID:s
AzureDiskVolumeSource: DiskName:s DataDiskURI=diskURI:s CachingMode:n FSType=fsType:n ReadOnly:n Kind:n
PhotonPersistentDiskVolumeSource: PdID:s FSType=fsType:s
ProjectedVolumeSource: Sources:[]VolumeProjection DefaultMode:n
VolumeProjection: Secret:*SecretProjection DownwardAPI:*DownwardAPIProjection ConfigMap:*ConfigMapProjection
  ServiceAccountToken:*ServiceAccountTokenProjection ClusterTrustBundle:*ClusterTrustBundleProjection
  PodCertificate:*PodCertificateProjection
SecretProjection: +LocalObjectReference Items:[]KeyToPath Optional:n
DownwardAPIProjection: Items:[]DownwardAPIVolumeFile
ConfigMapProjection: +LocalObjectReference Items:[]KeyToPath Optional:n
ServiceAccountTokenProjection: Audience:s ExpirationSeconds:i Path:s
ClusterTrustBundleProjection: Name:n SignerName:n LabelSelector:l Optional:n Path:s
PodCertificateProjection: SignerName:s KeyType:s MaxExpirationSeconds:n CredentialBundlePath:s KeyPath:s
  CertificateChainPath:s UserAnnotations:m
PortworxVolumeSource: VolumeID:s FSType=fsType:s ReadOnly:b
ScaleIOVolumeSource: Gateway:s System:s SecretRef:*LocalObjectReference SSLEnabled=sslEnabled:b ProtectionDomain:s
  StoragePool:s StorageMode:s VolumeName:s FSType=fsType:s ReadOnly:b
StorageOSVolumeSource: VolumeName:s VolumeNamespace:s FSType=fsType:s ReadOnly:b SecretRef:*LocalObjectReference
CSIVolumeSource: Driver:s ReadOnly:n FSType=fsType:n VolumeAttributes:m NodePublishSecretRef:*LocalObjectReference
EphemeralVolumeSource: VolumeClaimTemplate:*PersistentVolumeClaimTemplate
PersistentVolumeClaimTemplate: +metav1.ObjectMeta Spec:PersistentVolumeClaimSpec
PersistentVolumeClaimSpec: AccessModes:n Selector:l Resources:VolumeResourceRequirements VolumeName:s
  StorageClassName:n VolumeMode:n DataSource:*TypedLocalObjectReference DataSourceRef:*TypedObjectReference
  VolumeAttributesClassName:n
VolumeResourceRequirements: Limits:m Requests:m
TypedLocalObjectReference: APIGroup=apiGroup:n Kind:s Name:s
TypedObjectReference: APIGroup=apiGroup:n Kind:s Name:s Namespace:n
ImageVolumeSource: Reference:s PullPolicy:s
Container: Name:s Image:s Command:n Args:n WorkingDir:s Ports:[]ContainerPort EnvFrom:[]EnvFromSource Env:[]EnvVar
  Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy RestartPolicy:n
  RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice
  LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath:s
  TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY=tty:b
ContainerPort: Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s
EnvFromSource: Prefix:s ConfigMapRef:*ConfigMapEnvSource SecretRef:*SecretEnvSource
ConfigMapEnvSource: +LocalObjectReference Optional:n
SecretEnvSource: +LocalObjectReference Optional:n
EnvVar: Name:s Value:s ValueFrom:*EnvVarSource
EnvVarSource: FieldRef:*ObjectFieldSelector ResourceFieldRef:*ResourceFieldSelector
  ConfigMapKeyRef:*ConfigMapKeySelector SecretKeyRef:*SecretKeySelector FileKeyRef:*FileKeySelector
ConfigMapKeySelector: +LocalObjectReference Key:s Optional:n
SecretKeySelector: +LocalObjectReference Key:s Optional:n
FileKeySelector: VolumeName:s Path:s Key:s Optional:n
ResourceRequirements: Limits:m Requests:m Claims:[]ResourceClaim
ResourceClaim: Name:s Request:s
ContainerResizePolicy: ResourceName:s RestartPolicy:s
ContainerRestartRule: Action:s ExitCodes:*ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes: Operator:s Values:n
VolumeMount: Name:s ReadOnly:b RecursiveReadOnly:n MountPath:s SubPath:s MountPropagation:n SubPathExpr:s
VolumeDevice: Name:s DevicePath:s
Probe: +ProbeHandler InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i SuccessThreshold:i FailureThreshold:i
  TerminationGracePeriodSeconds:n
ProbeHandler: Exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction
  GRPC=grpc:*GRPCAction
ExecAction: Command:n
HTTPGetAction: Path:s Port:o Host:s Scheme:s HTTPHeaders=httpHeaders:[]HTTPHeader
HTTPHeader: Name:s Value:s
TCPSocketAction: Port:o Host:s
GRPCAction: Port:i Service:n
Lifecycle: PostStart:*LifecycleHandler PreStop:*LifecycleHandler StopSignal:n
LifecycleHandler: Exec:*ExecAction HTTPGet=httpGet:*HTTPGetAction TCPSocket=tcpSocket:*TCPSocketAction
  Sleep:*SleepAction
SleepAction: Seconds:i
SecurityContext: Capabilities:*Capabilities Privileged:n SELinuxOptions=seLinuxOptions:*SELinuxOptions
  WindowsOptions:*WindowsSecurityContextOptions RunAsUser:n RunAsGroup:n RunAsNonRoot:n ReadOnlyRootFilesystem:n
  AllowPrivilegeEscalation:n ProcMount:n SeccompProfile:*SeccompProfile AppArmorProfile:*AppArmorProfile
Capabilities: Add:n Drop:n
SELinuxOptions: User:s Role:s Type:s Level:s
WindowsSecurityContextOptions: GMSACredentialSpecName=gmsaCredentialSpecName:n GMSACredentialSpec=gmsaCredentialSpec:n
  RunAsUserName:n HostProcess:n
SeccompProfile: Type:s LocalhostProfile:n
AppArmorProfile: Type:s LocalhostProfile:n
EphemeralContainer: +EphemeralContainerCommon TargetContainerName:s
EphemeralContainerCommon: Name:s Image:s Command:n Args:n WorkingDir:s Ports:[]ContainerPort EnvFrom:[]EnvFromSource
  Env:[]EnvVar Resources:ResourceRequirements ResizePolicy:[]ContainerResizePolicy RestartPolicy:n
  RestartPolicyRules:[]ContainerRestartRule VolumeMounts:[]VolumeMount VolumeDevices:[]VolumeDevice
  LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle TerminationMessagePath:s
  TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext:*SecurityContext Stdin:b StdinOnce:b TTY=tty:b
PodSecurityContext: HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:n HostUsers:n
  SELinuxOptions=seLinuxOptions:*SELinuxOptions WindowsOptions:*WindowsSecurityContextOptions RunAsUser:n RunAsGroup:n
  RunAsNonRoot:n SupplementalGroups:n SupplementalGroupsPolicy:n FSGroup=fsGroup:n
  FSGroupChangePolicy=fsGroupChangePolicy:n Sysctls:[]Sysctl SeccompProfile:*SeccompProfile
  AppArmorProfile:*AppArmorProfile SELinuxChangePolicy=seLinuxChangePolicy:n
Sysctl: Name:s Value:s
Affinity: NodeAffinity:*NodeAffinity PodAffinity:*PodAffinity PodAntiAffinity:*PodAntiAffinity
NodeAffinity: RequiredDuringSchedulingIgnoredDuringExecution:*NodeSelector
  PreferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
NodeSelector: NodeSelectorTerms:[]NodeSelectorTerm
NodeSelectorTerm: MatchExpressions:[]NodeSelectorRequirement MatchFields:[]NodeSelectorRequirement
NodeSelectorRequirement: Key:s Operator:s Values:n
PreferredSchedulingTerm: Weight:i Preference:NodeSelectorTerm
PodAffinity: RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
  PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
PodAffinityTerm: LabelSelector:l Namespaces:n TopologyKey:s NamespaceSelector:l MatchLabelKeys:n MismatchLabelKeys:n
WeightedPodAffinityTerm: Weight:i PodAffinityTerm:PodAffinityTerm
PodAntiAffinity: RequiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
  PreferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
Toleration: Key:s Operator:s Value:s Effect:s TolerationSeconds:n
HostAlias: IP=ip:s Hostnames:n
PodDNSConfig: Nameservers:n Searches:n Options:[]PodDNSConfigOption
PodDNSConfigOption: Name:s Value:n
PodReadinessGate: ConditionType:s
TopologySpreadConstraint: MaxSkew:i TopologyKey:s WhenUnsatisfiable:s LabelSelector:l MinDomains:n
  NodeAffinityPolicy:n NodeTaintsPolicy:n MatchLabelKeys:n
PodOS: Name:s
PodSchedulingGate: Name:s
PodResourceClaim: Name:s ResourceClaimName:n ResourceClaimTemplateName:n
PodSchedulingGroup: PodGroupName:n
`
