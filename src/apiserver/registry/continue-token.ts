/**
 * Where the next page of a list begins: the revision of the first page and the key to start from.
 *
 * @source kubernetes v1.36 apiserver/pkg/storage/continue.go (facts: form, errors)
 */
import { fail, ok, type Result } from '../../base/index.ts'

/** `revision` -1: go on in the newest state. `start`: the first key of the page, within the listed prefix. */
export type ContinueToken = { readonly revision: number; readonly start: string }

/** The token for what follows behind `key`. */
export const continueAfter = (revision: number, key: string): string =>
  encodeContinue({ revision, start: `${key}\u0000` })

const apiVersion = 'meta.k8s.io/v1'
const invalid = 'continue key is not valid:'

export function encodeContinue({ revision, start }: ContinueToken): string {
  const token = JSON.stringify({ v: apiVersion, rv: revision, start })
  return base64Url(new TextEncoder().encode(token))
}

/** The error is upstream's text, for a 400. */
export function decodeContinue(text: string): Result<ContinueToken, string> {
  const bytes = bytesOfBase64Url(text)
  if (!bytes.ok) return fail(`${invalid} illegal base64 data at input byte ${bytes.error}`)
  const json = new TextDecoder('latin1').decode(bytes.value)
  let token: unknown
  try {
    token = JSON.parse(new TextDecoder().decode(bytes.value))
  } catch {
    return fail(`${invalid} ${jsonProblem(json)}`)
  }
  const { v = '', rv = 0, start = '' } = (token ?? {}) as { v?: string; rv?: number; start?: string }
  if (v !== apiVersion) return fail(`${invalid} server does not recognize this encoded version ${v}`)
  if (rv === 0) return fail(`${invalid} incorrect encoded start resourceVersion (version ${apiVersion})`)
  if (start === '') return fail(`${invalid} encoded start key empty (version ${apiVersion})`)
  if (isUnclean(start)) return fail(`${invalid} ${start}`)
  return ok({ revision: rv, start })
}

/** Whether a path would mean another one after cleaning: such a key could leave the listed prefix. */
function isUnclean(start: string): boolean {
  const parts = start.split('/')
  return parts.some((part, i) => part === '.' || part === '..' || (part === '' && i > 0))
}

function jsonProblem(text: string): string {
  const first = text.trimStart()[0]
  if (first === undefined) return 'unexpected end of JSON input'
  if ('{["0123456789-tfn'.includes(first)) return 'unexpected end of JSON input'
  const code = first.charCodeAt(0)
  const shown = code >= 0x20 && code < 0x7f ? first : `\\u${code.toString(16).padStart(4, '0')}`
  return `invalid character '${shown}' looking for beginning of value`
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function base64Url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3)
    const digits = [a >> 2, ((a & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63]
    for (const digit of digits.slice(0, Math.min(3, bytes.length - i) + 1)) text += alphabet[digit]
  }
  return text
}

/** The bytes, or the place of the first wrong character. */
function bytesOfBase64Url(text: string): Result<Uint8Array, number> {
  const bytes: number[] = []
  let bits = 0
  let kept = 0
  for (let i = 0; i < text.length; i++) {
    const digit = alphabet.indexOf(text[i] as string)
    if (digit < 0) return fail(i)
    bits = ((bits << 6) | digit) & 0xffffff
    kept += 6
    if (kept < 8) continue
    kept -= 8
    bytes.push((bits >> kept) & 255)
  }
  return text.length % 4 === 1 ? fail(text.length) : ok(Uint8Array.from(bytes))
}
