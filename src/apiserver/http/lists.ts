/**
 * Lists in the forms that clients ask for, made and sent piece by piece: a list of 100,000 objects neither stands in
 * memory as a whole nor keeps other requests waiting.
 *
 * @source kubernetes v1.36 apiserver/pkg/endpoints/handlers/response.go
 */
import {
  apiVersionOf,
  envelopeEnd,
  type KindSchema,
  type KubeObject,
  listFrame,
  type ObjectKind,
  type Status,
} from '../../apimachinery/index.ts'
import { fail, ok, type Result } from '../../base/index.ts'
import type { Listing } from '../registry/index.ts'
import { type LongDocument, turn } from './exchange.ts'
import { messageText, protobufType } from './media.ts'
import type { Representation } from './negotiate.ts'
import {
  type IncludeObject,
  metaVersion,
  mismatch,
  type Presenter,
  partial,
  rowFormOf,
  rowOf,
  type TableMeta,
  tableOf,
  tableValue,
} from './representation.ts'

/** Characters of one piece: about a millisecond of work. */
const pieceLength = 64 * 1024

function listMeta(listing: Listing): TableMeta {
  return {
    resourceVersion: listing.resourceVersion,
    ...(listing.continue === undefined || listing.continue === '' ? {} : { continue: listing.continue }),
    ...(listing.remainingItemCount === undefined ? {} : { remainingItemCount: listing.remainingItemCount }),
  }
}

/** Items of a list stand without kind and apiVersion. */
function bare(object: KubeObject): KubeObject {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest as KubeObject
}

/** `before`, the texts of all objects with commas between, `after`. */
function* joined(
  before: string,
  objects: readonly KubeObject[],
  textOf: (object: KubeObject) => string,
  after: string,
): Generator<string, void, undefined> {
  let piece = before
  let first = true
  for (const object of objects) {
    piece += first ? textOf(object) : `,${textOf(object)}`
    first = false
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  yield piece + after
}

/** The JSON of a value whose last member is an empty list, cut open where the items belong. */
function opened(value: unknown): readonly [before: string, after: string] {
  const text = JSON.stringify(value)
  return [text.slice(0, -2), text.slice(-2)]
}

/** The messages of the items are made before the first is sent: the length of all stands at the start. */
async function* listMessage(
  kind: ObjectKind,
  metadata: object,
  items: readonly KubeObject[],
  messageOf: (object: KubeObject) => string,
): AsyncGenerator<string, void, undefined> {
  const frame = listFrame(protobufType(kind))
  const pieces: string[] = []
  let piece = ''
  let length = 0
  for (const item of items) {
    const message = messageOf(item)
    piece += frame.item(message.length) + message
    if (piece.length < pieceLength) continue
    pieces.push(piece)
    length += piece.length
    piece = ''
    await turn()
  }
  yield frame.head(kind, metadata, length + piece.length)
  yield* pieces
  yield piece + envelopeEnd
}

/** A list of objects as they are, or of their metadata; both have `metadata` and `items`. */
function plainList(
  apiVersion: string,
  kind: string,
  listing: Listing,
  itemOf: (object: KubeObject) => KubeObject,
  textsOf: () => (object: KubeObject) => string,
  messagesOf: () => (object: KubeObject) => string,
): LongDocument {
  const metadata = listMeta(listing)
  const value = (items: readonly KubeObject[]) => ({ kind, apiVersion, metadata, items })
  return {
    value: () => value(listing.items.map(itemOf)),
    texts() {
      const [before, after] = opened(value([]))
      return joined(before, listing.items, textsOf(), after)
    },
    messages: () => listMessage({ apiVersion, kind }, metadata, listing.items, messagesOf()),
  }
}

/** A list in the asked form. */
export function listDocument(
  presenter: Presenter,
  kind: KindSchema,
  resource: string,
  listing: Listing,
  form: Representation,
  include: IncludeObject,
): Result<LongDocument, Status> {
  const { api, messages } = presenter
  const apiVersion = apiVersionOf(kind.group, kind.version)
  switch (form.as) {
    case undefined: {
      const prefix = `{"kind":"${kind.kind}","apiVersion":"${apiVersion}",`
      const textsOf = () => {
        const textOf = api.textsOfList()
        return (object: KubeObject): string => {
          const text = textOf(object)
          return text.startsWith(prefix) ? `{${text.slice(prefix.length)}` : JSON.stringify(bare(object))
        }
      }
      return ok(plainList(apiVersion, `${kind.kind}List`, listing, bare, textsOf, messages.ofList))
    }
    case 'Table': {
      const table = tableOf(presenter, resource)
      const value = (items: readonly KubeObject[]): object =>
        tableValue(presenter, table, items, listMeta(listing), form, include, true)
      return ok({
        value: () => value(listing.items),
        texts() {
          const rowForm = rowFormOf(presenter, table, form, include)
          const [before, after] = opened(value([]))
          return joined(before, listing.items, (object) => JSON.stringify(rowOf(rowForm, object)), after)
        },
        messages: undefined,
      })
    }
    case 'PartialObjectMetadataList': {
      const version = metaVersion(form)
      const itemOf = (object: KubeObject): KubeObject => partial(object, version)
      const textOf = (object: KubeObject): string => JSON.stringify(itemOf(object))
      const messageOf = (object: KubeObject): string => messageText('meta.v1.PartialObjectMetadata', object)
      return ok(
        plainList(
          version,
          'PartialObjectMetadataList',
          listing,
          itemOf,
          () => textOf,
          () => messageOf,
        ),
      )
    }
    default:
      return fail(mismatch(form.as, kind, true))
  }
}
