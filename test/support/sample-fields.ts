/** An object with one field of the schema set, made from the schema: for tests that go through every field. */
import { type FieldSchema, schema } from '../../src/apimachinery/index.ts'
import { fieldRows, refOf, rootTypes } from '../../tools/field-rows.ts'

type Part = Readonly<Record<string, unknown>>
type Step = { readonly type: string; readonly field: string }
export type Sample = { readonly path: string; readonly object: Part }

const container: Part = { name: 'main', image: 'host', command: ['true'] }

/** What the schema does not know: values that mean something, by `Type.field`. The rest is made from types and enums. */
const values: Readonly<Record<string, unknown>> = {
  'batch.v1.Job.apiVersion': 'batch/v1',
  'batch.v1.Job.kind': 'Job',
  'batch.v1.CronJob.apiVersion': 'batch/v1',
  'batch.v1.CronJob.kind': 'CronJob',
  'core.v1.Pod.apiVersion': 'v1',
  'core.v1.Pod.kind': 'Pod',
  'batch.v1.CronJobSpec.schedule': '0 0 1 1 *',
  'batch.v1.CronJobSpec.timeZone': 'Etc/UTC',
  'batch.v1.JobSpec.managedBy': 'example.com/a',
  'batch.v1.JobSpec.selector': { matchLabels: { a: 'a' } },
  'batch.v1.PodFailurePolicyOnExitCodesRequirement.containerName': 'main',
  'batch.v1.PodFailurePolicyOnPodConditionsPattern.status': 'True',
  'batch.v1.SuccessPolicyRule.succeededIndexes': '0',
  'meta.v1.LabelSelector.matchLabels': { a: 'a' },
  'meta.v1.LabelSelectorRequirement.key': 'a',
  'meta.v1.LabelSelectorRequirement.operator': 'In',
  'meta.v1.LabelSelectorRequirement.values': ['a'],
  'meta.v1.ObjectMeta.finalizers': ['example.com/a'],
  'meta.v1.ObjectMeta.namespace': 'default',
  'core.v1.PodSpec.dnsPolicy': 'None',
  'core.v1.PodSpec.hostUsers': false,
  'core.v1.PodSpec.initContainers': [{ name: 'a', image: 'host', command: ['true'] }],
  'core.v1.PodSpec.ephemeralContainers': [{ name: 'a', image: 'host' }],
  'core.v1.PodSpec.overhead': { cpu: '1m' },
  'core.v1.PodSpec.preemptionPolicy': 'PreemptLowerPriority',
  'core.v1.PodSpec.priority': 1000,
  'core.v1.PodSpec.priorityClassName': 'high',
  'core.v1.PodSpec.resourceClaims': [{ name: 'a', resourceClaimName: 'a' }],
  'core.v1.PodSpec.restartPolicy': 'Never',
  'core.v1.PodSpec.serviceAccount': 'default',
  'core.v1.PodSpec.serviceAccountName': 'default',
  'core.v1.PodDNSConfig.nameservers': ['10.0.0.1'],
  'core.v1.HostAlias.ip': '10.0.0.1',
  'core.v1.PodOS.name': 'linux',
  'core.v1.Toleration.operator': 'Exists',
  'core.v1.Toleration.effect': 'NoExecute',
  'core.v1.NodeSelectorRequirement.operator': 'In',
  'core.v1.NodeSelectorRequirement.values': ['a'],
  'core.v1.NodeSelectorTerm.matchFields': [{ key: 'metadata.name', operator: 'In', values: ['a'] }],
  'core.v1.PodSecurityContext.seLinuxChangePolicy': 'Recursive',
  'core.v1.PodSecurityContext.fsGroupChangePolicy': 'OnRootMismatch',
  'core.v1.PodSecurityContext.supplementalGroupsPolicy': 'Strict',
  'core.v1.PodSecurityContext.sysctls': [{ name: 'kernel.shm_rmid_forced', value: '1' }],
  'core.v1.SeccompProfile.type': 'Unconfined',
  'core.v1.AppArmorProfile.type': 'RuntimeDefault',
  'core.v1.SecurityContext.procMount': 'Unmasked',
  'core.v1.Capabilities.drop': ['ALL'],
  'core.v1.Capabilities.add': ['CHOWN'],
  'core.v1.Container.image': 'busybox',
  'core.v1.Container.name': 'main',
  'core.v1.Container.restartPolicy': 'OnFailure',
  'core.v1.Container.terminationMessagePath': '/a',
  'core.v1.ContainerPort.hostPort': 2,
  'core.v1.ContainerPort.hostIP': '127.0.0.1',
  'core.v1.ContainerRestartRule.action': 'Restart',
  'core.v1.ContainerRestartRuleOnExitCodes.operator': 'In',
  'core.v1.ContainerRestartRuleOnExitCodes.values': [1],
  'core.v1.ContainerResizePolicy.resourceName': 'cpu',
  'core.v1.ContainerResizePolicy.restartPolicy': 'RestartContainer',
  'core.v1.EnvVar.name': 'A',
  'core.v1.ExecAction.command': ['true'],
  'core.v1.HTTPGetAction.path': '/a',
  'core.v1.ObjectFieldSelector.apiVersion': 'v1',
  'core.v1.ObjectFieldSelector.fieldPath': 'metadata.name',
  'core.v1.ResourceFieldSelector.resource': 'limits.cpu',
  'core.v1.ResourceFieldSelector.containerName': 'main',
  'core.v1.ResourceFieldSelector.divisor': '1m',
  'core.v1.ResourceRequirements.limits': { cpu: '1' },
  'core.v1.ResourceRequirements.requests': { cpu: '1m' },
  'core.v1.Volume.name': 'v',
  'core.v1.VolumeMount.name': 'v',
  'core.v1.VolumeMount.mountPath': '/a',
  'core.v1.VolumeMount.mountPropagation': 'HostToContainer',
  'core.v1.VolumeMount.recursiveReadOnly': 'Enabled',
  'core.v1.VolumeMount.subPathExpr': '$(A)',
  'core.v1.VolumeDevice.name': 'c',
  'core.v1.EmptyDirVolumeSource.medium': 'Memory',
  'core.v1.EmptyDirVolumeSource.sizeLimit': '1Mi',
  'core.v1.HostPathVolumeSource.path': '/a',
  'core.v1.ServiceAccountTokenProjection.expirationSeconds': 600,
}

