/**
 * Types that upstream serves or sends but that its published schema does not list: answers in reduced form,
 * discovery documents, and structs that exist only in protobuf, where an embedded struct is a message of its own.
 *
 * @source kubernetes v1.36 staging/src/k8s.io/api/core/v1/generated.proto, apimachinery/pkg/apis/meta/v1/generated.proto
 * (facts: field numbers)
 */
import type { FieldSchema, Presence, TypeSchema } from './shape.ts'

const numbered = (refs: Readonly<Record<string, readonly [string, number]>>): TypeSchema => ({
  fields: Object.fromEntries(Object.entries(refs).map(([name, [ref, proto]]) => [name, { ref, proto }])),
})
const text: FieldSchema = { type: 'string' }
const typeMeta = { kind: text, apiVersion: text }

const probeHandler = numbered({
  exec: ['core.v1.ExecAction', 1],
  httpGet: ['core.v1.HTTPGetAction', 2],
  tcpSocket: ['core.v1.TCPSocketAction', 3],
  grpc: ['core.v1.GRPCAction', 4],
})

const volumeSource = numbered({
  hostPath: ['core.v1.HostPathVolumeSource', 1],
  emptyDir: ['core.v1.EmptyDirVolumeSource', 2],
  gcePersistentDisk: ['core.v1.GCEPersistentDiskVolumeSource', 3],
  awsElasticBlockStore: ['core.v1.AWSElasticBlockStoreVolumeSource', 4],
  gitRepo: ['core.v1.GitRepoVolumeSource', 5],
  secret: ['core.v1.SecretVolumeSource', 6],
  nfs: ['core.v1.NFSVolumeSource', 7],
  iscsi: ['core.v1.ISCSIVolumeSource', 8],
  glusterfs: ['core.v1.GlusterfsVolumeSource', 9],
  persistentVolumeClaim: ['core.v1.PersistentVolumeClaimVolumeSource', 10],
  rbd: ['core.v1.RBDVolumeSource', 11],
  flexVolume: ['core.v1.FlexVolumeSource', 12],
  cinder: ['core.v1.CinderVolumeSource', 13],
  cephfs: ['core.v1.CephFSVolumeSource', 14],
  flocker: ['core.v1.FlockerVolumeSource', 15],
  downwardAPI: ['core.v1.DownwardAPIVolumeSource', 16],
  fc: ['core.v1.FCVolumeSource', 17],
  azureFile: ['core.v1.AzureFileVolumeSource', 18],
  configMap: ['core.v1.ConfigMapVolumeSource', 19],
  vsphereVolume: ['core.v1.VsphereVirtualDiskVolumeSource', 20],
  quobyte: ['core.v1.QuobyteVolumeSource', 21],
  azureDisk: ['core.v1.AzureDiskVolumeSource', 22],
  photonPersistentDisk: ['core.v1.PhotonPersistentDiskVolumeSource', 23],
  portworxVolume: ['core.v1.PortworxVolumeSource', 24],
  scaleIO: ['core.v1.ScaleIOVolumeSource', 25],
  projected: ['core.v1.ProjectedVolumeSource', 26],
  storageos: ['core.v1.StorageOSVolumeSource', 27],
  csi: ['core.v1.CSIVolumeSource', 28],
  ephemeral: ['core.v1.EphemeralVolumeSource', 29],
  image: ['core.v1.ImageVolumeSource', 30],
})

const optional = ({ fields }: TypeSchema): Presence => ({ order: Object.keys(fields), optional: Object.keys(fields) })

/** The unlisted types; `container` is the type whose fields and numbers ephemeral containers share. */
export const unlistedTypes = (container: TypeSchema | undefined): Readonly<Record<string, TypeSchema>> => ({
  'core.v1.ProbeHandler': probeHandler,
  'core.v1.VolumeSource': volumeSource,
  'core.v1.EphemeralContainerCommon': container ?? { fields: {} },
  'meta.v1.PartialObjectMetadata': {
    fields: { ...typeMeta, metadata: { ref: 'meta.v1.ObjectMeta', proto: 1 } },
  },
  'meta.v1.PartialObjectMetadataList': {
    fields: {
      ...typeMeta,
      metadata: { ref: 'meta.v1.ListMeta', proto: 1 },
      items: { list: { ref: 'meta.v1.PartialObjectMetadata' }, required: true, proto: 2 },
    },
  },
  'meta.v1.APIVersions': {
    fields: {
      ...typeMeta,
      versions: { list: { type: 'string' }, required: true, proto: 1 },
      serverAddressByClientCIDRs: { list: { ref: 'meta.v1.ServerAddressByClientCIDR' }, required: true, proto: 2 },
    },
  },
  'meta.v1.APIGroupList': {
    fields: { ...typeMeta, groups: { list: { ref: 'meta.v1.APIGroup' }, required: true, proto: 1 } },
  },
})

export const unlistedPresence = (container: Presence | undefined): Readonly<Record<string, Presence>> => ({
  'core.v1.ProbeHandler': optional(probeHandler),
  'core.v1.VolumeSource': optional(volumeSource),
  'core.v1.EphemeralContainerCommon': container ?? { order: [] },
  'meta.v1.PartialObjectMetadata': { order: ['kind', 'apiVersion', 'metadata'], always: ['metadata'] },
  'meta.v1.PartialObjectMetadataList': {
    order: ['kind', 'apiVersion', 'metadata', 'items'],
    always: ['metadata', 'items'],
  },
  'meta.v1.APIVersions': {
    order: ['kind', 'apiVersion', 'versions', 'serverAddressByClientCIDRs'],
    always: ['versions', 'serverAddressByClientCIDRs'],
  },
  'meta.v1.APIGroupList': { order: ['kind', 'apiVersion', 'groups'], always: ['groups'] },
})
