/**
 * What jobd does with each field of Jobs, CronJobs and their pods. tools/generate-reference.ts fails when the schema has a
 * field that is not here, or the other way round. The runtime is `process` where nothing else is said.
 */
import { gangScheduling } from '../src/apis/batch/index.ts'

export type TypeSupport = {
  /** Names of fields that do what upstream says. */
  readonly supported?: string
  /** Fields that do it with a remark. */
  readonly remarks?: Readonly<Record<string, string>>
  /** Fields that have no effect, with the values or always, which a warning says when the object is created. */
  readonly warned?: Readonly<Record<string, string>>
  /** Fields with which the object or the pod is refused, or waits, and what is said. */
  readonly refused?: Readonly<Record<string, string>>
  /** Fields of later versions, which the schema does not have and with which the object is refused. */
  readonly unbuilt?: Readonly<Record<string, string>>
}

const warned = 'a warning says that it has no effect'
const asRoot = 'others than those of jobd take jobd as root, else `CreateContainerConfigError`'
const dropped = 'left out when written, as upstream: the feature is off by default; a warning says so'
const otherVolume = 'the pod waits with `FailedMount`: volumes of this kind are not supported by this node'
const hostNetwork = 'as if it were set: pods have those of the host; obeyed by `--runtime docker`'
const notHost = 'of `image: host`: a warning says that it has no effect'
const ownName = 'with `image: host` the value of `HOSTNAME` only'
const unused = 'not used, which a warning says; used by `--runtime docker`'

const otherVolumes: readonly string[] = [
  ...['awsElasticBlockStore', 'azureDisk', 'azureFile', 'cephfs', 'cinder', 'csi', 'ephemeral', 'fc', 'flexVolume'],
  ...['flocker', 'gcePersistentDisk', 'gitRepo', 'glusterfs', 'image', 'iscsi', 'nfs', 'photonPersistentDisk'],
  ...['portworxVolume', 'quobyte', 'rbd', 'scaleIO', 'storageos', 'vsphereVolume'],
]

