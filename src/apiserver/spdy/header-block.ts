/**
 * Headers of streams: names and values, compressed as one zlib stream over all frames, with the dictionary of SPDY/3.
 *
 * @source SPDY protocol, draft 3.1, section 2.6.10 (facts: layout, dictionary)
 */
import { constants, inflateRawSync } from 'node:zlib'
import { fail, ok, type Result } from '../../base/index.ts'

export type Headers = ReadonlyMap<string, string>

const dictionaryWords =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow ' +
  'authorization cache-control connection content-base content-encoding content-language content-length ' +
  'content-location content-md5 content-range content-type date etag expect expires from host if-match ' +
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
  'user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie ' +
  'keep-alive origin'
const dictionaryEnd =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden' +
  '404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug ' +
  'Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,' +
  'application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdch' +
  'charset=utf-8charset=iso-8859-1,utf-,*,enq=0.'

function counted(word: string): Buffer {
  const bytes = Buffer.from(word.replace('_', ' '), 'latin1')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

export const dictionary: Buffer = Buffer.concat([
  ...dictionaryWords.split(' ').map(counted),
  Buffer.from(dictionaryEnd, 'latin1'),
])

const maxHeaderBytes = 16 * 1024
/** How far back deflate may refer. */
const windowBytes = 32 * 1024

export type HeaderReader = { window: Buffer; isBegun: boolean }

export const newHeaderReader = (): HeaderReader => ({ window: Buffer.alloc(0), isBegun: false })

/** The start of a zlib stream: two bytes, and four that name the dictionary where one is used. */
function afterStart(reader: HeaderReader, block: Buffer): Buffer | undefined {
  const first = block[0]
  const flags = block[1]
  if (first === undefined || flags === undefined || (first & 15) !== 8 || (first * 256 + flags) % 31 !== 0) {
    return undefined
  }
  const isWithDictionary = (flags & 32) !== 0
  if (isWithDictionary) reader.window = dictionary
  reader.isBegun = true
  return block.subarray(isWithDictionary ? 6 : 2)
}

/**
 * The headers of the next frame; names in lower case. Every block ends on a whole byte, so that each can be taken apart by
 * itself when it is told what came before.
 */
export function readHeaders(reader: HeaderReader, block: Buffer): Result<Headers, string> {
  const packed = reader.isBegun ? block : afterStart(reader, block)
  if (packed === undefined) return fail('the headers are not compressed with zlib')
  let plain: Buffer
  try {
    plain = inflateRawSync(packed, {
      ...(reader.window.length > 0 ? { dictionary: reader.window } : {}),
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: maxHeaderBytes,
    })
  } catch {
    return fail('the headers cannot be decompressed, or are too long')
  }
  reader.window = Buffer.concat([reader.window, plain]).subarray(-windowBytes)
  return pairsOf(plain)
}

function pairsOf(plain: Buffer): Result<Headers, string> {
  const headers = new Map<string, string>()
  let at = 4
  const word = (): string | undefined => {
    if (at + 4 > plain.length) return undefined
    const end = at + 4 + plain.readUInt32BE(at)
    if (end > plain.length) return undefined
    const text = plain.toString('utf8', at + 4, end)
    at = end
    return text
  }
  const count = plain.length < 4 ? 0 : plain.readUInt32BE(0)
  for (let i = 0; i < count; i++) {
    const name = word()
    const value = name === undefined ? undefined : word()
    if (name === undefined || value === undefined) return fail('the headers end early')
    headers.set(name.toLowerCase(), value)
  }
  return ok(headers)
}

/**
 * A block of deflate that holds the number 0 as it is, since nothing but empty headers are sent; and an empty block, behind
 * which readers hand out what they have.
 */
const storedZero = Buffer.from([0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])

/** The block of a frame without headers, as the first one of the connection or a later one. */
export const emptyHeaders = (isFirst: boolean): Buffer =>
  isFirst ? Buffer.concat([Buffer.from([0x78, 0x01]), storedZero]) : storedZero
