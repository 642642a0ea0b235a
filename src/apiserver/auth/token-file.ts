/**
 * Static tokens from a CSV file: `token,user,uid,"group1,group2"`, the groups optional, `#` starts a comment line.
 *
 * @source kubernetes v1.36 apiserver/pkg/authentication/token/tokenfile
 */
import { hash } from 'node:crypto'
import { fail, ok, type Result } from '../../base/index.ts'
import type { User } from '../registry/index.ts'

/** Users by the digest of their token; the tokens themselves are not kept, and looking one up takes the same time for all. */
export type TokenTable = ReadonlyMap<string, User>

export const tokenDigest = (token: string): string => hash('sha256', token, 'base64')

/** The fields of one line; undefined when a quote is not closed. */
function fieldsOf(line: string): readonly string[] | undefined {
  const fields: string[] = []
  let at = 0
  for (;;) {
    let field = ''
    if (line[at] === '"') {
      at++
      for (;;) {
        if (at >= line.length) return undefined
        if (line[at] === '"' && line[at + 1] !== '"') break
        if (line[at] === '"') at++
        field += line[at]
        at++
      }
      at++
    } else {
      const comma = line.indexOf(',', at)
      field = line.slice(at, comma < 0 ? line.length : comma)
      at = comma < 0 ? line.length : comma
    }
    fields.push(field)
    if (at >= line.length) return fields
    if (line[at] !== ',') return undefined
    at++
  }
}

/** Reads the text of a token file. The failure is one sentence that names the line. */
export function parseTokenFile(text: string): Result<TokenTable, string> {
  const table = new Map<string, User>()
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const fields = fieldsOf(line)
    if (fields === undefined) return fail(`line ${index + 1}: a quoted field is not closed`)
    const [token = '', name = '', uid = '', groups = ''] = fields
    if (fields.length < 3) return fail(`line ${index + 1}: three columns are needed: token, user name, user uid`)
    if (token === '') return fail(`line ${index + 1}: the token is empty`)
    const digest = tokenDigest(token)
    if (table.has(digest)) return fail(`line ${index + 1}: the token stands twice in the file`)
    table.set(digest, {
      name,
      ...(uid === '' ? {} : { uid }),
      groups: groups === '' ? [] : groups.split(',').map((group) => group.trim()),
    })
  }
  return ok(table)
}