export const fieldSupport: Readonly<Record<string, TypeSupport>> = {
  'batch.v1.Job': { supported: 'apiVersion kind metadata spec status' },
  'batch.v1.JobSpec': {
    supported:
      'activeDeadlineSeconds backoffLimit backoffLimitPerIndex completionMode completions managedBy manualSelector maxFailedIndexes parallelism podFailurePolicy podReplacementPolicy selector successPolicy suspend template ttlSecondsAfterFinished',
    unbuilt: { scheduling: `422: ${gangScheduling}; with \`--exact\` an unknown field` },
  },
  'batch.v1.PodFailurePolicy': { supported: 'rules' },
  'batch.v1.PodFailurePolicyRule': { supported: 'action onExitCodes onPodConditions' },
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': { supported: 'containerName operator values' },
  'batch.v1.PodFailurePolicyOnPodConditionsPattern': { supported: 'status type' },
  'batch.v1.SuccessPolicy': { supported: 'rules' },
  'batch.v1.SuccessPolicyRule': { supported: 'succeededCount succeededIndexes' },
  'batch.v1.JobStatus': {
    supported:
      'active completedIndexes completionTime conditions failed failedIndexes ready startTime succeeded terminating uncountedTerminatedPods',
  },
  'batch.v1.JobCondition': { supported: 'lastProbeTime lastTransitionTime message reason status type' },
  'batch.v1.UncountedTerminatedPods': { supported: 'failed succeeded' },
  'batch.v1.CronJob': { supported: 'apiVersion kind metadata spec status' },
  'batch.v1.CronJobSpec': {
    supported:
      'concurrencyPolicy failedJobsHistoryLimit jobTemplate schedule startingDeadlineSeconds successfulJobsHistoryLimit suspend',
    remarks: { timeZone: 'without it the zone of `jobd up --time-zone`, else `TZ`, else of the machine' },
  },
  'batch.v1.JobTemplateSpec': { supported: 'metadata spec' },
  'batch.v1.CronJobStatus': { supported: 'active lastScheduleTime lastSuccessfulTime' },
  'core.v1.ObjectReference': { supported: 'apiVersion fieldPath kind name namespace resourceVersion uid' },
  'meta.v1.ObjectMeta': {
    supported:
      'annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation labels managedFields name namespace ownerReferences resourceVersion uid',
    remarks: { selfLink: 'dropped when written, as upstream' },
  },
  'meta.v1.ManagedFieldsEntry': { supported: 'apiVersion fieldsType fieldsV1 manager operation subresource time' },
  'meta.v1.OwnerReference': { supported: 'apiVersion blockOwnerDeletion controller kind name uid' },
  'meta.v1.LabelSelector': { supported: 'matchExpressions matchLabels' },
  'meta.v1.LabelSelectorRequirement': { supported: 'key operator values' },
  'core.v1.PodTemplateSpec': { supported: 'metadata spec' },
  'core.v1.PodSpec': {
    supported:
      'activeDeadlineSeconds affinity automountServiceAccountToken containers enableServiceLinks initContainers nodeName nodeSelector overhead readinessGates restartPolicy schedulingGates securityContext serviceAccount serviceAccountName terminationGracePeriodSeconds tolerations volumes',
    remarks: {
      hostAliases: `in \`/etc/hosts\`; ${notHost}`,
      hostname: ownName,
      hostnameOverride: ownName,
      hostIPC: hostNetwork,
      hostNetwork,
      os: '`windows`: the pod fails with `PodOSNotSupported`, as upstream',
      priority: 'the order in which waiting pods start; no pod is preempted',
      priorityClassName: 'sets `priority`',
      resources: 'requests count when pods are placed; limits are enforced for containers only',
      setHostnameAsFQDN: notHost,
      subdomain: `with a Service of that name pods find each other by \`<hostname>.<subdomain>\`; ${notHost}`,
      schedulerName: 'a pod for another scheduler waits for it, as upstream',
    },
    warned: {
      dnsConfig: `${warned}; obeyed by \`--runtime docker\``,
      dnsPolicy: `\`None\`: ${warned}; others: the network of the host; obeyed by \`--runtime docker\``,
      hostPID: `${warned}; obeyed by \`--runtime docker\``,
      hostUsers: `\`false\`: ${warned}`,
      imagePullSecrets: unused,
      preemptionPolicy: `\`PreemptLowerPriority\` of a pod that goes before others: ${warned}`,
      resourceClaims: warned,
      schedulingGroup: dropped,
      shareProcessNamespace: `${warned}; obeyed by \`--runtime docker\``,
      topologySpreadConstraints: `${warned}: there is one node`,
    },
    refused: {
      ephemeralContainers:
        '`kubectl debug` of a running pod is answered with 422, and what to do instead: `kubectl exec` or `--copy-to`; with `--runtime none` they are taken as upstream',
      runtimeClassName: 'the pod is refused: `pod rejected: RuntimeClass "…" not found`',
    },
  },
  'core.v1.Affinity': { supported: 'nodeAffinity', warned: { podAffinity: warned, podAntiAffinity: warned } },
  'core.v1.NodeAffinity': {
    supported: 'requiredDuringSchedulingIgnoredDuringExecution',
    remarks: { preferredDuringSchedulingIgnoredDuringExecution: 'one node: there is nothing to prefer' },
  },
  'core.v1.PodOS': { supported: 'name' },
  'core.v1.PreferredSchedulingTerm': { remarks: { preference: 'as above', weight: 'as above' } },
  'core.v1.NodeSelector': { supported: 'nodeSelectorTerms' },
  'core.v1.NodeSelectorTerm': { supported: 'matchExpressions matchFields' },
  'core.v1.NodeSelectorRequirement': { supported: 'key operator values' },
  'core.v1.HostAlias': { supported: 'hostnames ip' },
  'core.v1.PodReadinessGate': { supported: 'conditionType' },
  'core.v1.PodSchedulingGate': { supported: 'name' },
  'core.v1.Toleration': { supported: 'effect key operator tolerationSeconds value' },
  'core.v1.PodSecurityContext': {
    supported: 'runAsNonRoot',
    remarks: {
      fsGroup: asRoot,
      fsGroupChangePolicy: 'for claims; other volumes are new with each pod',
      runAsGroup: asRoot,
      runAsUser: asRoot,
      seccompProfile: `\`Unconfined\`; others: ${warned}`,
      supplementalGroups: asRoot,
    },
    warned: {
      appArmorProfile: warned,
      seLinuxChangePolicy: warned,
      seLinuxOptions: warned,
      supplementalGroupsPolicy: `\`Strict\`: ${warned}`,
      sysctls: warned,
      windowsOptions: warned,
    },
  },
  'core.v1.Container': {
    supported:
      'args command env envFrom lifecycle livenessProbe name readinessProbe resources restartPolicy restartPolicyRules securityContext startupProbe stdin stdinOnce terminationMessagePath terminationMessagePolicy tty volumeMounts workingDir',
    remarks: { ports: 'names for probes and Services; a program listens where it wants to' },
    warned: {
      image:
        'not used, which a warning says unless it is `host`; used with `--image-policy map` and by `--runtime docker`',
      imagePullPolicy: 'as `image`',
      resizePolicy: `\`RestartContainer\`: ${warned}`,
      volumeDevices: warned,
    },
  },
  'core.v1.EnvVar': { supported: 'name value valueFrom' },
  'core.v1.EnvVarSource': {
    supported: 'configMapKeyRef fieldRef resourceFieldRef secretKeyRef',
    refused: {
      fileKeyRef:
        'the pod waits with `CreateContainerConfigError`: `env NAME: valueFrom.fileKeyRef is not supported by this node`',
    },
  },
  'core.v1.ConfigMapKeySelector': { supported: 'key name optional' },
  'core.v1.SecretKeySelector': { supported: 'key name optional' },
  'core.v1.ObjectFieldSelector': { supported: 'apiVersion fieldPath' },
  'core.v1.ResourceFieldSelector': { supported: 'containerName divisor resource' },
  'core.v1.EnvFromSource': { supported: 'configMapRef prefix secretRef' },
  'core.v1.ConfigMapEnvSource': { supported: 'name optional' },
  'core.v1.SecretEnvSource': { supported: 'name optional' },
  'core.v1.Lifecycle': { supported: 'postStart preStop', warned: { stopSignal: dropped } },
  'core.v1.LifecycleHandler': { supported: 'exec httpGet sleep tcpSocket' },
  'core.v1.ExecAction': { supported: 'command' },
  'core.v1.GRPCAction': { supported: 'port service' },
  'core.v1.HTTPGetAction': { supported: 'host httpHeaders path port scheme' },
  'core.v1.HTTPHeader': { supported: 'name value' },
  'core.v1.SleepAction': { supported: 'seconds' },
  'core.v1.TCPSocketAction': { supported: 'host port' },
  'core.v1.Probe': {
    supported:
      'exec failureThreshold grpc httpGet initialDelaySeconds periodSeconds successThreshold tcpSocket terminationGracePeriodSeconds timeoutSeconds',
  },
  'core.v1.ContainerPort': {
    supported: 'containerPort name protocol',
    warned: { hostIP: warned, hostPort: `another than \`containerPort\`: ${warned}` },
  },
  'core.v1.ResourceRequirements': {
    remarks: {
      limits:
        '`cpu` and `memory` are enforced where control groups may be made, else the event `LimitsNotEnforced`; others count as requests alone',
      requests: 'decide how many pods run at once; `jobd up --resource` declares more than cpu and memory',
    },
    warned: { claims: warned },
  },
  'core.v1.ContainerRestartRule': { supported: 'action exitCodes' },
  'core.v1.ContainerRestartRuleOnExitCodes': { supported: 'operator values' },
  'core.v1.SecurityContext': {
    supported: 'allowPrivilegeEscalation runAsNonRoot',
    remarks: {
      capabilities:
        'a program of root has all but those that are dropped; `add` takes jobd as root, else `CreateContainerConfigError`',
      privileged: 'as root, else `CreateContainerConfigError`',
      procMount: 'as `Unmasked` in any case: nothing of `/proc` is masked',
      readOnlyRootFilesystem:
        'the files of the host, `/tmp` among them, or of the mapped image; `/dev` stays as it is; `false` opens nothing',
      runAsGroup: asRoot,
      runAsUser: asRoot,
      seccompProfile: `\`Unconfined\`; others: ${warned}`,
    },
    warned: {
      appArmorProfile: warned,
      seLinuxOptions: warned,
      windowsOptions: warned,
    },
  },
  'core.v1.Capabilities': { supported: 'add drop' },
  'core.v1.SeccompProfile': { supported: 'type', warned: { localhostProfile: warned } },
  'core.v1.VolumeMount': {
    supported: 'mountPath name readOnly subPath subPathExpr',
    warned: {
      mountPropagation: `others than \`None\`: ${warned}`,
      recursiveReadOnly: `others than \`Disabled\`: ${warned}`,
    },
  },
  'core.v1.Volume': {
    supported: 'configMap downwardAPI emptyDir hostPath name projected secret',
    remarks: { persistentVolumeClaim: 'a local directory, bound at once' },
    refused: Object.fromEntries(otherVolumes.map((kind) => [kind, otherVolume])),
  },
  'core.v1.ConfigMapVolumeSource': { supported: 'defaultMode items name optional' },
  'core.v1.SecretVolumeSource': { supported: 'defaultMode items optional secretName' },
  'core.v1.KeyToPath': { supported: 'key mode path' },
  'core.v1.DownwardAPIVolumeSource': { supported: 'defaultMode items' },
  'core.v1.DownwardAPIVolumeFile': { supported: 'fieldRef mode path resourceFieldRef' },
  'core.v1.EmptyDirVolumeSource': {
    remarks: {
      medium:
        '`Memory`: a tmpfs of that size where jobd runs as root, else a directory as others, which the event `LimitsNotEnforced` says',
      sizeLimit:
        'in memory more cannot be written; elsewhere looked at every ten seconds: a pod that has more is `Evicted`',
    },
  },
  'core.v1.HostPathVolumeSource': { supported: 'path type' },
  'core.v1.PersistentVolumeClaimVolumeSource': { supported: 'claimName readOnly' },
  'core.v1.ProjectedVolumeSource': { supported: 'defaultMode sources' },
  'core.v1.VolumeProjection': {
    supported: 'configMap downwardAPI secret serviceAccountToken',
    warned: { clusterTrustBundle: dropped, podCertificate: dropped },
  },
  'core.v1.ConfigMapProjection': { supported: 'items name optional' },
  'core.v1.DownwardAPIProjection': { supported: 'items' },
  'core.v1.SecretProjection': { supported: 'items name optional' },
  'core.v1.ServiceAccountTokenProjection': { supported: 'audience expirationSeconds path' },
}
