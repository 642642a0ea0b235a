/** A tar archive of a few small files, as POSIX 1003.1 (ustar) lays it out: a header of 512 bytes, the content, padding. */

export type TarFile = { readonly name: string; readonly mode: number; readonly content: Uint8Array }

const BLOCK = 512
/** Where the fields of a header begin. */
const FIELD = { name: 0, mode: 100, uid: 108, gid: 116, size: 124, mtime: 136, checksum: 148, type: 156, magic: 257 }

export function tarOf(files: readonly TarFile[]): Uint8Array {
  const parts = files.flatMap(({ content, ...file }) => [
    headerOf({ ...file, content }),
    content,
    Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
  ])
  // Two empty blocks end it.
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)])
}

function headerOf({ name, mode, content }: TarFile): Buffer {
  const header = Buffer.alloc(BLOCK)
  const number = (at: number, value: number, digits: number) =>
    header.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1')
  header.write(name, FIELD.name, 100, 'latin1')
  number(FIELD.mode, mode, 7)
  number(FIELD.uid, 0, 7)
  number(FIELD.gid, 0, 7)
  number(FIELD.size, content.length, 11)
  number(FIELD.mtime, 0, 11)
  header.write('0', FIELD.type, 'latin1')
  header.write('ustar\x0000', FIELD.magic, 'latin1')
  // The sum of all bytes, with blanks where the sum itself stands.
  header.fill(0x20, FIELD.checksum, FIELD.checksum + 8)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, FIELD.checksum, 'latin1')
  return header
}
