/** What the server warns of, as people see it. */
import type { Terminal } from './connection.ts'

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g

/**
 * A sink for the warnings of one command: each text is told once, on `err`, as kubectl does.
 *
 * @source kubernetes v1.36 client-go/rest/warnings.go, warningWriter
 */
export function warnsOn({ err, color }: Pick<Terminal, 'err' | 'color'>): (text: string) => void {
  const head = color ? '\x1b[33;1mWarning:\x1b[0m' : 'Warning:'
  return eachOnce((text) => err(`${head} ${text}\n`))
}

/** Hands on what was not told before. Texts may quote what people wrote: what would steer a terminal is taken out. */
export function eachOnce(tell: (text: string) => void): (text: string) => void {
  const told = new Set<string>()
  return (given) => {
    const text = given.replace(CONTROL, ' ')
    if (told.has(text)) return
    told.add(text)
    tell(text)
  }
}
