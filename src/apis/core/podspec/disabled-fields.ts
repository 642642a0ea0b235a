/**
 * Fields of features that are off in v1.36 unless asked for: taken and dropped, as upstream does.
 *
 * @source kubernetes v1.36 pkg/api/pod/util.go, dropDisabledFields; pkg/features/kube_features.go (facts: defaults)
 */
import type { Container, EphemeralContainer, PodSpec, PodTemplateSpec, Volume, VolumeProjection } from '../types.gen.ts'
import { mapShared, without } from './share.ts'

/** Drops `schedulingGroup`, `lifecycle.stopSignal`, and projections of trust bundles and pod certificates. */
export function dropDisabledPodFields(spec: PodSpec): PodSpec {
  const containers = mapShared(spec.containers, dropStopSignal)
  const initContainers = mapShared(spec.initContainers, dropStopSignal)
  const ephemeralContainers = mapShared(spec.ephemeralContainers, dropStopSignal)
  const volumes = mapShared(spec.volumes, dropProjections)
  const kept = spec.schedulingGroup === undefined ? spec : without(spec, 'schedulingGroup')
  if (
    containers === spec.containers &&
    initContainers === spec.initContainers &&
    ephemeralContainers === spec.ephemeralContainers &&
    volumes === spec.volumes
  ) {
    return kept
  }
  return {
    ...kept,
    containers: containers ?? [],
    ...(initContainers === undefined ? {} : { initContainers }),
    ...(ephemeralContainers === undefined ? {} : { ephemeralContainers }),
    ...(volumes === undefined ? {} : { volumes }),
  }
}

/**
 * Says of each field that `dropDisabledPodFields` drops where it stood. `spec` is as it was in the request, where any part
 * may be empty.
 */
export function disabledFieldWarnings(spec: Partial<PodSpec> | null | undefined, path: string): readonly string[] {
  const { containers, initContainers, volumes, schedulingGroup } = spec ?? {}
  const stops = Object.entries({ initContainers, containers }).flatMap(([list, all]) =>
    (all ?? []).flatMap((container, index) =>
      isSet(container?.lifecycle?.stopSignal) ? [`${list}[${index}].lifecycle.stopSignal`] : [],
    ),
  )
  const projections = (volumes ?? []).flatMap((volume, index) =>
    (volume?.projected?.sources ?? []).flatMap((source, at) =>
      (['clusterTrustBundle', 'podCertificate'] as const)
        .filter((field) => isSet(source?.[field]))
        .map((field) => `volumes[${index}].projected.sources[${at}].${field}`),
    ),
  )
  return [...(isSet(schedulingGroup) ? ['schedulingGroup'] : []), ...stops, ...projections].map(
    (field) => `${path}.${field}: is left out: its feature is off, as it is in Kubernetes v1.36 unless asked for`,
  )
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null

/** The same for the template of a Job, CronJob or PodTemplate. */
export function dropDisabledTemplateFields(template: PodTemplateSpec): PodTemplateSpec {
  if (template.spec === undefined) return template
  const spec = dropDisabledPodFields(template.spec)
  return spec === template.spec ? template : { ...template, spec }
}

function dropStopSignal<C extends Container | EphemeralContainer>(container: C): C {
  const { lifecycle } = container
  if (lifecycle?.stopSignal === undefined) return container
  const rest = without(lifecycle, 'stopSignal')
  return rest.postStart === undefined && rest.preStop === undefined
    ? without(container, 'lifecycle')
    : { ...container, lifecycle: rest }
}

function dropProjections(volume: Volume): Volume {
  const sources = mapShared(volume.projected?.sources, dropProjection)
  if (volume.projected === undefined || sources === volume.projected.sources) return volume
  return { ...volume, projected: { ...volume.projected, sources } }
}

function dropProjection(source: VolumeProjection): VolumeProjection {
  if (source.clusterTrustBundle === undefined && source.podCertificate === undefined) return source
  return without(without(source, 'clusterTrustBundle'), 'podCertificate')
}
