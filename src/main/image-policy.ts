/** `jobd up --image-policy` and `--image-map`: what `image` means to pods that are processes. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ImageMapEntry, ImagePolicy, MappedImage } from '../agent/index.ts'
import { fail, ok, type Result, reasonOf } from '../base/index.ts'

export type ImageFlags = {
  readonly imagePolicy?: 'ignore' | 'map' | 'refuse'
  readonly imageMap?: string
  readonly runtime: string
}

/** Reads the flags, and with them the map. Fails with a sentence that names what is wrong. */
export async function imagePolicyOf({
  imagePolicy,
  imageMap,
  runtime,
}: ImageFlags): Promise<Result<ImagePolicy, string>> {
  if (runtime !== 'process' && (imagePolicy ?? imageMap) !== undefined) {
    return fail(`--image-policy and --image-map are for --runtime process, not for --runtime ${runtime}`)
  }
  if (imageMap !== undefined && imagePolicy !== 'map') return fail('--image-map needs --image-policy map')
  if (imagePolicy === 'refuse') return ok({ kind: 'Refuse' })
  if (imagePolicy !== 'map') return ok({ kind: 'Ignore' })
  if (imageMap === undefined) return fail('--image-policy map needs --image-map FILE')
  const file = resolve(imageMap)
  const entries = await readMap(file)
  return entries.ok
    ? ok({ kind: 'Map', file, entries: entries.value })
    : fail(`the image map ${file} is not valid: ${entries.error}`)
}

type Entries = Result<readonly ImageMapEntry[], string>

async function readMap(file: string): Promise<Entries> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return fail(reasonOf(error))
  }
  // Loaded late: most servers have no map.
  const { parseYaml } = await import('../yaml/parse/index.ts')
  const parsed = parseYaml(text)
  if (!parsed.ok) return parsed
  const { value, problems } = parsed.value
  if (problems.length > 0) return fail(problems.join(', '))
  return parseImageMap(value)
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `{busybox: /srv/busybox, "registry.example.com/*": host, perl: {rootfs: /srv/perl, entrypoint: [perl]}}` */
export function parseImageMap(value: unknown): Entries {
  if (!isRecord(value)) return fail('it must be a map from images to root directories, such as busybox: /srv/busybox')
  const entries: ImageMapEntry[] = []
  for (const [pattern, target] of Object.entries(value)) {
    const image = mappedImage(target)
    if (!image.ok) return fail(`${pattern}: ${image.error}`)
    entries.push({ pattern, image: image.value })
  }
  return ok(entries)
}

const FIELDS = ['rootfs', 'entrypoint', 'cmd', 'env', 'workingDir']

function mappedImage(target: unknown): Result<MappedImage, string> {
  const fields = isRecord(target) ? target : { rootfs: target }
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name))
  if (unknown !== undefined) return fail(`unknown field ${unknown}; there are ${FIELDS.join(', ')}`)
  const { rootfs, workingDir } = fields
  if (typeof rootfs !== 'string') return fail('it takes the path of a root directory, or host')
  if (rootfs === 'host') {
    return Object.keys(fields).length === 1
      ? ok({ kind: 'Host' })
      : fail('host takes no further fields: containers name their own commands')
  }
  const place = directoryFault(rootfs)
  if (place !== undefined) return fail(place)
  if (workingDir !== undefined && !(typeof workingDir === 'string' && workingDir.startsWith('/'))) {
    return fail('workingDir must be an absolute path inside the root directory')
  }
  const entrypoint = words(fields, 'entrypoint')
  if (!entrypoint.ok) return entrypoint
  const cmd = words(fields, 'cmd')
  if (!cmd.ok) return cmd
  const env = variables(fields['env'])
  if (!env.ok) return env
  const config = { root: rootfs, entrypoint: entrypoint.value, cmd: cmd.value, env: env.value }
  return ok({ kind: 'Root', config: workingDir === undefined ? config : { ...config, workingDir } })
}

function directoryFault(path: string): string | undefined {
  if (!path.startsWith('/')) return `the root directory ${JSON.stringify(path)} must be an absolute path`
  if (/^\/+$/.test(path)) return 'the root directory of the host itself is written as host'
  if (!existsSync(path)) return `the root directory ${path} does not exist`
  return statSync(path).isDirectory() ? undefined : `${path} is not a directory`
}

function words(fields: Readonly<Record<string, unknown>>, name: string): Result<readonly string[], string> {
  const list = fields[name] ?? []
  return Array.isArray(list) && list.every((word): word is string => typeof word === 'string')
    ? ok(list)
    : fail(`${name} must be a list of texts`)
}

function variables(env: unknown): Result<Readonly<Record<string, string>>, string> {
  if (env === undefined) return ok({})
  if (!isRecord(env)) return fail('env must be a map from names to texts')
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    if (typeof value !== 'string') return fail(`env ${name} must be a text: put it into quotes`)
    texts[name] = value
  }
  return ok(texts)
}
