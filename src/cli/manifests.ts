/** Reading manifests: every document of every file is understood before anything is applied. */
import { readFile } from 'node:fs/promises'
import type { KindSchema, KubeObject } from '../apimachinery/index.ts'
import { fail, ok, type Result } from '../base/index.ts'
import { parseYamlDocuments } from '../yaml/parse/index.ts'
import { kindOfManifest } from './resources.ts'

export type Manifest = { readonly object: KubeObject; readonly kind: KindSchema; readonly origin: string }

/** The documents of all files, in order; `-` is standard input. The error names the file, the document and the fault. */
export async function readManifests(
  files: readonly string[],
  readInput: () => Promise<string>,
): Promise<Result<readonly Manifest[], string>> {
  const manifests: Manifest[] = []
  for (const file of files) {
    const text = await textOf(file, readInput)
    if (!text.ok) return text
    const parsed = parseManifests(text.value, file === '-' ? 'standard input' : file)
    if (!parsed.ok) return parsed
    manifests.push(...parsed.value)
  }
  return ok(manifests)
}

async function textOf(file: string, readInput: () => Promise<string>): Promise<Result<string, string>> {
  if (file === '-') return ok(await readInput())
  if (file === '') return fail('the name of a file is empty: name one, or - for standard input')
  try {
    return ok(await readFile(file, 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return fail(`${file} does not exist: check the path`)
    if (code === 'EISDIR') return fail(`${file} is a directory: name the files in it`)
    if (code === 'EACCES') return fail(`${file} cannot be read: check its permissions`)
    return fail(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The objects in a YAML or JSON text; a `List` is taken apart. Empty documents are passed over. */
export function parseManifests(text: string, origin: string): Result<readonly Manifest[], string> {
  const documents = parseYamlDocuments(text)
  const manifests: Manifest[] = []
  for (const [i, document] of documents.entries()) {
    const place = documents.length > 1 ? `${origin}, document ${i + 1},` : origin
    if (!document.ok) return fail(`${place} is not valid YAML: ${document.error.replace(/^yaml: /, '')}`)
    const { value, problems } = document.value
    if (problems.length > 0) return fail(`${place} is not valid YAML: ${problems[0]}`)
    if (value === null) continue
    for (const object of itemsOf(value)) {
      const manifest = manifestOf(object, place)
      if (!manifest.ok) return manifest
      manifests.push(manifest.value)
    }
  }
  return ok(manifests)
}

function itemsOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value]
  const { kind, items } = value as { kind?: unknown; items?: unknown }
  return kind === 'List' && Array.isArray(items) ? items : [value]
}

function manifestOf(value: unknown, place: string): Result<Manifest, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(`${place} is not a manifest: it needs apiVersion, kind and metadata`)
  }
  const object = value as KubeObject
  const kind = kindOfManifest(object)
  if (!kind.ok) return fail(`${place} ${kind.error}`)
  const { name, generateName } = object.metadata ?? {}
  if (typeof (name || generateName || undefined) !== 'string')
    return fail(`${place} (${object.kind}) has no metadata.name`)
  return ok({ object, kind: kind.value, origin: place.replace(/,$/, '') })
}