/** What another field of the same part must say for a field to be valid; undefined takes a field away. */
const beside: Readonly<Record<string, Part>> = {
  'batch.v1.JobSpec.backoffLimitPerIndex': { completionMode: 'Indexed', completions: 1 },
  'batch.v1.JobSpec.completionMode': { completions: 1 },
  'batch.v1.JobSpec.manualSelector': manual(),
  'batch.v1.JobSpec.selector': manual(),
  'batch.v1.JobSpec.maxFailedIndexes': { completionMode: 'Indexed', completions: 1, backoffLimitPerIndex: 1 },
  'batch.v1.JobSpec.successPolicy': { completionMode: 'Indexed', completions: 1 },
  'meta.v1.LabelSelectorRequirement.key': { operator: 'In', values: ['a'] },
  'core.v1.PodSpec.dnsPolicy': { dnsConfig: { nameservers: ['10.0.0.1'] } },
  'core.v1.PodSpec.priority': { priorityClassName: 'high' },
  'core.v1.PodSpec.preemptionPolicy': { priorityClassName: 'high' },
  'core.v1.Toleration.value': { operator: 'Equal', key: 'a' },
  'core.v1.Toleration.tolerationSeconds': { effect: 'NoExecute', key: 'a' },
  'core.v1.NodeSelectorTerm.matchFields': { matchExpressions: undefined },
  'core.v1.SeccompProfile.localhostProfile': { type: 'Localhost' },
  'core.v1.SecurityContext.allowPrivilegeEscalation': { privileged: undefined },
  'core.v1.Container.imagePullPolicy': { image: 'busybox' },
  'core.v1.PodSpec.imagePullSecrets': { containers: [{ ...container, image: 'busybox' }] },
  'core.v1.Container.restartPolicyRules': { restartPolicy: 'Never' },
  'core.v1.Container.stdinOnce': { stdin: true },
  'core.v1.EnvVar.valueFrom': { value: undefined },
  'core.v1.VolumeMount.recursiveReadOnly': { readOnly: true },
}

