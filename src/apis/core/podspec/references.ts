/**
 * Which other objects of its namespace a Pod names.
 *
 * @source kubernetes v1.36 pkg/api/pod/util.go, VisitPodSecretNames, VisitPodConfigmapNames
 */
import type { Pod, Volume } from '../types.gen.ts'
import { visitContainers } from './visit.ts'

/** Names without blanks; each is there once. */
export type PodReferences = {
  readonly secrets: ReadonlySet<string>
  readonly configMaps: ReadonlySet<string>
  readonly claims: ReadonlySet<string>
}

const secretsOf = (volume: Volume): readonly (string | undefined)[] => [
  volume.azureFile?.secretName,
  volume.cephfs?.secretRef?.name,
  volume.cinder?.secretRef?.name,
  volume.flexVolume?.secretRef?.name,
  volume.iscsi?.secretRef?.name,
  volume.rbd?.secretRef?.name,
  volume.scaleIO?.secretRef?.name,
  volume.secret?.secretName,
  volume.storageos?.secretRef?.name,
  volume.csi?.nodePublishSecretRef?.name,
  ...(volume.projected?.sources?.map(({ secret }) => secret?.name) ?? []),
]

const configMapsOf = ({ configMap, projected }: Volume): readonly (string | undefined)[] => [
  configMap?.name,
  ...(projected?.sources?.map((source) => source.configMap?.name) ?? []),
]

const namesIn = (names: readonly (string | undefined)[]): ReadonlySet<string> =>
  new Set(names.flatMap((name) => (name ? [name] : [])))

/** All that the containers, volumes and image pulls of a Pod name, whether it is there or not. */
export function podReferences({ metadata, spec }: Pod): PodReferences {
  const volumes = spec.volumes ?? []
  const secrets: (string | undefined)[] = [...(spec.imagePullSecrets ?? []).map(({ name }) => name)]
  const configMaps: (string | undefined)[] = []
  visitContainers(spec, '', ({ env, envFrom }) => {
    for (const { secretRef, configMapRef } of envFrom ?? []) {
      secrets.push(secretRef?.name)
      configMaps.push(configMapRef?.name)
    }
    for (const { valueFrom } of env ?? []) {
      secrets.push(valueFrom?.secretKeyRef?.name)
      configMaps.push(valueFrom?.configMapKeyRef?.name)
    }
  })
  return {
    secrets: namesIn([...secrets, ...volumes.flatMap(secretsOf)]),
    configMaps: namesIn([...configMaps, ...volumes.flatMap(configMapsOf)]),
    claims: namesIn(
      volumes.map(({ name, ephemeral, persistentVolumeClaim }) =>
        ephemeral === undefined ? persistentVolumeClaim?.claimName : `${metadata.name}-${name}`,
      ),
    ),
  }
}
