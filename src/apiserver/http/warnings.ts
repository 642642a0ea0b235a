/**
 * `Warning:` headers: 299, no agent, a quoted text.
 *
 * @source kubernetes v1.36 apimachinery/pkg/util/net/http.go, NewWarningHeader; apiserver/pkg/endpoints/filters/warning.go
 */
const totalRunes = 4096
const shortRunes = 256

function cut(text: string, runes: number): string {
  const letters = Array.from(text)
  return letters.length <= runes ? text : letters.slice(0, runes).join('')
}

/** Control characters would break the header; backslash and quote are escaped. */
function quotedWarning(text: string): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
  return `299 - "${clean.replace(/([\\"])/g, '\\$1')}"`
}

/** Header values, each text once, in order. When they are long in total, each is cut short, and the rest dropped. */
export function warningHeaders(texts: readonly string[]): readonly string[] {
  const unique = [...new Set(texts)].filter((text) => text !== '')
  let runes = 0
  for (const text of unique) runes += text.length
  if (runes <= totalRunes) return unique.map(headerValue)
  const headers: string[] = []
  let written = 0
  for (const text of unique) {
    const short = cut(text, shortRunes)
    written += short.length
    if (written > totalRunes) break
    headers.push(headerValue(short))
  }
  return headers
}

/** Node writes header values as latin1: UTF-8 bytes are given to it one by one. */
function headerValue(text: string): string {
  const value = quotedWarning(text)
  return /^[\x20-\x7e]*$/.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1')
}
