/** What to do about a program that was kept from files of the host, which it had in its image on a cluster. */
import type { Container, ContainerFailure } from '../../apis/core/index.ts'

/** How programs tell that a file system is read-only: the C library's words, in English and Japanese, and Node's. */
const REFUSED = /read-only file system|\bEROFS\b|読み込み専用ファイルシステム/i

/** Whether the end of a log tells so. */
export const tellsReadOnly = (text: string): boolean => REFUSED.test(text)

/** For a container that runs with the files of the host instead of those of its image; undefined for others. */
export function readOnlyHint({ pod, container }: ContainerFailure): string | undefined {
  const { initContainers = [], containers } = pod.spec
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status
  const named = ({ name }: { readonly name: string }): boolean => name === container
  const spec = [...initContainers, ...containers].find(named)
  const status = [...initContainerStatuses, ...containerStatuses].find(named)
  if (spec === undefined || status?.imageID !== HOST || spec.image === HOST || isClosed(spec)) return undefined
  return `files of the host are read-only to image ${spec.image}: mount a volume where it writes (emptyDir; hostPath for a place of the host), or use image: ${HOST}, or jobd up --host-files writable`
}

/** The image that stands for the programs of the host, and what a status tells of a container that runs those. */
const HOST = 'host'

/** One that asks for a read-only root gets no other on a cluster. */
const isClosed = ({ securityContext }: Container): boolean => securityContext?.readOnlyRootFilesystem === true