/** What a pod must have for a field somewhere in it, by `Type.field`. */
const inPod: Readonly<Record<string, Part>> = {
  'core.v1.Container.resizePolicy': { restartPolicy: 'OnFailure' },
  'core.v1.Container.volumeDevices': { volumes: [{ name: 'c', persistentVolumeClaim: { claimName: 'c' } }] },
  'core.v1.ResourceRequirements.claims': { resourceClaims: [{ name: 'a', resourceClaimName: 'a' }] },
  'core.v1.SecurityContext.procMount': { hostUsers: false },
}

/** The Job of a selector that its maker chose. */
function manual(): Part {
  const template = { metadata: { labels: { a: 'a' } }, spec: pod() }
  return { manualSelector: true, selector: { matchLabels: { a: 'a' } }, template }
}

function pod(): Part {
  return {
    restartPolicy: 'Never',
    containers: [container],
    volumes: [{ name: 'v', emptyDir: {} }],
  }
}

/** Of these fields a part has one: the one that is asked for, else the first. */
const choices: Readonly<Record<string, readonly string[]>> = {
  'batch.v1.PodFailurePolicyRule': ['onExitCodes', 'onPodConditions'],
  'batch.v1.SuccessPolicyRule': ['succeededCount', 'succeededIndexes'],
  'core.v1.DownwardAPIVolumeFile': ['fieldRef', 'resourceFieldRef'],
  'core.v1.EnvFromSource': ['configMapRef', 'secretRef'],
  'core.v1.EnvVarSource': ['configMapKeyRef', 'fieldRef', 'fileKeyRef', 'resourceFieldRef', 'secretKeyRef'],
  'core.v1.LifecycleHandler': ['exec', 'httpGet', 'sleep', 'tcpSocket'],
  'core.v1.NodeSelectorTerm': ['matchExpressions', 'matchFields'],
  'core.v1.Probe': ['exec', 'grpc', 'httpGet', 'tcpSocket'],
  'core.v1.Volume': Object.keys(schema.types['core.v1.Volume']?.fields ?? {}).filter((field) => field !== 'name'),
  'core.v1.VolumeProjection': [
    'configMap',
    'clusterTrustBundle',
    'downwardAPI',
    'podCertificate',
    'secret',
    'serviceAccountToken',
  ],
}

/** Fields that a part needs although the schema does not say so. */
const needed: Readonly<Record<string, readonly string[]>> = {
  'batch.v1.Job': ['apiVersion', 'kind', 'metadata', 'spec'],
  'batch.v1.CronJob': ['apiVersion', 'kind', 'metadata', 'spec'],
  'batch.v1.JobTemplateSpec': ['spec'],
  'core.v1.Pod': ['apiVersion', 'kind', 'metadata', 'spec'],
  'core.v1.PodTemplateSpec': ['spec'],
  'core.v1.ConfigMapEnvSource': ['name'],
  'core.v1.ConfigMapKeySelector': ['name'],
  'core.v1.ConfigMapProjection': ['name'],
  'core.v1.ConfigMapVolumeSource': ['name'],
  'core.v1.ContainerRestartRule': ['exitCodes'],
  'core.v1.EnvVar': ['value'],
  'core.v1.ExecAction': ['command'],
  'core.v1.HTTPGetAction': ['path'],
  'core.v1.ContainerRestartRuleOnExitCodes': ['values'],
  'core.v1.LabelSelectorRequirement': ['values'],
  'core.v1.NodeSelectorRequirement': ['values'],
  'core.v1.PodFailurePolicyOnExitCodesRequirement': ['values'],
  'core.v1.ResourceFieldSelector': ['containerName'],
  'core.v1.SecretEnvSource': ['name'],
  'core.v1.SecretKeySelector': ['name'],
  'core.v1.SecretProjection': ['name'],
  'core.v1.SecretVolumeSource': ['secretName'],
  'core.v1.Toleration': ['operator'],
  'meta.v1.LabelSelectorRequirement': ['values'],
  'meta.v1.ObjectMeta': ['name'],
}

