/**
 * The structure of every served type, as upstream has it: the one source for decoding, protobuf, patches, apply,
 * OpenAPI and discovery.
 *
 * `schema.json` holds names, types, list and patch rules and protobuf numbers; `presence.json` holds what an encoder
 * needs beyond it: the order of fields, which fields are always written even when empty (`always`) and which tell
 * unset from zero (`optional`). A field in neither list is left out when it is empty or zero.
 */
import presenceData from './presence.json' with { type: 'json' }
import schemaData from './schema.json' with { type: 'json' }
import type { Presence, Schema, TypeName } from './shape.ts'
import { unlistedPresence, unlistedTypes } from './unlisted-types.ts'

export type { FieldSchema, KindSchema, Presence, ScalarType, Schema, TypeName, TypeSchema } from './shape.ts'

const listed = schemaData as unknown as Schema
const listedPresence = presenceData as unknown as Readonly<Record<TypeName, Presence | undefined>>

export const schema: Schema = {
  ...listed,
  types: { ...listed.types, ...unlistedTypes(listed.types['core.v1.Container']) },
}
export const presence: Readonly<Record<TypeName, Presence | undefined>> = {
  ...listedPresence,
  ...unlistedPresence(listedPresence['core.v1.Container']),
}
