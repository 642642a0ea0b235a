/**
 * `$(NAME)` in commands, arguments and values becomes the value of an earlier variable; `$$` is a plain `$`. What names
 * no variable, or is not closed, stays as it is written.
 *
 * @source kubernetes v1.36 third_party/forked/golang/expansion/expand.go, Expand
 */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
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
      result += Object.hasOwn(env, name) ? env[name] : `$(${name})`
      from = end + 1
    } else {
      // A lone `$`, or an opening without its end: two characters go through unchanged.
      result += text.slice(at, at + 2)
      from = at + 2
    }
  }
  return result + text.slice(from)
}