/** A value of the type of a field. */
function fieldValue(type: string, field: string, rule: FieldSchema): unknown {
  const given = values[`${type}.${field}`]
  if (given !== undefined) return given
  if (rule.list !== undefined) return [fieldValue(type, field, rule.list)]
  if (rule.map !== undefined) return { a: fieldValue(type, field, rule.map) }
  if (rule.ref !== undefined) return partOf(rule.ref)
  return rule.enum?.[0] ?? scalars[rule.type ?? 'string']
}

const scalars: Readonly<Record<string, unknown>> = {
  string: 'a',
  bool: true,
  int32: 1,
  int64: 1,
  bytes: 'YQ==',
  time: '2026-01-01T00:00:00Z',
  microTime: '2026-01-01T00:00:00.000000Z',
  quantity: '1',
  intOrString: 1,
  fieldsV1: {},
  rawExtension: {},
}

/** The smallest valid part of a type, for a field of it that is given later. */
function partOf(type: string, field = ''): Part {
  if (type === 'core.v1.PodSpec') return pod()
  if (type === 'core.v1.Container') return container
  const fields = schema.types[type]?.fields ?? {}
  const [first = '', ...others] = choices[type] ?? []
  const wanted = [...(needed[type] ?? []), ...(field === first || others.includes(field) ? [] : [first])]
  const made = Object.entries(fields).filter(([name, { required }]) => required === true || wanted.includes(name))
  return Object.fromEntries(made.map(([name, rule]) => [name, fieldValue(type, name, rule)]))
}

const inPlace = (rule: FieldSchema, part: Part): unknown =>
  rule.list !== undefined ? [part] : rule.map !== undefined ? { a: part } : part

/** A part of a type in which the last field of the way is set. */
function partWith([{ type, field }, ...below]: readonly [Step, ...Step[]], last: string): Part {
  const rule = schema.types[type]?.fields[field] ?? {}
  const [next, ...rest] = below
  const value = next === undefined ? fieldValue(type, field, rule) : inPlace(rule, partWith([next, ...rest], last))
  return {
    ...partOf(type, field),
    ...beside[`${type}.${field}`],
    ...(type === 'core.v1.PodSpec' ? inPod[last] : {}),
    [field]: value,
  }
}

const supported = new Set(
  [...fieldRows().values()]
    .flat()
    .flatMap(({ type, field, verdict }) => (verdict === 'supported' ? [`${type}.${field}`] : [])),
)
/** Fields that are refused elsewhere, as upstream does. */
const ofJobsAlone: readonly string[] = ['batch.v1.JobSpec.manualSelector', 'batch.v1.JobSpec.selector']

/** What is below fields that are not supported is nobody's row; what a pod may ask for all its containers is less than for one. */
const isWay = (root: string, type: string, field: string): boolean =>
  type === 'core.v1.Pod' ||
  (`${type}.${field}` !== 'core.v1.PodSpec.resources' && supported.has(`${type}.${field}`) && isOf(root, type, field))

const isOf = (root: string, type: string, field: string): boolean =>
  root === 'batch.v1.Job' || !ofJobsAlone.includes(`${type}.${field}`)

/** The shortest way from a kind to each type below it. */
function waysFrom(root: string): ReadonlyMap<string, readonly Step[]> {
  const ways = new Map<string, readonly Step[]>([[root, []]])
  for (const [type, way] of ways) {
    for (const [field, rule] of Object.entries(schema.types[type]?.fields ?? {})) {
      const ref = refOf(rule)
      if (ref !== undefined && !ways.has(ref) && isWay(root, type, field)) ways.set(ref, [...way, { type, field }])
    }
  }
  return ways
}

const ways = new Map([...rootTypes, 'core.v1.Pod'].map((root) => [root, waysFrom(root)]))

/** An object of a kind, `batch.v1.Job`, with a field of a type in it set; undefined when the kind has no such type. */
export function objectWith(root: string, type: string, field: string): Sample | undefined {
  const way = ways.get(root)?.get(type)
  if (way === undefined || !isOf(root, type, field)) return undefined
  const steps: readonly [Step, ...Step[]] = [...way, { type, field }] as unknown as readonly [Step, ...Step[]]
  const names = steps.map(({ type: owner, field: name }, i) => {
    const rule = schema.types[owner]?.fields[name]
    return rule?.list !== undefined && i < steps.length - 1 ? `${name}[0]` : name
  })
  return { path: names.join('.'), object: partWith(steps, `${type}.${field}`) }
}
