/**
 * Writes the TypeScript types of every served kind from schema.json.
 *
 * Run with `--check` it writes nothing and exits 1 when a file is stale. Every field is readonly; a field that the
 * API server always fills is still optional here when the schema does not require it, because a client may leave it out.
 */
import { readFileSync, writeFileSync } from 'node:fs'

type Field = {
  type?: string
  ref?: string
  list?: Field
  map?: Field
  enum?: string[]
  required?: boolean
}
type Types = Record<string, { fields?: Record<string, Field> }>
type Schema = { types: Types; kinds: unknown }
type PresenceData = Record<string, { always?: string[] } | undefined>

const root = new URL('..', import.meta.url)
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`src/apimachinery/schema/${name}`, root), 'utf8'))
const upstream = read('schema.json') as Schema
const own = read('own-schema.json') as Schema & { presence: PresenceData }
const schema: Schema = { ...upstream, types: { ...upstream.types, ...own.types } }

/** Fields that an encoded object always carries, as structs in Go do; see presence.json. */
const presence: PresenceData = { ...(read('presence.json') as PresenceData), ...own.presence }

const homes: Record<string, string> = {
  meta: 'src/apimachinery/meta/types.gen.ts',
  core: 'src/apis/core/types.gen.ts',
  batch: 'src/apis/batch/types.gen.ts',
  jobs: 'src/apis/run/types.gen.ts',
}
const otherHome = 'src/apis/other/types.gen.ts'
const scalars: Record<string, string> = {
  string: 'string',
  bool: 'boolean',
  int32: 'number',
  int64: 'number',
  time: 'string',
  microTime: 'string',
  bytes: 'string',
  quantity: 'string | number',
  intOrString: 'string | number',
  fieldsV1: 'Readonly<Record<string, unknown>>',
  rawExtension: 'Readonly<Record<string, unknown>>',
}

const groupOf = (type: string): string => type.split('.')[0] as string
const homeOf = (type: string): string => homes[groupOf(type)] ?? otherHome
/** events.k8s.io has kinds of the same names as core; they get their group in front. */
const nameOf = (type: string): string => {
  const short = type.slice(type.lastIndexOf('.') + 1)
  return groupOf(type) === 'events' ? `EventsV1${short}` : short
}

function typeText(field: Field, uses: Set<string>): string {
  if (field.ref !== undefined) {
    uses.add(field.ref)
    return nameOf(field.ref)
  }
  if (field.list !== undefined) {
    const item = typeText(field.list, uses)
    return `readonly ${item.includes('|') ? `(${item})` : item}[]`
  }
  if (field.map !== undefined) return `Readonly<Record<string, ${typeText(field.map, uses)}>>`
  const text = scalars[field.type ?? '']
  if (text === undefined) throw new Error(`no TypeScript type for ${JSON.stringify(field)}`)
  return text
}

function interfaceText(type: string, uses: Set<string>): string {
  const fields = Object.entries(schema.types[type]?.fields ?? {}).map(([name, field]) => {
    const struct = field.ref !== undefined && presence[type]?.always?.includes(name) === true
    const kept = field.required === true || struct || (name === 'metadata' && field.ref === 'meta.v1.ObjectMeta')
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`
    return `  readonly ${key}${kept ? '' : '?'}: ${typeText(field, uses)}${kept ? '' : ' | undefined'}`
  })
  return `export type ${nameOf(type)} = {\n${fields.join('\n')}\n}`
}

function fileText(home: string): string {
  const types = Object.keys(schema.types)
    .filter((type) => homeOf(type) === home)
    .sort()
  const uses = new Set<string>()
  const bodies = types.map((type) => interfaceText(type, uses))
  const imports = new Map<string, Set<string>>()
  for (const use of uses) {
    const from = homeOf(use)
    if (from === home) continue
    const path = groupOf(use) === 'meta' ? '../../apimachinery/index.ts' : `../${groupOf(use)}/index.ts`
    imports.set(path, (imports.get(path) ?? new Set()).add(nameOf(use)))
  }
  const lines = [...imports]
    .sort()
    .map(([path, names]) => `import type { ${[...names].sort().join(', ')} } from '${path}'`)
  return `// Written by tools/generate-types.ts from schema.json. Do not edit.\n${lines.join('\n')}${lines.length ? '\n\n' : '\n'}${bodies.join('\n\n')}\n`
}

let stale = 0
for (const home of [...new Set([...Object.values(homes), otherHome])]) {
  const url = new URL(home, root)
  const text = fileText(home)
  let current = ''
  try {
    current = readFileSync(url, 'utf8')
  } catch {
    // not there yet
  }
  if (current === text) continue
  if (process.argv.includes('--check')) {
    stale++
    console.error(`${home} is stale: run npm run fix:types`)
  } else {
    writeFileSync(url, text)
  }
}
process.exitCode = stale > 0 ? 1 : 0
