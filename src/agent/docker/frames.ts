/**
 * Taking apart the stream in which an engine sends the outputs of a container without a terminal: before each piece a
 * header of eight bytes, of which the first tells the output and the last four the length, big-endian.
 */

const HEADER = 8
const STDERR = 2

export type FrameReader = (bytes: Buffer) => void

/** Reads pieces however they are cut; `onPiece` gets parts of them, in order and without copying. */
export function createFrameReader(onPiece: (bytes: Buffer, isError: boolean) => void): FrameReader {
  const header = Buffer.alloc(HEADER)
  const state = { headerBytes: 0, left: 0, isError: false }
  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      if (state.left > 0) {
        const piece = bytes.subarray(at, at + state.left)
        state.left -= piece.length
        at += piece.length
        onPiece(piece, state.isError)
        continue
      }
      const count = bytes.copy(header, state.headerBytes, at, at + HEADER - state.headerBytes)
      state.headerBytes += count
      at += count
      if (state.headerBytes < HEADER) return
      state.headerBytes = 0
      state.left = header.readUInt32BE(4)
      state.isError = header[0] === STDERR
    }
  }
}
