import { fail, ok, type Result } from '../../base/index.ts'

/**
 * `$(NAME)` in commands, arguments and values becomes the value of an earlier variable; `$$` is a plain `$`. What names
 * no variable, or is not closed, stays as it is written.
 *
 * @source kubernetes v1.36 third_party/forked/golang/expansion/expand.go, Expand
 */
export const expand = (text: string, env: Readonly<Record<string, string>>): string =>
  expandWith(text, (name) => (Object.hasOwn(env, name) ? env[name] : undefined))

/**
 * The same where every name must have a value that is not empty.
 *
 * @source kubernetes v1.36 pkg/kubelet/container/helpers.go, ExpandContainerVolumeMounts
 */
export function expandAll(text: string, env: Readonly<Record<string, string>>): Result<string, string> {
  const missing = new Set<string>()
  const expanded = expandWith(text, (name) => {
    const value = Object.hasOwn(env, name) ? env[name] : undefined
    if (value === undefined || value === '') missing.add(name)
    return value
  })
  return missing.size === 0 ? ok(expanded) : fail(`missing value for ${[...missing].sort().join(', ')}`)
}

function expandWith(text: string, lookUp: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text
  let result = ''
  let from = 0
  for (let at = text.indexOf('$'); at !== -1 && at + 1 < text.length; at = text.indexOf('$', from)) {
    result += text.slice(from, at)
    const next = text[at + 1]
    const end = next === '(' ? text.indexOf(')', at) : -1
    if (next === '$') {
      result += '$'
      from = at + 2
    } else if (end !== -1) {
      const name = text.slice(at + 2, end)
      result += lookUp(name) ?? `$(${name})`
      from = end + 1
    } else {
      // A lone `$`, or an opening without its end: two characters go through unchanged.
      result += text.slice(at, at + 2)
      from = at + 2
    }
  }
  return result + text.slice(from)
}
