/** Seeing to it that the image of a container is there before the container is made. */
import { type Container, type Pod, parseImageName, type Secret } from '../../apis/core/index.ts'
import { after, type Clock, fail, type Instant, millis, ok, type Result } from '../../base/index.ts'
import type { PodEvent } from '../pod/index.ts'
import type { ImageConfig, ImageService, StartFailure } from '../runtime/index.ts'
import { credentialsFor } from './credentials.ts'
import { HOST_IMAGE } from './image-map.ts'

export type ImageRequest = {
  readonly pod: Pod
  readonly container: Container
  readonly readSecret: (name: string) => Promise<Secret | undefined>
  readonly tell: (event: PodEvent) => void
}

export type ImageKeeper = {
  /**
   * Has the image pulled, as the policy says, and answers what it says where the runtime does not know. A failure is told in
   * a kubelet's words; the next tries are held back for ten seconds and then for longer and longer.
   */
  readonly ensure: (request: ImageRequest) => Promise<Outcome>
  /** The pod is over: what was remembered of its images is not needed. */
  readonly forget: (podUid: string) => void
}

/** @source kubernetes v1.36 pkg/kubelet/kubelet.go, imageBackOffPeriod and MaxImageBackOff */
const BACK_OFF = { first: 10_000, most: 300_000 }

type Held = { readonly delay: number; readonly until: Instant; readonly message: string }
type State = {
  readonly images: ImageService
  readonly clock: Clock
  /** Pod uid → image → how long it is not pulled again. */
  readonly held: Map<string, Map<string, Held>>
}
type Outcome = Result<ImageConfig | undefined, StartFailure>

/** @param images absent where programs of the host run instead: then nothing is looked for, and that is told */
export function createImageKeeper(images: ImageService | undefined, clock: Clock): ImageKeeper {
  if (images === undefined) return { ensure: unused, forget: () => false }
  const state: State = { images, clock, held: new Map() }
  return {
    ensure: (request) => ensure(state, request),
    forget: (podUid) => state.held.delete(podUid),
  }
}

const told = (type: PodEvent['type'], reason: string, message: string): PodEvent => ({ type, reason, message })
const failed = (reason: StartFailure['reason'], message: string): Outcome => fail({ reason, message })

/** Where a kubelet tells that the image is there, people are told what runs in its place. */
async function unused({ container: { image = '' }, tell }: ImageRequest): Promise<Outcome> {
  const what = image === HOST_IMAGE ? 'No image is needed' : `Container image "${image}" is not used`
  tell(told('Normal', 'Pulled', `${what}: the container runs a program of this host`))
  return ok(undefined)
}

/** @source kubernetes v1.36 pkg/kubelet/images/image_manager.go, EnsureImageExists */
async function ensure(state: State, request: ImageRequest): Promise<Outcome> {
  const { container, tell } = request
  const { image = '', imagePullPolicy: policy } = container
  const name = parseImageName(image)
  if (name === undefined) {
    const why = `couldn't parse image name "${image}": invalid reference format`
    const message = `Failed to apply default image tag "${image}": ${why}`
    tell(told('Warning', 'InspectFailed', message))
    return failed('InvalidImageName', message)
  }
  const found = await state.images.find(image)
  if (!found.ok) {
    const message = `Failed to inspect image "${image}": ${found.error}`
    tell(told('Warning', 'InspectFailed', message))
    return failed('ImageInspectError', message)
  }
  if (found.value !== undefined && (policy !== 'Always' || state.images.isFixed === true)) {
    const message = `Container image "${image}" already present on machine and can be accessed by the pod`
    tell(told('Normal', 'Pulled', message))
    return ok(found.value.config)
  }
  const refusal = state.images.refusal?.(image)
  if (refusal !== undefined) {
    tell(told('Warning', 'ErrImageNeverPull', refusal))
    return failed('ErrImageNeverPull', refusal)
  }
  if (policy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`
    tell(told('Warning', 'ErrImageNeverPull', message))
    return failed('ErrImageNeverPull', message)
  }
  return pull(state, request, name.repository)
}

async function pull(state: State, request: ImageRequest, repository: string): Promise<Outcome> {
  const { pod, container, tell } = request
  const { images, clock } = state
  const image = container.image ?? ''
  const uid = pod.metadata.uid ?? ''
  const held = state.held.get(uid)?.get(image)
  const begin = clock.now()
  if (held !== undefined && begin < held.until) {
    const message = `Back-off pulling image "${image}"`
    tell(told('Normal', 'BackOff', message))
    return failed('ImagePullBackOff', `${message}: ErrImagePull: ${held.message}`)
  }
  tell(told('Normal', 'Pulling', `Pulling image "${image}"`))
  const pulled = await images.pull(image, credentialsFor(repository, await secretsOf(request)))
  if (!pulled.ok) {
    const delay = Math.min(held === undefined ? BACK_OFF.first : 2 * held.delay, BACK_OFF.most)
    hold(state, uid, image, { delay, until: after(clock.now(), millis(delay)), message: pulled.error })
    tell(told('Warning', 'Failed', `Failed to pull image "${image}": ${pulled.error}`))
    return failed('ErrImagePull', pulled.error)
  }
  state.held.get(uid)?.delete(image)
  const span = `${Math.max(0, Math.round(clock.now() - begin))}ms`
  const size = `Image size: ${pulled.value.bytes} bytes.`
  tell(told('Normal', 'Pulled', `Successfully pulled image "${image}" in ${span} (${span} including waiting). ${size}`))
  return ok(undefined)
}

function hold({ held }: State, podUid: string, image: string, one: Held): void {
  const images = held.get(podUid) ?? new Map<string, Held>()
  images.set(image, one)
  held.set(podUid, images)
}

/** The Secrets that the pod names; what is not there is told of, and may not be needed. */
async function secretsOf({ pod, readSecret, tell }: ImageRequest): Promise<readonly Secret[]> {
  const names = (pod.spec.imagePullSecrets ?? []).flatMap(({ name = '' }) => (name === '' ? [] : [name]))
  const read = await Promise.all(names.map(async (name) => ({ name, secret: await readSecret(name) })))
  const missing = read.filter(({ secret }) => secret === undefined).map(({ name }) => name)
  if (missing.length > 0) {
    const message = `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`
    tell(told('Warning', 'FailedToRetrieveImagePullSecret', message))
  }
  return read.flatMap(({ secret }) => (secret === undefined ? [] : [secret]))
}
