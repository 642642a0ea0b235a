/**
 * The structure of every served type, as upstream has it: the one source for decoding, protobuf, patches, apply,
 * OpenAPI and discovery.
 *
 * `schema.json` holds names, types, list and patch rules and protobuf numbers; `presence.json` holds what an encoder
 * needs beyond it: the order of fields, which fields are always written even when empty (`always`) and which tell
 * unset from zero (`optional`). A field in neither list is left out when it is empty or zero. `own-schema.json` holds the
 * kinds that upstream does not have.
 */
import ownData from './own-schema.json' with { type: 'json' }
import presenceData from './presence.json' with { type: 'json' }
import schemaData from './schema.json' with { type: 'json' }
import type { KindSchema, Presence, Schema, TypeName } from './shape.ts'
import { unlistedPresence, unlistedTypes } from './unlisted-types.ts'

export type { FieldSchema, KindSchema, Presence, ScalarType, Schema, TypeName, TypeSchema } from './shape.ts'

const listed = schemaData as unknown as Schema
const own = ownData as unknown as {
  readonly kinds: readonly KindSchema[]
  readonly types: Schema['types']
  readonly presence: Readonly<Record<TypeName, Presence | undefined>>
}
const listedPresence = presenceData as unknown as Readonly<Record<TypeName, Presence | undefined>>

export const schema: Schema = {
  ...listed,
  types: { ...listed.types, ...own.types, ...unlistedTypes(listed.types['core.v1.Container']) },
}
export const presence: Readonly<Record<TypeName, Presence | undefined>> = {
  ...listedPresence,
  ...own.presence,
  ...unlistedPresence(listedPresence['core.v1.Container']),
}

/** Kinds of ours, which upstream does not have: their groups are not served with `--exact`. */
export const ownKinds: readonly KindSchema[] = own.kinds
/** All kinds that there may be: upstream's in its order, then ours. */
export const allKinds: readonly KindSchema[] = [...listed.kinds, ...own.kinds]
/** The kinds that a server serves. */
export const servedKinds = (exact: boolean): readonly KindSchema[] => (exact ? listed.kinds : allKinds)
