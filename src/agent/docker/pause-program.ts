/**
 * A program that does nothing for ever, written byte by byte: an ELF file of one segment and no library. It tells the
 * kernel that it does not care for its children, so that those which a pod with one process namespace leaves to it never
 * become zombies, and then sleeps. As the first process of its namespace it takes no signal but SIGKILL.
 *
 *     sigaction(SIGCHLD, { SIG_IGN }, NULL)
 *     for (;;) pause()
 */
import { fail, ok, type Result } from '../../base/index.ts'

/** Where the segment lies in memory, and in it the code: behind the header of the file and of its one segment. */
const BASE = 0x400000
const HEADERS = 64 + 56
/** struct sigaction of the kernel: handler SIG_IGN (1), no flags, no restorer, no mask. */
const IGNORE = [1, 0, 0, 0].flatMap((word) => [word, 0, 0, 0, 0, 0, 0, 0])

type Machine = { readonly number: number; readonly code: readonly number[] }

/** The code is followed by `IGNORE`; both are a multiple of eight bytes long. */
const machines: Readonly<Record<string, Machine>> = {
  amd64: {
    number: 62,
    code: [
      ...[0xb8, 13, 0, 0, 0], // mov eax, 13       rt_sigaction
      ...[0xbf, 17, 0, 0, 0], // mov edi, 17       SIGCHLD
      ...[0x48, 0x8d, 0x35, 23, 0, 0, 0], // lea rsi, [rip + 23]  IGNORE
      ...[0x31, 0xd2], // xor edx, edx
      ...[0x41, 0xba, 8, 0, 0, 0], // mov r10d, 8       bytes of a signal mask
      ...[0x0f, 0x05], // syscall
      ...[0xb8, 34, 0, 0, 0], // mov eax, 34       pause
      ...[0x0f, 0x05], // syscall
      ...[0xeb, 0xf7], // jmp -9            to mov eax, 34
      ...[0x90, 0x90, 0x90, 0x90], // nop, up to 40 bytes
    ],
  },
  arm64: {
    number: 183,
    code: [
      0xd28010c8, // mov x8, #134      rt_sigaction
      0xd2800220, // mov x0, #17       SIGCHLD
      0x10000201, // adr x1, +64       IGNORE
      0xd2800002, // mov x2, #0
      0xd2800103, // mov x3, #8        bytes of a signal mask
      0xd4000001, // svc #0
      0xd2800000, // mov x0, #0
      0xd2800001, // mov x1, #0
      0xd2800002, // mov x2, #0
      0xd2800003, // mov x3, #0
      0xd2800004, // mov x4, #0
      0xd2800928, // mov x8, #73       ppoll, of nothing and without an end
      0xd4000001, // svc #0
      0x17fffff9, // b -28             to mov x0, #0
      ...[0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f], // nop, up to 72 bytes
    ].flatMap((word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255, word >>> 24]),
  },
}

/** @param architecture as Go names it: `amd64` */
export function pauseProgram(architecture: string): Result<Uint8Array, string> {
  const machine = machines[architecture]
  if (machine === undefined) {
    const known = Object.keys(machines).join(' and ')
    return fail(`pods of several containers run on ${known} only, not on ${architecture}`)
  }
  const body = Buffer.from([...machine.code, ...IGNORE])
  const size = HEADERS + body.length
  const header = Buffer.alloc(HEADERS)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]) // ELF, 64 bits, little-endian, version 1
  header.writeUInt16LE(2, 16) // an executable
  header.writeUInt16LE(machine.number, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(BASE + HEADERS), 24) // where it begins
  header.writeBigUInt64LE(64n, 32) // where the segment's header is
  header.writeUInt16LE(64, 52) // bytes of the file's header
  header.writeUInt16LE(56, 54) // bytes of the segment's header
  header.writeUInt16LE(1, 56) // one segment
  header.writeUInt32LE(1, 64) // which is loaded
  header.writeUInt32LE(5, 68) // readable and executable
  header.writeBigUInt64LE(BigInt(BASE), 80) // at this address
  header.writeBigUInt64LE(BigInt(BASE), 88)
  header.writeBigUInt64LE(BigInt(size), 96)
  header.writeBigUInt64LE(BigInt(size), 104)
  header.writeBigUInt64LE(0x1000n, 112)
  return ok(Buffer.concat([header, body]))
}
