/** What `image` means where pods are processes of the host: nothing, a directory by a map, or a reason to refuse. */
import { type PodSpec, parseImageName } from '../../apis/core/index.ts'
import { fail, ok } from '../../base/index.ts'
import type { ImageConfig, ImageService } from '../runtime/index.ts'

/** What a map says of the images that a pattern fits. */
export type MappedImage = { readonly kind: 'Host' } | { readonly kind: 'Root'; readonly config: ImageConfig }

export type ImageMapEntry = {
  /** An image with or without registry and version; `*` stands for any text. */
  readonly pattern: string
  readonly image: MappedImage
}

export type ImagePolicy =
  | { readonly kind: 'Ignore' }
  | { readonly kind: 'Refuse' }
  /** The first entry that fits counts. `file` is for messages. */
  | { readonly kind: 'Map'; readonly file: string; readonly entries: readonly ImageMapEntry[] }

/** Whoever writes `image: host` means the programs of the host, whatever the policy. */
export const HOST_IMAGE = 'host'

const REMEDY = '--runtime docker pulls images'

/** The images of a node with such a policy; undefined where they are not looked at. */
export function imagesOf(policy: ImagePolicy, isDirectory: (path: string) => boolean): ImageService | undefined {
  switch (policy.kind) {
    case 'Ignore':
      return undefined
    case 'Refuse':
      return {
        find: async (image) => ok(image === HOST_IMAGE ? { id: '' } : undefined),
        pull: async (image) => fail(refusedText(image)),
        refusal: refusedText,
        isFixed: true,
      }
    case 'Map':
      return {
        find: async (image) => {
          const found = lookUp(policy.entries, image)
          if (found?.kind !== 'Root') return ok(found === undefined ? undefined : { id: '' })
          const { root } = found.config
          return isDirectory(root)
            ? ok({ id: '', config: found.config })
            : fail(`its root directory ${root} (${policy.file}) is not there any more`)
        },
        pull: async (image) => fail(unmappedText(policy.file, image)),
        isFixed: true,
      }
  }
}

/**
 * What has to be said of the images of a pod when it is created.
 *
 * @param hostFiles what its containers cannot do with files of the host; empty where they can do everything
 */
export function imageWarnings(policy: ImagePolicy, spec: PodSpec, hostFiles = ''): readonly string[] {
  const images = [...(spec.initContainers ?? []), ...spec.containers].map(({ image = '' }) => image)
  const others = [...new Set(images.filter((image) => image !== HOST_IMAGE))]
  switch (policy.kind) {
    case 'Ignore':
      return others.length === 0 ? [] : [`${IGNORED}${hostFiles}`]
    case 'Refuse':
      return others.map(refusedText)
    case 'Map':
      return others
        .filter((image) => lookUp(policy.entries, image) === undefined)
        .map((image) => unmappedText(policy.file, image))
  }
}

/**
 * Whether a container is a program of the host in everything, its names too.
 *
 * @param isReadOnly whether those that are given files of the host can only read them
 */
export const hasProgramOfHost = (
  policy: ImagePolicy,
  { initContainers = [], containers }: PodSpec,
  isReadOnly: boolean,
): boolean =>
  [...initContainers, ...containers].some(({ image = '' }) => {
    if (image === HOST_IMAGE) return true
    return !isReadOnly && !(policy.kind === 'Map' && lookUp(policy.entries, image)?.kind === 'Root')
  })

const IGNORED =
  'this server runs pods as processes of its host and does not use images (image, imagePullPolicy, imagePullSecrets): give each container a command that the host has'

const refusedText = (image: string): string =>
  `image "${image}" is refused: this node runs programs of the host (--image-policy refuse); write image: ${HOST_IMAGE}, map it with --image-policy map, or use another runtime (${REMEDY})`

const unmappedText = (file: string, image: string): string =>
  `image "${image}" is not in the image map ${file}: add it there and start jobd again, or use another runtime (${REMEDY})`

function lookUp(entries: readonly ImageMapEntry[], image: string): MappedImage | undefined {
  const names = namesOf(image)
  const found = entries.find(({ pattern }) => names.some((name) => fits(pattern, name)))
  return found?.image ?? (image === HOST_IMAGE ? { kind: 'Host' } : undefined)
}

/** The ways in which a pattern may name an image: as it is written, in full, short, and each without the version. */
function namesOf(image: string): readonly string[] {
  const name = parseImageName(image)
  if (name === undefined) return [image]
  const { repository, version } = name
  const short = repository.replace(/^docker\.io\/(?:library\/)?/, '')
  const end = version.includes(':') ? `@${version}` : `:${version}`
  return [image, short, repository, `${short}${end}`, `${repository}${end}`]
}

function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(name)
}
